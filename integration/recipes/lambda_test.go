package recipes

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// lambdaDriver runs the page's function as Lambda does: one process, one event after
// the other, a line for what became of each.
const lambdaDriver = `
import json, os, socket, sys, time
find, gateway = socket.getaddrinfo, os.environ["GATEWAY"].split(":")
def local(host, port, *rest, **more):
    if host == "hooks.example.com":
        host, port = gateway[0], int(gateway[1])
    return find(host, port, *rest, **more)
socket.getaddrinfo = local
slept = []
time.sleep = slept.append
import webhook
for line in sys.stdin:
    del slept[:]
    try:
        got = webhook.handler(json.loads(line), None)
    except Exception as error:
        got = {"error": str(error)}
    print(json.dumps({"got": got, "slept": slept}), flush=True)
`

// boto3Here stands in for boto3 where that is not, or does not know the call.
const boto3Here = `
import datetime, urllib.request, os
class client:
    def __init__(self, name): pass
    def get_web_identity_token(self, Audience, SigningAlgorithm, DurationSeconds):
        with urllib.request.urlopen(os.environ["TOKENS"]) as answer:
            token = answer.read().decode()
        return {"WebIdentityToken": token, "Expiration": datetime.datetime.now() + datetime.timedelta(seconds=DurationSeconds)}
`

// environment is that of a running function.
type environment struct {
	t         *testing.T
	w         *world
	events    *bufio.Writer
	elsewhere string // where a redirect leads
	lines     *bufio.Scanner

	mu     sync.Mutex
	answer []int // by which the front answers, in turn; 0 lets a request go on
	tokens []string
	keys   []string
}

func startLambda(t *testing.T, w *world, page stacktest.Page) *environment {
	t.Helper()
	e := &environment{t: t, w: w}
	directory := t.TempDir()
	for name, text := range map[string]string{"webhook.py": page.BlockWith("python", "def handler"), "driver.py": lambdaDriver} {
		must(t, os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600))
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect was followed, with %d characters of a credential", len(r.Header.Get("Authorization")))
	}))
	t.Cleanup(elsewhere.Close)
	e.elsewhere = elsewhere.URL
	front, tokens := e.front(), httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(rw, w.token(webhook, nil, lambda(function, "eu-central-1")...))
	}))
	t.Cleanup(tokens.Close)
	if err := exec.Command("python3", "-c", "import boto3; boto3.client('sts', region_name='x').get_web_identity_token").Run(); err != nil {
		t.Logf("with a stand-in for boto3: %v", err)
		must(t, os.WriteFile(filepath.Join(directory, "boto3.py"), []byte(boto3Here), 0o600))
	}
	certificate, _ := certificateOf(t)
	base, _, _ := strings.Cut(w.sts.Issuer(account), "/11112222")
	command := exec.Command("python3", "driver.py") // it ends with its input
	command.Dir = directory
	command.Env = append(slices.DeleteFunc(os.Environ(), func(each string) bool { return strings.HasPrefix(each, "AWS_PROFILE=") }),
		"AWS_ENDPOINT_URL_STS="+base, "AWS_DEFAULT_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=DEVSTSORDERSLAMBDA",
		"AWS_SECRET_ACCESS_KEY=devsts-secret-orders-lambda", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"WEBHOOK_URL=https://hooks.example.com/webhooks/orders", "WEBHOOK_AUDIENCE=https://hooks.example.com",
		"SSL_CERT_FILE="+certificate, "GATEWAY="+front, "TOKENS="+tokens.URL, "PYTHONDONTWRITEBYTECODE=1")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	must(t, err)
	out, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		must(t, in.Close())
		must(t, command.Wait())
	})
	e.events, e.lines = bufio.NewWriter(in), bufio.NewScanner(out)
	return e
}

