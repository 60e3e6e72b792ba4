package sdk

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// exampleClient is one of examples/clients: the command that sends rounds of requests,
// so many at once, each of which it tells as a line HTTP and the status.
type exampleClient func(t *testing.T, url string, rounds, atOnce int) []*exec.Cmd

const clientAudience = "https://orders.example"

// exampleClients are those whose language is on this machine.
func exampleClients(t *testing.T) map[string]exampleClient {
	t.Helper()
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	directory := filepath.Join(root, "examples", "clients")
	runner := func(dir string, command ...string) exampleClient {
		return func(t *testing.T, url string, rounds, atOnce int) []*exec.Cmd {
			args := append(slices.Clone(command[1:]), url, clientAudience, strconv.Itoa(rounds), strconv.Itoa(atOnce))
			c := exec.CommandContext(t.Context(), command[0], args...)
			c.Dir = dir
			return []*exec.Cmd{c}
		}
	}
	program := filepath.Join(binaries, "goclient")
	build := exec.Command("go", "build", "-o", program, "./examples/clients/go")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	clients := map[string]exampleClient{"go": runner(directory, program), "shell": shellClient(filepath.Join(directory, "shell", "gateway-client.sh"))}

	install(t)
	node := t.TempDir()
	text, err := os.ReadFile(filepath.Join(directory, "node", "gateway-client.mjs"))
	if err == nil {
		err = os.WriteFile(filepath.Join(node, "gateway-client.mjs"), text, 0o600)
	}
	if err == nil {
		err = os.Symlink(filepath.Join(root, "integration", "sdk", "js", "node_modules"), filepath.Join(node, "node_modules"))
	}
	if err != nil {
		t.Fatal(err)
	}
	clients["node"] = runner(node, "node", "gateway-client.mjs")

	if err := exec.Command("python3", "-c", "import boto3; boto3.client('sts', region_name='x').get_web_identity_token").Run(); err != nil {
		t.Logf("without Python: a boto3 that knows GetWebIdentityToken is not here: %v", err)
	} else {
		clients["python"] = runner(filepath.Join(directory, "python"), "python3", "gateway_client.py")
	}
	return clients
}

// shellClient sends one request at a time; those that are sent at once are
// processes that share what is kept.
func shellClient(script string) exampleClient {
	return func(t *testing.T, url string, rounds, atOnce int) []*exec.Cmd {
		if rounds > 1 && atOnce > 1 {
			rounds, atOnce = 1, rounds*atOnce
		}
		var all []*exec.Cmd
		for range rounds * atOnce {
			c := exec.CommandContext(t.Context(), script, url, clientAudience)
			all = append(all, c)
		}
		if atOnce == 1 && len(all) > 1 { // one after the other
			var lines []string
			for _, c := range all {
				lines = append(lines, strings.Join(c.Args, " "))
			}
			return []*exec.Cmd{exec.CommandContext(t.Context(), "sh", "-c", strings.Join(lines, " && "))}
		}
		return all
	}
}

// clientScene is what stands between a client, the STS and the gateway: it counts
// calls, and answers some of them itself.
type clientScene struct {
	run        exampleClient
	sts, front *httptest.Server

	mu     sync.Mutex
	asked  int                                     // the STS
	tokens []string                                // that the gateway was sent, in order
	fail   func(n int) bool                        // which calls of the STS are denied
	answer func(n int, w http.ResponseWriter) bool // which requests are answered here
}

func newClientScene(t *testing.T, gateway *stack.Gateway, run exampleClient) *clientScene {
	t.Helper()
	s := &clientScene{run: run}
	forward := func(to string) *httputil.ReverseProxy {
		target, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		}}
	}
	toSTS, toGateway := forward(devsts.BaseURL), forward("http://"+gateway.Address)
	s.sts = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked++
		denied := s.fail != nil && s.fail(s.asked)
		s.mu.Unlock()
		if denied {
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not today</Message></Error><RequestId>x</RequestId></ErrorResponse>`)
			return
		}
		toSTS.ServeHTTP(w, r)
	}))
	s.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.tokens = append(s.tokens, r.Header.Get("Authorization"))
		answered := s.answer != nil && s.answer(len(s.tokens), w)
		s.mu.Unlock()
		if !answered {
			toGateway.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.sts.Close)
	t.Cleanup(s.front.Close)
	return s
}

var statusLine = regexp.MustCompile(`(?m)HTTP (\d{3})$`)

// call has the client send its requests, and returns the statuses that it tells
// and whether it ended well.
func (s *clientScene) call(t *testing.T, rounds, atOnce int) (statuses []string, good bool) {
	t.Helper()
	kept, good := t.TempDir(), true
	commands := s.run(t, s.front.URL+"/orders", rounds, atOnce)
	outputs := make([]bytes.Buffer, len(commands))
	for n, c := range commands {
		c.Env = slices.DeleteFunc(os.Environ(), func(each string) bool { return strings.HasPrefix(each, "AWS_PROFILE=") })
		for name, value := range environment("DEVSTSSHORT00000", "short", "AWS_SESSION_TOKEN", "session/token+1==", "AWS_ENDPOINT_URL_STS", s.sts.URL) {
			if value != "" { // botocore takes an empty AWS_PROFILE for a profile without a name
				c.Env = append(c.Env, name+"="+value)
			}
		}
		c.Env = append(c.Env, "GATEWAY_TOKEN_DIRECTORY="+kept, "PYTHONDONTWRITEBYTECODE=1")
		c.Stdout, c.Stderr = &outputs[n], &outputs[n]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for n, c := range commands {
		good = c.Wait() == nil && good
		text := outputs[n].String()
		for _, line := range statusLine.FindAllStringSubmatch(text, -1) {
			statuses = append(statuses, line[1])
		}
		if strings.Contains(text, "eyJ") {
			t.Errorf("a token came out: %s", text)
		}
		t.Log(text)
	}
	return statuses, good
}

// want compares what was told, and how often the STS and the gateway were called.
func (s *clientScene) want(t *testing.T, statuses []string, status string, count, asked, sent int) {
	t.Helper()
	if len(statuses) != count || slices.ContainsFunc(statuses, func(each string) bool { return each != status }) {
		t.Errorf("statuses %v, want %d times %s", statuses, count, status)
	}
	if s.asked != asked || len(s.tokens) != sent {
		t.Errorf("the STS was asked %d times, want %d; the gateway was sent %d requests, want %d", s.asked, asked, len(s.tokens), sent)
	}
}

// agedTokens has the STS make tokens that are nearly at their end.
func agedTokens(t *testing.T, offset string) {
	t.Helper()
	set := func(offset string) {
		response, err := http.Post(devsts.ManagementURL+"/clock?offset="+offset, "", nil)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("setting the clock: %v", err)
		}
		_ = response.Body.Close()
	}
	set(offset)
	t.Cleanup(func() { set("0") })
}
