package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/signing"
)

// newPublisher publishes the keys in a storage.
func newPublisher(t testing.TB, storage *memoryStorage, change func(*Publisher)) *Publisher {
	t.Helper()
	p := &Publisher{URL: gatewayIssuer, storage: storage, now: clock}
	if change != nil {
		change(p)
	}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	t.Cleanup(cancel)
	if err := p.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Cleanup(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// served is what comes of a request; 418 is that of the next handler.
func served(t testing.TB, h caddyhttp.MiddlewareHandler, r *http.Request) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, new(caddyhttp.Server))
	next := caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusTeapot)
		return nil
	})
	var failed caddyhttp.HandlerError
	if err := h.ServeHTTP(w, r, next); errors.As(err, &failed) {
		w.WriteHeader(failed.StatusCode)
	} else if err != nil {
		t.Fatal(err)
	}
	return w.Result()
}

func body(t testing.TB, response *http.Response, into any) {
	t.Helper()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

func TestDocumentsOfTheIssuer(t *testing.T) {
	for _, url := range []string{gatewayIssuer, gatewayIssuer + "/id"} {
		p := newPublisher(t, newStorage(), func(p *Publisher) { p.URL = url })
		var found map[string]any
		response := served(t, p, httptest.NewRequest(http.MethodGet, url+"/.well-known/openid-configuration", nil))
		body(t, response, &found)
		want := map[string]any{
			"issuer": url, "jwks_uri": url + "/.well-known/jwks.json", "response_types_supported": []any{"id_token"},
			"subject_types_supported": []any{"public"}, "id_token_signing_alg_values_supported": []any{"ES256"},
			"claims_supported": []any{"iss", "sub", "aud", "iat", "exp", "aws_token"},
		}
		if !reflect.DeepEqual(found, want) {
			t.Errorf("%v", found)
		}
		for path, use := range map[string]string{"/.well-known/jwks.json": "sig", "/.well-known/spiffe-bundle": "jwt-svid"} {
			response := served(t, p, httptest.NewRequest(http.MethodGet, url+path, nil))
			var set struct{ Keys []map[string]string }
			body(t, response, &set)
			if len(set.Keys) != 1 || set.Keys[0]["use"] != use || response.Header.Get("Cache-Control") != "public, max-age=900" {
				t.Errorf("%s: %v %v", path, set, response.Header)
			}
		}
	}
}

// The documents are for everybody, and a HEAD has what a GET has.
func TestHeadersOfDocuments(t *testing.T) {
	p := newPublisher(t, newStorage(), nil)
	for path, kind := range map[string]string{
		discoveryPath: "application/json", jwksPath: "application/jwk-set+json", bundlePath: "application/json",
	} {
		var lengths []string
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got := served(t, p, httptest.NewRequest(method, gatewayIssuer+path, nil))
			if got.Header.Get("Content-Type") != kind || got.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s %s: %v", method, path, got.Header)
			}
			lengths = append(lengths, got.Header.Get("Content-Length"))
		}
		if lengths[0] == "" || lengths[0] != lengths[1] {
			t.Errorf("%s: the lengths are %q", path, lengths)
		}
	}
	if got := served(t, p, httptest.NewRequest(http.MethodPut, gatewayIssuer+jwksPath, nil)); got.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("%v", got.Header)
	}
}

// Keys are let go with the last handler that has a share in them.
func TestSigningKeysAreGivenBack(t *testing.T) {
	storage := newStorage()
	var settings []signingSettings
	var cleanups []func() error
	for _, url := range []string{gatewayIssuer, gatewayIssuer, gatewayIssuer + "/other"} {
		ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
		defer cancel()
		p := &Publisher{URL: url, storage: storage, now: clock}
		if err := p.Provision(ctx); err != nil {
			t.Fatal(err)
		}
		settings, cleanups = append(settings, p.signing.settings), append(cleanups, p.Cleanup)
	}
	for i, shares := range []int{2, 1, 0} {
		if n, _ := signingPool.References(settings[0]); n != shares {
			t.Errorf("%d shares, want %d", n, shares)
		}
		if err := cleanups[i](); err != nil {
			t.Error(err)
		}
	}
	if n, _ := signingPool.References(settings[2]); n != 0 {
		t.Errorf("%d shares are left", n)
	}
}