// front stands before the gateway: it counts, and answers some requests itself.
func (e *environment) front() (address string) {
	e.t.Helper()
	certificate, key := certificateOf(e.t)
	pair, err := tls.LoadX509KeyPair(certificate, key)
	must(e.t, err)
	proxy := &httputil.ReverseProxy{Transport: e.w.client.Transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "https", Host: e.w.host})
	}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.tokens, e.keys = append(e.tokens, r.Header.Get("Authorization")), append(e.keys, r.Header.Get("Idempotency-Key"))
		status := 0
		if len(e.answer) > 0 {
			status, e.answer = e.answer[0], e.answer[1:]
		}
		e.mu.Unlock()
		if status == 0 {
			proxy.ServeHTTP(rw, r)
			return
		}
		rw.Header().Set("Retry-After", "7")
		rw.Header().Set("Location", e.elsewhere)
		rw.WriteHeader(status)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	e.t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// invoke runs the function with an event, while the front answers so.
func (e *environment) invoke(id string, answers ...int) (got string, tokens, keys []string) {
	e.t.Helper()
	e.mu.Lock()
	e.answer, e.tokens, e.keys = answers, nil, nil
	e.mu.Unlock()
	fmt.Fprintf(e.events, `{"id": %q, "detail": {"order": 17}}`+"\n", id)
	must(e.t, e.events.Flush())
	if !e.lines.Scan() {
		e.t.Fatal("the function ended")
	}
	var line struct {
		Got   json.RawMessage
		Slept []int
	}
	must(e.t, json.Unmarshal(e.lines.Bytes(), &line))
	e.mu.Lock()
	defer e.mu.Unlock()
	return fmt.Sprint(string(line.Got), line.Slept), e.tokens, e.keys
}

// The page's function posts each event once, as far as the receiver can tell, with
// one token for all.
func TestWebhookFunction(t *testing.T) {
	t.Parallel()
	w, receiver := startHooks(t)
	e := startLambda(t, w, stacktest.ReadPage(t, "docs/recipes/webhooks.md"))
	const refused = `{"error": "the webhook was answered %d"}`
	for _, tt := range []struct {
		id      string
		answers []int
		want    string
		sent    int
	}{
		{"a", nil, `{"status": 202}[]`, 1},
		{"b", nil, `{"status": 202}[]`, 1},
		{"b", nil, `{"status": 200}[]`, 1}, // the same event again
		{"c", []int{503, 0}, `{"status": 202}[7]`, 2},
		{"d", []int{503, 503, 503}, fmt.Sprintf(refused, 503) + "[7 7]", 3},
		{"d", nil, `{"status": 202}[]`, 1},
		{"e", []int{403}, fmt.Sprintf(refused, 403) + "[]", 1},
		{"f", []int{302}, fmt.Sprintf(refused, 302) + "[]", 1},
		{"g", []int{401}, fmt.Sprintf(refused, 401) + "[]", 1},
	} {
		got, tokens, keys := e.invoke(tt.id, tt.answers...)
		if got != tt.want || len(tokens) != tt.sent {
			t.Errorf("%s %v: %s, sent %d times; want %s, %d", tt.id, tt.answers, got, len(tokens), tt.want, tt.sent)
		}
		for _, key := range keys {
			if key != tt.id {
				t.Errorf("%s: the key %q", tt.id, key)
			}
		}
	}
	jtis := make(map[string]int)
	for _, r := range w.upstream.takeSeen() {
		jtis[r.Header.Get("X-Aws-Token-Jti")]++
		if r.Header.Get("X-Lambda-Function") != function || r.Header.Get("Authorization") != "" {
			t.Errorf("the receiver saw %v", r.Header)
		}
	}
	if len(jtis) != 1 {
		t.Errorf("the receiver saw tokens %v, want one", jtis)
	}
	if log := receiver.Log(); strings.Count(strings.Join(log, "\n"), `"event": {"order": 17}`) != 4 {
		t.Errorf("the receiver handled %q", log)
	}
	// After a 401 the next event comes with another token.
	if got, _, _ := e.invoke("h"); got != `{"status": 202}[]` {
		t.Errorf("after a 401: %s", got)
	}
	if seen := w.upstream.takeSeen(); len(seen) != 1 || jtis[seen[0].Header.Get("X-Aws-Token-Jti")] != 0 {
		t.Error("after a 401 the same token was sent")
	}
}
