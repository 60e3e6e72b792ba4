package organization

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	. "github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is the directory of the program under test.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		return m.Run()
	}, "caddy-awsjwt"))
}

const (
	manager  = "111122223333" // of the built-in configuration, with organization-reader
	stranger = "999988887777"
	access   = "OrganizationAccountAccessRole"
)

func id(n int) string { return fmt.Sprintf("%012d", n) }

// more is an account of the organization that the manager can enter.
func more(n int) devsts.Account {
	return devsts.Account{
		ID: id(n), IssuerID: "00000000-0000-4000-8000-" + id(n), OrgID: "o-devsts0001", Name: fmt.Sprintf("Team %d", n),
		Roles: []devsts.Role{
			{ARN: "arn:aws:iam::" + id(n) + ":role/" + access, AssumedBy: []string{manager}},
			{ARN: "arn:aws:iam::" + id(n) + ":role/worker", AccessKeyID: "DEVSTSWORKER" + id(n), SecretAccessKey: "w"},
		},
	}
}

// The accounts of the crowd that differ: those from disabled to inaccessible
// have no entry in a file.
const (
	good         = 60 // 1 to 60
	disabled     = 61 // and 62
	suspended    = 63 // and 64
	inaccessible = 65 // and 66: the role trusts somebody else
	forbidden    = 67 // the role may not ask IAM
)

// crowd is the built-in configuration with 67 more accounts in its organization.
func crowd() devsts.Config {
	c := devsts.DefaultConfig()
	for n := 1; n <= forbidden; n++ {
		a := more(n)
		switch n {
		case disabled, disabled + 1:
			a.FederationDisabled = true
		case suspended, suspended + 1:
			a.State = "SUSPENDED"
		case inaccessible, inaccessible + 1:
			a.Roles[0].AssumedBy = []string{stranger}
		case forbidden:
			a.Roles[0].Deny = []string{"iam:GetOutboundWebIdentityFederationInfo"}
		}
		c.Accounts = append(c.Accounts, a)
	}
	return c
}

// scene is a local STS with an organization, and a directory to work in.
type scene struct {
	*devsts.Server
	t         *testing.T
	url       string
	directory string

	mu     sync.Mutex
	calls  map[string][]string // by action: whom they were about, each once
	before func(action string, n int, w http.ResponseWriter, r *http.Request) (answered bool)
}

func newScene(t *testing.T, c devsts.Config) *scene {
	t.Helper()
	server, err := devsts.New(c)
	Must(t, err)
	s := &scene{Server: server, t: t, directory: t.TempDir(), calls: make(map[string][]string)}
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	s.url = listening.URL
	Must(t, server.SetBaseURL(s.url))
	return s
}

// ServeHTTP counts the calls, and lets before answer in the place of the STS.
func (s *scene) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	_, err := body.ReadFrom(r.Body)
	if err != nil {
		return
	}
	r.Body = http.NoBody
	form, _ := url.ParseQuery(body.String()) // of the JSON protocol there is nothing in it
	action := form.Get("Action")
	if _, target, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		action = target
	}
	about := form.Get("RoleArn")
	switch action {
	case ask:
		_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		about, _, _ = strings.Cut(credential, "/")
	case "ListAccounts":
		about = body.String()
	}
	n, before := s.count(action, about)
	if before != nil && before(action, n, w, r) {
		return
	}
	again := r.Clone(r.Context())
	again.Body = readCloser{&body}
	s.Handler().ServeHTTP(w, again)
}

// count says which of an action's calls it is. One that the SDK makes again, as
// it does when a connection breaks, counts once.
func (s *scene) count(action, about string) (int, func(string, int, http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := slices.Index(s.calls[action], about)
	if n < 0 {
		n = len(s.calls[action])
		s.calls[action] = append(s.calls[action], about)
	}
	return n + 1, s.before
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

// took returns about how many an action was called, and counts anew.
func (s *scene) took(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.calls[action])
	clear(s.calls)
	return n
}

func (s *scene) whenAsked(before func(action string, n int, w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

// command is aws-jwt issuers with the credentials of organization-reader.
func (s *scene) command(args ...string) *exec.Cmd {
	args = append([]string{"aws-jwt", "issuers", "--from-organization"}, args...)
	command := exec.CommandContext(s.t.Context(), filepath.Join(binaries, "caddy-awsjwt"), args...)
	command.Dir = s.directory
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.directory, "XDG_DATA_HOME=" + s.directory, "XDG_CONFIG_HOME=" + s.directory,
		"AWS_ENDPOINT_URL=" + s.url, "AWS_REGION=eu-central-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=DEVSTSORGREADER0", "AWS_SECRET_ACCESS_KEY=devsts-secret-organization-reader",
	}
	return command
}

// outcome is what a command came to.
type outcome struct {
	code           int
	stdout, stderr string
}

func (s *scene) run(args ...string) outcome {
	s.t.Helper()
	return s.await(s.command(args...), func(*exec.Cmd) {})
}

// await runs a command, and does something meanwhile.
func (s *scene) await(command *exec.Cmd, meanwhile func(*exec.Cmd)) outcome {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	Must(s.t, command.Start())
	meanwhile(command)
	err := command.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		s.t.Fatal(err)
	}
	return outcome{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// want ends the test as failed when a command came to something else.
func (s *scene) want(o outcome, code int, says ...string) {
	s.t.Helper()
	if o.code != code {
		s.t.Fatalf("exit %d, want %d:\n%s%s", o.code, code, o.stdout, o.stderr)
	}
	for _, each := range says {
		if !strings.Contains(o.stdout+o.stderr, each) {
			s.t.Errorf("%s%s\nlacks %q", o.stdout, o.stderr, each)
		}
	}
}

func (s *scene) path(name string) string { return filepath.Join(s.directory, name) }

func (s *scene) file(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	Must(s.t, err)
	return string(text)
}

// issuers are those of a file, by account.
func (s *scene) issuers(text string) map[string]string {
	s.t.Helper()
	var entries []struct {
		URL      string
		Accounts []string
	}
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		s.t.Fatalf("%v in %q", err, text)
	}
	found := make(map[string]string)
	for _, each := range entries {
		if len(each.Accounts) != 1 {
			s.t.Errorf("%+v is not pinned to one account", each)
		}
		found[each.Accounts[0]] = each.URL
	}
	return found
}

// token has an account's issuer sign the good claims of a role.
func (s *scene) token(account, role string) string {
	s.t.Helper()
	claims, err := s.GoodClaims("arn:aws:iam::"+account+":role/"+role, "https://orders.example")
	Must(s.t, err)
	token, err := s.Mint(account, nil, claims)
	Must(s.t, err)
	return token
}

// get asks a gateway, which answers with a status.
func get(t *testing.T, address, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+address+"/", nil)
	Must(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	Must(t, err)
	Must(t, response.Body.Close())
	return response.StatusCode
}
