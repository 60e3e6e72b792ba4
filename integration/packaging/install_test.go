package packaging

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// server is the machine that the page is followed on, with what its operator has
// besides: an AWS, and an upstream.
type server struct{ *machine }

// TestPage does what docs/install.md says, in its order, on a machine of its own.
// Each section with commands has a step here, which looks at what came of them.
func TestPage(t *testing.T) {
	t.Parallel()
	s := server{boot(t)}
	s.prepare()
	steps := map[string]func(server, *testing.T, []string){
		"Build the package": server.stepBuild, "What you have": server.stepChecksums, "Install": server.stepInstall,
		"Configure": server.stepConfigure, "Ask": server.stepAsk, "Logs": server.stepLogs, "The admin endpoint": server.stepAdmin,
		"Upgrade": server.stepUpgrade, "State": server.stepState, "Remove": server.stepRemove,
	}
	for _, part := range page(t).Sections(2) {
		step, scripts := steps[part.Heading], shell(part)
		if (step == nil) != (len(scripts) == 0) {
			t.Fatalf("%q: %d blocks of commands, and a step: %t", part.Heading, len(scripts), step != nil)
		}
		delete(steps, part.Heading)
		if step != nil && !t.Run(part.Heading, func(t *testing.T) { s.t = t; step(s, t, scripts) }) {
			return
		}
	}
	if len(steps) > 0 {
		t.Errorf("the page lacks the sections of %d steps", len(steps))
	}
}

func (s server) prepare() {
	_, _ = s.try("dpkg --purge caddy-awsjwt") // if this machine has it
	self, err := os.Executable()
	must(s.t, err)
	s.put(self, "/usr/local/bin/aws", "755")
	s.put(filepath.Join(binaries, "devsts"), "/usr/local/bin/devsts", "755")
	s.do("systemd-run --quiet --unit=devsts --setenv=HOME=/root devsts -listen 127.0.0.1:8010 -manage 127.0.0.1:8011 -url-file /root/devsts.json")
	var local stack.STS
	must(s.t, json.Unmarshal([]byte(s.eventually("devsts listens", "cat /root/devsts.json")), &local))
	for name, value := range local.Environment("DEVSTSORDERSLAMBDA", "devsts-secret-orders-lambda") {
		s.environment = append(s.environment, name+"="+value)
	}
}

func (s server) stepBuild(t *testing.T, shell []string) {
	if !strings.HasPrefix(shell[0], "make deb ") {
		t.Errorf("TestMain runs make deb and make dist; the page %s", shell[0])
	}
}

func (s server) stepChecksums(t *testing.T, shell []string) {
	files, err := filepath.Glob(filepath.Join(dist, "*"))
	must(t, err)
	for _, file := range files {
		s.put(file, "/root/dist/"+filepath.Base(file), "644")
	}
	if said := s.do(shell[0]); strings.Count(said, ": OK\n") != 3 {
		t.Errorf("package, archive and SBOM are not all checked:\n%s", said)
	}
	s.do("cp dist/*.tar.gz kept && echo >>dist/*.tar.gz")
	if said, err := s.try(shell[0]); err == nil || !strings.Contains(said, ".tar.gz: FAILED") {
		t.Errorf("an archive that is a byte longer passes: %v\n%s", err, said)
	}
	s.do("mv kept dist/*.tar.gz")
}

