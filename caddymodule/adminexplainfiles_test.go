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
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// explains is what becomes of a good token.
func (a *administered) explains() (walk.Walk, string) {
	a.t.Helper()
	var w walk.Walk
	status, text := a.call("POST", "/aws_jwt/explain", `{"token":"`+a.token()+`"}`, &w)
	if status != http.StatusOK {
		return w, text
	}
	return w, ""
}

// Files that have a bad version now are in force as they were, for requests and
// for explanations alike. The same version is a fault to whoever reads it anew.
func TestExplainByFilesInForce(t *testing.T) {
	a := newAdministered(t)
	directory := t.TempDir()
	file, keys := filepath.Join(directory, "issuers.json"), a.keyFile()
	listed, err := json.Marshal([]object{{"url": a.issuer, "accounts": []string{ordersAccount}, "jwks_file": keys}})
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, string(listed))
	a.load(object{"a": a.guarded("site", nil, object{"issuers": nil, "issuers_file": file})})
	config := filepath.Join(directory, "config.json")
	write(config, string(a.loaded))
	fromDisk := func() error {
		r, err := rehearse(config, "", true)
		if err == nil {
			r.Close()
		}
		return err
	}
	if w, fault := a.explains(); fault != "" || w.Outcome != walk.Allowed {
		t.Fatalf("with good files: %s, %+v", fault, w)
	}
	if err := fromDisk(); err != nil {
		t.Fatal(err)
	}
	write(keys, "no JSON")
	write(file, "no JSON")
	if got := <-a.send(); got != "200 site" {
		t.Errorf("a request: %s", got)
	}
	if w, fault := a.explains(); fault != "" || w.Outcome != walk.Allowed {
		t.Errorf("the explanation: %s, %+v", fault, w)
	}
	if err := fromDisk(); err == nil || !strings.Contains(err.Error(), "issuers.json") {
		t.Errorf("read anew: %v", err)
	}
}

// What was asked about and runs no longer is not explained by what came after it.
func TestExplainOfConfigurationThatWasReplaced(t *testing.T) {
	a := newAdministered(t)
	a.load(object{"a": a.guarded("site", nil, nil)})
	before := a.loaded
	r, err := rehearseRunning(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.replaced() {
		t.Error("what runs is said to be replaced")
	}
	a.load(object{"a": a.guarded("site", nil, object{"audiences": []string{audience, "another"}})})
	if !r.replaced() {
		t.Error("what was replaced is said to run")
	}
	if _, err := rehearseRunning(t.Context(), before); !errors.Is(err, errReplaced) {
		t.Errorf("by the configuration before: %v", err)
	}
	again, err := rehearseRunning(t.Context(), a.loaded)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// Handlers of the same configuration verify each as its own.
func TestExplainByTheHandlerInTheSamePlace(t *testing.T) {
	a := newAdministered(t)
	one, two := a.guarded("one", nil, nil), a.guarded("two", nil, nil)
	two["listen"] = a.ports[1:]
	a.load(object{"a": one, "b": two})
	r, err := rehearseRunning(t.Context(), a.loaded)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, h := range running() {
		if r.handlers[i].verifier != h.verifier || r.handlers[i].Handler == h.Handler {
			t.Errorf("%s is not verified by the one that runs there", h.where)
		}
	}
}

// endsAfter is a context that ends once it was asked some times.
type endsAfter struct {
	context.Context
	asked, times int
}

func (c *endsAfter) Err() error {
	if c.asked++; c.asked > c.times {
		return context.DeadlineExceeded
	}
	return nil
}

// Making a large configuration ready ends with the time that there is for it,
// between two handlers.
func TestExplainEndsInTime(t *testing.T) {
	a := newAdministered(t)
	const many = 20
	handler := a.guarded("site", nil, nil)["routes"].([]object)[0]["handle"].([]object)[0]
	var routes []object
	for range many {
		routes = append(routes, object{"handle": []object{handler}})
	}
	a.load(object{"a": object{"listen": a.ports[:1], "routes": routes}})
	for times, want := range map[int]error{3: context.DeadlineExceeded, many: nil} {
		asking := &endsAfter{Context: t.Context(), times: times}
		r, err := rehearseRunning(asking, a.loaded)
		if (err == nil) != (want == nil) || err != nil && !strings.Contains(err.Error(), want.Error()) {
			t.Errorf("a time that ends after %d handlers: %v, want %v", times, err, want)
		}
		if asking.asked > times+1 {
			t.Errorf("of a time that ends after %d handlers, %d were begun", times, asking.asked)
		}
		if err == nil {
			r.Close()
		}
	}

	for ended, want := range map[bool]int{true: http.StatusServiceUnavailable, false: http.StatusOK} {
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), http.ServerContextKey, a.Config))
		defer cancel()
		if ended {
			cancel()
		}
		request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/aws_jwt/explain", strings.NewReader("{}"))
		request.Header.Set("Content-Type", "application/json")
		_, err := adminExplain(httptest.NewRecorder(), request)
		got := http.StatusOK
		if fault := (caddy.APIError{}); errors.As(err, &fault) {
			got = fault.HTTPStatus
		}
		if got != want {
			t.Errorf("ended %v: %d %v, want %d", ended, got, err, want)
		}
	}
}