// Everything else goes to the next handler.
func TestPathsOfTheIssuer(t *testing.T) {
	p := newPublisher(t, newStorage(), func(p *Publisher) { p.URL = gatewayIssuer + "/id" })
	for path, status := range map[string]int{
		"/id/.well-known/jwks.json": 200, "/.well-known/jwks.json": 418, "/id/.well-known/jwks.json/": 418, "/id/": 418, "/": 418,
		"/id/token": 418, "/idx/.well-known/jwks.json": 418,
	} {
		if got := served(t, p, httptest.NewRequest(http.MethodGet, gatewayIssuer+path, nil)); got.StatusCode != status {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	for method, status := range map[string]int{http.MethodHead: 200, http.MethodPost: 405, http.MethodDelete: 405} {
		if got := served(t, p, httptest.NewRequest(method, gatewayIssuer+"/id/.well-known/jwks.json", nil)); got.StatusCode != status {
			t.Errorf("%s: %d", method, got.StatusCode)
		}
	}
}

// The keys of the assertions are those that are published, by another gateway too.
func TestPublishedKeysAreThoseOfAssertions(t *testing.T) {
	storage := newStorage()
	h := newHandler(t, func(h *Handler) { asserting(h, ""); h.storage, h.Assertion.Algorithm = storage, signing.RS256 })
	header, _ := asserted(t, serve(t, get(goodToken(t)), h).upstreamSaw(t).Get("X-Aws-Token-Assertion"))
	for _, each := range []*memoryStorage{storage, newStorage()} {
		p := newPublisher(t, each, nil)
		var set struct{ Keys []map[string]string }
		body(t, served(t, p, httptest.NewRequest(http.MethodGet, gatewayIssuer+jwksPath, nil)), &set)
		found := false
		for _, k := range set.Keys {
			found = found || k["kid"] == header["kid"]
		}
		if found != (each == storage) {
			t.Errorf("published is %v, signed was with %v", set.Keys, header["kid"])
		}
	}
}

func TestIssuerWithoutStorage(t *testing.T) {
	storage := newStorage()
	p := newPublisher(t, storage, nil)
	storage.fail(nil, errors.New("no route to storage"))
	got := served(t, p, httptest.NewRequest(http.MethodGet, gatewayIssuer+jwksPath, nil))
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") != "1" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}

// What is wrong with the storage is for the log, and not for whoever asks, to whom
// error routes may show the error. The control is in the log.
func TestUnpublishedSaysNoMore(t *testing.T) {
	storage := newStorage()
	p := newPublisher(t, storage, nil)
	core, entries := observer.New(zap.DebugLevel)
	p.signing.lender.logger = structured(zap.New(core))
	storage.fail(errors.New("no route to 10.0.0.7"), nil)
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, gatewayIssuer+jwksPath, nil)
	err := p.ServeHTTP(w, caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, new(caddyhttp.Server)), nothing)
	if err == nil || strings.Contains(err.Error(), "10.0.0.7") || !strings.Contains(err.Error(), "signing_unavailable") {
		t.Errorf("%v", err)
	}
	if entries.FilterMessage("keeping signing keys failed").Len() != 1 || !strings.Contains(fmt.Sprint(entries.All()[0].ContextMap()), "10.0.0.7") {
		t.Errorf("the log is %v", entries.All())
	}
}

func TestBadIssuers(t *testing.T) {
	second := caddy.Duration(time.Second)
	minute := caddy.Duration(time.Minute)
	for fault, change := range map[string]func(*Publisher){
		"":                   func(*Publisher) {},
		"url: it is missing": func(p *Publisher) { p.URL = "" },
		"url: \"https://gateway.example/\" ends with":                        func(p *Publisher) { p.URL += "/" },
		"algorithms[0]: \"ES384\" is not":                                    func(p *Publisher) { p.Algorithms = []signing.Algorithm{"ES384"} },
		"algorithms[1]: ES256 stands there twice":                            func(p *Publisher) { p.Algorithms = []signing.Algorithm{"ES256", "ES256"} },
		"algorithms: the list is empty":                                      func(p *Publisher) { p.Algorithms = []signing.Algorithm{} },
		"rotation: 1s is under":                                              func(p *Publisher) { p.Rotation = &second },
		"exchange.aws_jwt: it is missing":                                    func(p *Publisher) { p.Exchange.Handler = nil },
		"exchange.audience: it is missing":                                   func(p *Publisher) { p.Exchange.Audiences = nil },
		"exchange.subject: there is no attribute":                            func(p *Publisher) { p.Exchange.Subject = "{aws_token.name}" },
		"exchange.ttl: 1s is not from":                                       func(p *Publisher) { p.Exchange.TTL = &second },
		"exchange.algorithm: \"none\" is not":                                func(p *Publisher) { p.Exchange.Algorithm = "none" },
		"exchange.aws_jwt.optional: it is about":                             func(p *Publisher) { p.Exchange.Handler.Optional = true },
		"exchange.aws_jwt.assertion: it is about":                            func(p *Publisher) { p.Exchange.Handler.Assertion = new(Assertion) },
		"exchange.aws_jwt.firewall_only: it is about":                        func(p *Publisher) { p.Exchange.Handler.FirewallOnly = true },
		"exchange.aws_jwt.token_sources: it is about":                        func(p *Publisher) { p.Exchange.Handler.TokenSources = []string{"basic"} },
		"exchange.aws_jwt.realm: it stands in challenges":                    func(p *Publisher) { p.Exchange.Handler.Realm = "x" },
		"configuring aws_jwt: issuers[0].audiences: an audience is required": func(p *Publisher) { p.Exchange.Handler.Audiences = nil },
		"exchange.ttl: 1h0m0s is over the rotation of":                       func(p *Publisher) { hour := caddy.Duration(time.Hour); p.Exchange.TTL, p.Rotation = &hour, &minute },
	} {
		p := &Publisher{URL: gatewayIssuer, storage: newStorage(), now: clock, Exchange: goodExchange(t)}
		change(p)
		ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
		err := p.Provision(ctx)
		if cleaning := p.Cleanup(); cleaning != nil {
			t.Error(cleaning)
		}
		cancel()
		if fault == "" && err != nil || fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) {
			t.Errorf("%q: %v", fault, err)
		}
	}
}