func (s server) stepInstall(t *testing.T, shell []string) {
	s.do(shell[0])
	if said := s.do(shell[1]); !strings.HasPrefix(said, "active\n") || !strings.Contains(said, "trusts nobody yet") {
		t.Errorf("got %q", said)
	}
	for what, want := range map[string]string{
		"curl -s -o /dev/null -w %{http_code} http://127.0.0.1:9080/":                                                                "503",
		"curl -s -o /dev/null -w %{http_code} http://127.0.0.1:9080/readyz":                                                          "503",
		"systemctl is-enabled caddy-awsjwt":                                                                                          "enabled\n",
		"stat -c '%U %a' /var/lib/caddy-awsjwt /var/log/caddy-awsjwt":                                                                "caddy-awsjwt 700\ncaddy-awsjwt 750\n",
		"stat -c '%U %a' /etc/caddy-awsjwt/Caddyfile /usr/bin/caddy-awsjwt":                                                          "root 644\nroot 755\n",
		"caddy-awsjwt version | cut -d' ' -f1":                                                                                       "v" + version + "\n",
		"man -w caddy-awsjwt-aws-jwt-explain":                                                                                        "/usr/share/man/man8/caddy-awsjwt-aws-jwt-explain.8.gz\n",
		"bash -c '. /usr/share/bash-completion/completions/caddy-awsjwt && complete -p caddy-awsjwt | grep -o __start_caddy-awsjwt'": "__start_caddy-awsjwt\n",
	} {
		if got := s.do(what); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	// What the unit promises is so: no root, no new privileges, one capability,
	// filtered system calls.
	status := s.do("cat /proc/$(systemctl show -p MainPID --value caddy-awsjwt)/status")
	for _, want := range []string{`Uid:\t[1-9]\d*\t`, `CapEff:\t0000000000000400\n`, `CapBnd:\t0000000000000400\n`, `NoNewPrivs:\t1\n`, `Seccomp:\t2\n`} {
		if !regexp.MustCompile(want).MatchString(status) {
			t.Errorf("no %s in\n%s", want, status)
		}
	}
}

func (s server) stepConfigure(t *testing.T, shell []string) {
	s.do(`systemd-run --quiet --unit=orders --setenv=HOME=/root caddy-awsjwt respond --listen 127.0.0.1:9000 --access-log \
		--body 'account {http.request.header.X-Aws-Token-Account-Id}'`)
	replaced := shell[0]
	// Here are neither AWS nor a CA of the internet.
	for from, to := range map[string]string{
		"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012": "http://127.0.0.1:8010/11112222-3333-4111-8111-111122223333 111122223333",
		"\tlog decisions": "\tlocal_certs\n\tskip_install_trust\n\tlog decisions",
	} {
		if strings.Count(replaced, from) != 1 {
			t.Fatalf("the page has no %q", from)
		}
		replaced = strings.Replace(replaced, from, to, 1)
	}
	s.do(replaced)
	if said := s.do(shell[1]); !strings.Contains(said, `"status":"ready"`) {
		t.Errorf("got %s", said)
	}
	const root = "/var/lib/caddy-awsjwt/caddy/pki/authorities/local/root.crt"
	s.eventually("the site has a certificate", "curl -sS --cacert "+root+" https://orders.example.com/ && cp "+root+" /root/root.crt")

	s.do(`cp /etc/caddy-awsjwt/Caddyfile good && printf 'bad.example.com {\n\tnonsense\n}\n' >>/etc/caddy-awsjwt/Caddyfile`)
	if _, err := s.try("systemctl reload caddy-awsjwt"); err == nil {
		t.Error("a bad configuration is loaded without a complaint")
	}
	if journal := s.journal(); !strings.Contains(journal, "nonsense") {
		t.Errorf("the journal does not say why:\n%s", journal)
	}
	s.do(shell[1]) // as before
	s.do("cp good /etc/caddy-awsjwt/Caddyfile && systemctl reload caddy-awsjwt")
}

// ask runs the page's request; the certificate's CA is the machine's own.
func (s server) ask(script string) (string, error) {
	return s.try("export CURL_CA_BUNDLE=/root/root.crt\n" + script)
}

// passes is an error unless the page's request reaches the upstream.
func (s server) passes(script string) {
	s.t.Helper()
	if said, err := s.ask(script); err != nil || said != "account 111122223333" {
		s.t.Errorf("got %q %v\n%s", said, err, s.journal())
	}
}

func (s server) stepAsk(t *testing.T, shell []string) {
	reached := func() int {
		return strings.Count(s.do("journalctl -u orders -o cat --no-pager"), "handled request")
	}
	before := reached()
	s.passes(shell[0])
	eventually(t, "the upstream logs the request", func() bool { return reached() == before+1 })

	const send = "https://orders.example.com/orders"
	quiet := "curl -sS -o /dev/null -w %{http_code} "
	get, _, _ := strings.Cut(shell[0], "curl")
	for script, want := range map[string]string{
		quiet + send: "401",
		"AWS_ACCESS_KEY_ID=DEVSTSREPORTSBATCH AWS_SECRET_ACCESS_KEY=devsts-secret-reports-batch\n" + get + quiet + `-H "Authorization: Bearer $TOKEN" ` + send: "403",
		"AWS_ACCESS_KEY_ID=DEVSTSBILLINGEC2 AWS_SECRET_ACCESS_KEY=devsts-secret-billing-ec2\n" + get + quiet + `-H "Authorization: Bearer $TOKEN" ` + send:     "401",
		get + quiet + `-H "Authorization: Bearer ${TOKEN%????}AAAA" ` + send:                                                                                   "401",
	} {
		if said, err := s.ask(script); err != nil || said != want {
			t.Errorf("%s: %s %v, want %s", script, said, err, want)
		}
	}
	s.passes(shell[0])
	eventually(t, "the upstream logs the second request, and no other", func() bool { return reached() >= before+2 })
	if n := reached(); n != before+2 {
		t.Errorf("%d requests reached the upstream, want 2", n-before)
	}
}

func (s server) stepLogs(t *testing.T, shell []string) {
	eventually(t, "the journal has the start", func() bool { // it takes lines a moment after they are written
		return strings.Contains(s.do(shell[0]), `"msg":"serving initial configuration"`)
	})
	lines := strings.Split(strings.TrimSpace(s.do(shell[0])), "\n")
	var last struct{ Logger, Msg, Reason string }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Logger != "http.handlers.aws_jwt" || last.Msg != "refused" || last.Reason == "" {
		t.Errorf("%v: the last decision is %+v", err, last)
	}
	if said := strings.Join(lines[:len(lines)-1], "\n"); strings.Contains(said, "http.handlers.aws_jwt") || strings.Contains(said, "permission denied") || strings.Contains(said, "read-only") {
		t.Errorf("the journal has decisions, too, or the unit keeps the program from something:\n%s", said)
	}
}

func (s server) stepAdmin(t *testing.T, shell []string) {
	if said := s.do(shell[0]); !strings.Contains(said, `"state": "fresh"`) {
		t.Errorf("got %s", said)
	}
	if said, err := s.try("runuser -u nobody -- " + shell[0]); err == nil {
		t.Errorf("anybody can use the admin endpoint: %s", said)
	}
	s.do("runuser -u caddy-awsjwt -- " + shell[0])
	if said, err := s.try("curl -sS http://localhost:2019/config/"); err == nil {
		t.Errorf("the admin endpoint has a port: %s", said)
	}
}
