package basic

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/awscli"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	page    = "docs/recipes/git-and-registries.md"
	account = "111122223333"
	shown   = "https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012"
)

// world is the gateway of the page, before Git's own program and a registry.
type world struct {
	t        *testing.T
	sts      *devsts.Server
	url      string // of the STS
	gateway  *stack.Gateway
	git      string // host:port of its site
	registry string // the same
	home     string // of the clients, with the page's helpers in bin
	projects string // the directory of the repositories
	images   string // that of the registry
}

// newWorld starts it, with a source of tokens, as the page's is basic.
func newWorld(t *testing.T, source string) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir(), projects: t.TempDir(), images: t.TempDir()}
	w.startSTS()
	w.git, w.registry = stacktest.FreeAddress(t), stacktest.FreeAddress(t)
	p := stacktest.ReadPage(t, page)
	caddyfile := stacktest.Replaced(t, p.BlockWith("caddyfile", "git.example.com"),
		"audience https://git.example.com", "audience https://"+w.git, "audience https://registry.example.com", "audience https://"+w.registry,
		"\ngit.example.com {", "\nhttp://"+w.git+" {", "\nregistry.example.com {", "\nhttp://"+w.registry+" {",
		shown, w.issuer(account)+" "+account, "token_source basic", "token_source "+source,
		"unix//run/fcgiwrap.socket", w.startFCGIWrap(p), "127.0.0.1:5000", w.startRegistry(p), "/srv/git", w.projects)
	var err error
	w.gateway, err = stack.StartGateway(binaries, t.TempDir(), w.git, "{\n\tadmin off\n\tdebug\n}\n"+caddyfile)
	must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, w.gateway) })
	w.installHelpers(p)
	return w
}

// startSTS starts one that has the roles of the page: orders, which may read, and
// release.
func (w *world) startSTS() {
	w.t.Helper()
	config := devsts.DefaultConfig()
	for _, role := range []string{"orders", "release"} {
		config.Accounts[0].Roles = append(config.Accounts[0].Roles, devsts.Role{
			ARN: "arn:aws:iam::" + account + ":role/" + role, AccessKeyID: "DEVSTSTESTING" + strings.ToUpper(role), SecretAccessKey: "secret",
			PrincipalTags: map[string]string{"team": role},
		})
	}
	var err error
	w.sts, err = devsts.New(config)
	must(w.t, err)
	server := httptest.NewServer(w.sts.Handler())
	w.t.Cleanup(server.Close)
	w.url = server.URL
	must(w.t, w.sts.SetBaseURL(w.url))
}

func (w *world) issuer(account string) string {
	w.t.Helper()
	url, err := w.sts.IssuerURL(account)
	must(w.t, err)
	return url
}

// startFCGIWrap starts it by the line of the page, on a port in place of systemd's
// socket.
func (w *world) startFCGIWrap(p stacktest.Page) string {
	w.t.Helper()
	unit := p.BlockWith("ini", "fcgiwrap.service.d")
	line := strings.Fields(unit[strings.LastIndex(unit, "ExecStart=")+len("ExecStart="):])
	address := stacktest.FreeAddress(w.t)
	w.run(address, line[0], append(line[1:], "-s", "tcp:"+address)...)
	return address
}

func (w *world) startRegistry(p stacktest.Page) string {
	w.t.Helper()
	address, file := stacktest.FreeAddress(w.t), filepath.Join(w.t.TempDir(), "config.yml")
	text := stacktest.Replaced(w.t, p.BlockWith("yaml", "storage"), "127.0.0.1:5000", address, "/var/lib/docker-registry", w.images)
	must(w.t, os.WriteFile(file, []byte(text), 0o600))
	w.run(address, "docker-registry", "serve", file)
	return address
}

// run runs a program that listens on an address.
func (w *world) run(address, program string, args ...string) {
	w.t.Helper()
	found, err := exec.LookPath(program)
	if err != nil {
		w.t.Fatalf(`%s is missing: run "make deps": %v`, program, err)
	}
	started, err := stack.StartProgram(w.t.TempDir(), address, nil, found, args...)
	must(w.t, err)
	w.t.Cleanup(func() { must(w.t, started.Stop()) })
}