// All handlers of a configuration keep an issuer's keys by one rotation. A reload
// may change it.
func TestRotationsThatDisagree(t *testing.T) {
	storage := newStorage()
	hour, day := caddy.Duration(time.Hour), caddy.Duration(24*time.Hour)
	first, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	provision := func(ctx caddy.Context, url string, rotation *caddy.Duration) error {
		p := &Publisher{URL: url, storage: storage, now: clock, Rotation: rotation}
		err := p.Provision(ctx)
		t.Cleanup(func() { _ = p.Cleanup() })
		return err
	}
	reload, end := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer end()
	for _, each := range []struct {
		ctx      caddy.Context
		url      string
		rotation *caddy.Duration
		fault    string
	}{
		{first, gatewayIssuer, nil, ""},
		{first, gatewayIssuer, &day, ""}, // the default
		{first, gatewayIssuer, &hour, "rotation: it is 1h0m0s here, and 24h0m0s in another handler, for the issuer " + gatewayIssuer},
		{first, gatewayIssuer + "/other", &hour, ""},
		{reload, gatewayIssuer, &hour, ""},
	} {
		if err := provision(each.ctx, each.url, each.rotation); (err == nil) != (each.fault == "") || err != nil && !strings.Contains(err.Error(), each.fault) {
			t.Errorf("%s by %v: %v, want %q", each.url, each.rotation, err, each.fault)
		}
	}
}
