package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// newReady is a handler that waits for keys as long as a test may take, and keeps no
// answer: whenever it looks at the clock, another second has passed.
func newReady(t *testing.T, require ...string) *Ready {
	t.Helper()
	r := &Ready{Require: require}
	if err := r.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	r.wait = 30 * time.Second
	var looks atomic.Int64
	r.now = func() time.Time { return time.Now().Add(time.Duration(looks.Add(1)) * readyKept) }
	return r
}

func (r *Ready) ask(t *testing.T) (int, readyBody) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil), nil); err != nil {
		t.Fatal(err)
	}
	var answer readyBody
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	if (w.Code == http.StatusOK) != (answer.Status == "ready") || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	return w.Code, answer
}

func (r *Ready) want(t *testing.T, status, required int, states ...string) {
	t.Helper()
	got, answer := r.ask(t)
	var found []string
	for _, i := range answer.Issuers {
		if i.Since.IsZero() {
			t.Errorf("%s has no time", i.URL)
		}
		found = append(found, i.State)
	}
	if got != status || answer.Required != required || strings.Join(found, " ") != strings.Join(states, " ") {
		t.Errorf("%d %+v; want %d and %v", got, answer, status, states)
	}
}

// A gateway without traffic fetches what it needs, waits for it, and is ready.
func TestReadyWithoutTraffic(t *testing.T) {
	a := newReloading(t, false)
	a.load(object{"a": a.guarded("site", nil, nil)})
	r := newReady(t)
	r.wait = time.Millisecond
	r.want(t, 503, 1, "unfetched")
	for len(a.asked) == 0 { // once the storage has said that it has none
		r.want(t, 503, 1, "unfetched")
	}
	a.waitUntilAsked()
	_, first := r.ask(t)
	for range 20 {
		r.want(t, 503, 1, "unfetched")
	}
	if len(a.asked) > 0 {
		t.Errorf("the keys were asked for %d times more while they were on their way", len(a.asked))
	}
	if _, again := r.ask(t); again.Issuers[0] != first.Issuers[0] {
		t.Errorf("since when differs: %+v, %+v", first, again)
	}
	a.release()
	r.wait = 30 * time.Second
	r.want(t, 200, 1)
	r.want(t, 200, 1)
	if len(r.since) > 0 {
		t.Errorf("it is ready, and remembers %v", r.since)
	}
}

// While one request waits, others are answered at once, and all come to the same.
func TestReadyForMany(t *testing.T) {
	a := newReloading(t, false)
	a.load(object{"a": a.guarded("site", nil, nil)})
	r := newReady(t)
	var waits sync.WaitGroup
	waits.Go(func() { r.want(t, 200, 1) })
	a.waitUntilAsked()
	for !r.waiting.Load() {
		time.Sleep(time.Millisecond)
	}
	r.want(t, 503, 1, "unfetched")
	a.release()
	waits.Wait()
	for range 4 {
		waits.Go(func() { r.want(t, 200, 1) })
	}
	waits.Wait()
}