// installHelpers writes what the page has the client write, and lets Skopeo speak
// plain http to the gateway.
func (w *world) installHelpers(p stacktest.Page) {
	w.t.Helper()
	bin := filepath.Join(w.home, "bin")
	write := func(file, text string) {
		must(w.t, os.MkdirAll(filepath.Dir(file), 0o700))
		must(w.t, os.WriteFile(file, []byte(text), 0o700))
	}
	for _, name := range []string{"git-credential-awsjwt", "docker-credential-awsjwt"} {
		write(filepath.Join(bin, name), p.BlockWith("sh", "#!/bin/sh\n# "+name))
	}
	awscli.Install(w.t, bin)
	write(filepath.Join(w.home, ".docker", "config.json"), stacktest.Replaced(w.t, p.BlockWith("json", "credHelpers"), "registry.example.com", w.registry))
	write(filepath.Join(w.home, ".config", "containers", "registries.conf"), fmt.Sprintf("[[registry]]\nlocation = %q\ninsecure = true\n", w.registry))
	write(filepath.Join(w.home, ".gitconfig"), "[user]\n\tname = a\n\temail = a@example.com\n[init]\n\tdefaultBranch = main\n")
}

// as runs a script as a role's client, and returns what it prints. "" is nobody: a
// client without a role.
func (w *world) as(role, script string) (string, error) {
	w.t.Helper()
	command := exec.CommandContext(w.t.Context(), "sh", "-ec", script)
	command.Dir = w.home
	command.Env = []string{
		"PATH=" + filepath.Join(w.home, "bin") + ":" + os.Getenv("PATH"), "HOME=" + w.home, "XDG_RUNTIME_DIR=" + w.home,
		"GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_NOSYSTEM=1",
		"AWS_ENDPOINT_URL_STS=" + w.url, "AWS_REGION=eu-central-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	if role != "" {
		key := map[string]string{"stranger": "DEVSTSSTRANGER00", "reports": "DEVSTSREPORTSBATCH"}[role]
		secret := map[string]string{"stranger": "devsts-secret-stranger", "reports": "devsts-secret-reports-batch"}[role]
		if key == "" {
			key, secret = "DEVSTSTESTING"+strings.ToUpper(role), "secret"
		}
		command.Env = append(command.Env, "AWS_ACCESS_KEY_ID="+key, "AWS_SECRET_ACCESS_KEY="+secret)
	}
	output, err := command.CombinedOutput()
	return string(output), err
}

// may runs a script that has to succeed.
func (w *world) may(role, script string) string {
	w.t.Helper()
	output, err := w.as(role, script)
	if err != nil {
		w.t.Fatalf("as %q: %v\n%s%s", role, err, output, strings.Join(w.gateway.Log(), "\n"))
	}
	return output
}

// mayNot runs one that has to fail with a text, and by a reason that the gateway
// logs last; no reason: the gateway was not reached.
func (w *world) mayNot(role, script, text, reason string) {
	w.t.Helper()
	before := len(w.gateway.Decisions())
	output, err := w.as(role, script)
	if err == nil || !strings.Contains(output, text) {
		w.t.Errorf("as %q: error %v, %q is wanted in\n%s", role, err, text, output)
	}
	decisions := w.gateway.Decisions()[before:]
	if last := len(decisions) - 1; last < 0 || decisions[last].Reason != reason {
		w.t.Errorf("as %q: the gateway decided %+v, want %s last", role, decisions, reason)
	}
}

// token is one of a role for an audience.
func (w *world) token(role, audience string) string {
	w.t.Helper()
	claims, err := w.sts.GoodClaims(role, audience)
	must(w.t, err)
	token, err := w.sts.Mint(account, nil, claims)
	must(w.t, err)
	return token
}

// hidesTokens looks for tokens, in either form, in all that the gateway wrote at
// DEBUG.
func (w *world) hidesTokens() {
	w.t.Helper()
	for _, line := range w.gateway.Log() {
		for _, start := range []string{"eyJ", "YXdzOmV5S"} { // of a token, and of aws:eyJ in base64
			if strings.Contains(line, start) {
				w.t.Errorf("the log holds a token: %.200s", line)
			}
		}
	}
}