// Which issuers are required: those that the configuration lists, unless it says
// otherwise. Of a file and of an organization none is unless it is named.
func TestReadyRequires(t *testing.T) {
	a := newReloading(t, false)
	a.release()
	const down, org = "http://127.0.0.1:1", "http://127.0.0.1:1/00000000-0000-0000-0000-000000000001"
	file := filepath.Join(t.TempDir(), "issuers.json")
	if err := os.WriteFile(file, []byte(`[{"url":"`+down+`/in-file"},{"url":"https://good.example","jwks_file":"`+a.keyFile()+`"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	more := object{"issuers_file": file, "organization": object{"ids": []string{"o-a1b2c3d4e5"}, "issuer_template": down + "/<uuid>"}}
	a.load(object{"a": a.guarded("site", nil, more)})
	newReady(t).want(t, 200, 1)
	newReady(t, "listed").want(t, 200, 1)
	newReady(t, "none").want(t, 200, 0)
	newReady(t, "https://good.example").want(t, 200, 1)
	newReady(t, "listed", "https://good.example").want(t, 200, 2)
	newReady(t, "listed", a.issuer).want(t, 200, 1)
	newReady(t, down+"/in-file").want(t, 503, 1, "unavailable")
	newReady(t, "listed", down+"/in-file").want(t, 503, 2, "unavailable")
	newReady(t, org).want(t, 503, 1, "unavailable")
	newReady(t, "https://stranger.example").want(t, 503, 1, "not_trusted")

	// A second handler counts, too, and a firewall does not.
	a.load(object{
		"a": a.guarded("site", nil, nil),
		"b": object{"listen": a.ports[1:], "routes": []object{{"handle": []object{
			{"handler": "aws_jwt", "firewall_only": true},
			{"handler": "aws_jwt", "audiences": []string{"x"}, "issuers": []object{{"url": down + "/other"}}},
		}}}},
	})
	newReady(t).want(t, 503, 2, "unavailable")
	newReady(t, a.issuer).want(t, 200, 1)
}

// The configuration that runs counts, whichever one the handler is of.
func TestReadyAfterReload(t *testing.T) {
	a := newReloading(t, false)
	a.release()
	r := newReady(t)
	plain := object{"listen": a.ports[:1], "routes": []object{{"handle": []object{{"handler": "static_response"}}}}}
	a.load(object{"a": plain})
	if status, answer := r.ask(t); status != 503 || answer.Hint == "" {
		t.Errorf("without an aws_jwt: %d %+v", status, answer)
	}
	if status, _ := newReady(t, "none").ask(t); status != 503 {
		t.Errorf("without an aws_jwt, none required: %d", status)
	}
	a.load(object{"a": a.guarded("site", nil, nil)})
	r.want(t, 200, 1)
	a.load(object{"a": a.guarded("site", nil, object{"issuers": []object{{"url": "http://127.0.0.1:1"}}})})
	r.want(t, 503, 1, "unavailable")
}

// Nothing of why keys cannot be had is told, and no more than a hundred issuers.
func TestReadyTellsLittle(t *testing.T) {
	a := newReloading(t, false)
	var issuers []object
	for n := range maxUnready + 5 {
		issuers = append(issuers, object{"url": "http://127.0.0.1:1/" + strings.Repeat("x", n+1)})
	}
	a.load(object{"a": a.guarded("site", nil, object{"issuers": issuers})})
	w := httptest.NewRecorder()
	if err := newReady(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil), nil); err != nil {
		t.Fatal(err)
	}
	if text := w.Body.String(); strings.Contains(text, "refused") || strings.Contains(text, "dial") || strings.Count(text, `"url"`) != maxUnready || !strings.Contains(text, `"left_off":5`) {
		t.Errorf("%s", text)
	}
}

func TestReadyMethods(t *testing.T) {
	a := newReloading(t, false)
	a.load(object{"a": a.guarded("site", nil, nil)})
	r := newReady(t, "none")
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions, http.MethodConnect} {
		w := httptest.NewRecorder()
		err := r.ServeHTTP(w, httptest.NewRequest(method, "/readyz", nil), nil)
		var refused caddyhttp.HandlerError
		good := method == http.MethodGet || method == http.MethodHead
		if good != (err == nil) || !good && (!errors.As(err, &refused) || refused.StatusCode != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD") {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestReadyConfigurations(t *testing.T) {
	for name, tt := range map[string]struct {
		require []string
		fault   string
	}{
		"nothing":      {nil, ""},
		"one":          {[]string{"https://a.example"}, ""},
		"and listed":   {[]string{"https://a.example", "listed"}, ""},
		"none":         {[]string{"none"}, ""},
		"empty":        {[]string{}, "the list is empty"},
		"none of some": {[]string{"listed", "none"}, "none stands alone"},
		"twice":        {[]string{"listed", "listed"}, "there twice"},
		"a word":       {[]string{"lsited"}, `"lsited" is not listed, none or the URL`},
		"no host":      {[]string{"https://"}, "is not listed"},
		"a file":       {[]string{"file:///etc/passwd"}, "is not listed"},
	} {
		r := &Ready{Require: tt.require}
		if err := r.Provision(caddy.Context{}); (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: %v, want %q", name, err, tt.fault)
		}
	}
}

// A client that goes does not end the fetch.
func TestReadyOfClientThatIsGone(t *testing.T) {
	a := newReloading(t, false)
	a.load(object{"a": a.guarded("site", nil, nil)})
	r := newReady(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	for len(a.asked) == 0 {
		w := httptest.NewRecorder()
		if err := r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil).WithContext(ctx), nil); err != nil || w.Code != 503 {
			t.Fatalf("%d %v", w.Code, err)
		}
	}
	a.release()
	r.want(t, 200, 1)
}

// Of an issuer that one handler has keys of and another has not, it is the state of
// the other that counts, whichever comes first.
func TestReadyStateIsOfWhoHasNoKeys(t *testing.T) {
	a := newReloading(t, false)
	a.release()
	var handlers []object
	for _, more := range []object{nil, {"jwks": object{"ttl": "20m"}}, {"issuers": []object{{"url": "https://other.example"}}}} {
		handlers = append(handlers, a.guarded("", nil, more)["routes"].([]object)[0]["handle"].([]object)[0])
	}
	a.load(object{"a": object{"listen": a.ports[:1], "routes": []object{{"handle": handlers}}}})
	all := running()
	without, with, stranger := all[0].Handler, all[1].Handler, all[2].Handler
	if err := with.verifier.RefreshKeys(t.Context(), a.issuer); err != nil {
		t.Fatal(err)
	}
	state := func(by ...*Handler) string { return requiredIssuer{url: a.issuer, by: by, named: true}.state() }
	for _, each := range []struct{ got, want string }{
		{state(without, with), "unfetched"},
		{state(with, without), "unfetched"},
		{state(with, without, stranger), "unfetched"},
		{state(with), "unfetched"}, // the keys have just come
		{state(stranger), "not_trusted"},
	} {
		if each.got != each.want {
			t.Errorf("%s, want %s", each.got, each.want)
		}
	}
}

// Whoever waits for an answer as long as Kubernetes does gets one.
func TestReadyAnswersBeforeProbesGiveUp(t *testing.T) {
	r := new(Ready)
	if err := r.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	if r.wait <= 0 || r.wait > 500*time.Millisecond {
		t.Errorf("it waits %v for keys", r.wait)
	}
}
