package caddymodule

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/signing"
)

const gatewayIssuer = "https://gateway.example"

// asserting has the handler make assertions, with keys in a storage of its own.
func asserting(h *Handler, subject string) {
	h.storage = newStorage()
	h.Assertion = &Assertion{Issuer: gatewayIssuer, Audience: "orders.internal", Subject: subject}
}

// asserted are the header and the claims of an assertion.
func asserted(t testing.TB, text string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", text)
	}
	for i, into := range []*map[string]any{&header, &claims} {
		part, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(part, into); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// The upstream sees one assertion, whatever the client sends under its name.
func TestAssertionForTheUpstream(t *testing.T) {
	for _, field := range []string{"", "X-Upstream-Identity"} {
		h := newHandler(t, func(h *Handler) {
			asserting(h, "spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.environment}")
			h.Assertion.Header, h.Assertion.Claims = field, []string{"aws_token.sub", "aws_token.principal_tags"}
		})
		if field == "" {
			field = "X-Aws-Token-Assertion"
		}
		r := get(goodToken(t))
		for _, spelling := range []string{field, strings.ReplaceAll(field, "-", "_"), strings.ToLower(field)} {
			r.Header[spelling] = []string{"forged"}
		}
		seen := serve(t, r, h).upstreamSaw(t)
		header, said := asserted(t, seen.Get(field))
		want := map[string]any{
			"iss": gatewayIssuer, "aud": "orders.internal", "sub": "spiffe://corp.example/aws/" + ordersAccount + "/production",
			"iat": float64(instant.Unix()), "exp": float64(instant.Unix() + 60),
			"aws_token": map[string]any{"sub": ordersARN, "principal_tags": map[string]any{"team": "orders", "environment": "production"}},
		}
		if !reflect.DeepEqual(said, want) || header["alg"] != "ES256" || len(header) != 3 {
			t.Errorf("%v %v", header, said)
		}
		for name, values := range seen {
			if len(values) != 1 || values[0] == "forged" {
				t.Errorf("%s: %q", name, values)
			}
		}
	}
}

// One is reused for the same verified token until half of its life is over, and
// the next one is not the same.
func TestAssertionIsReused(t *testing.T) {
	c := new(steppedClock)
	h := &Handler{Issuers: []Issuer{{URL: issuerOf(t, ordersAccount)}}, Audiences: []string{audience}}
	asserting(h, "")
	provisionedAt(t, h, c.now)
	token, other := goodToken(t), goodToken(t)
	ask := func(token string) string {
		return serve(t, get(token), h).upstreamSaw(t).Get("X-Aws-Token-Assertion")
	}
	first := ask(token)
	if ask(token) != first {
		t.Error("it is not reused")
	}
	if ask(other) == first {
		t.Error("another token has it, too")
	}
	c.set(29 * time.Second)
	if ask(token) != first {
		t.Error("it is not reused in the first half of its life")
	}
	c.set(30 * time.Second)
	second := ask(token)
	if second == first {
		t.Error("it is reused in the second half of its life")
	}
	// At the end of the token nothing later can be had.
	c.set(5*time.Minute - 20*time.Second)
	last := ask(token)
	c.set(5*time.Minute - 2*time.Second)
	if ask(token) != last {
		t.Error("the last one is not reused")
	}
	_, said := asserted(t, last)
	if said["exp"] != float64(instant.Add(5*time.Minute).Unix()) {
		t.Errorf("it ends at %v", said["exp"])
	}
	c.set(5 * time.Minute)
	if got := serve(t, get(token), h); got.reason() != "expired" || got.passed() || got.Code != http.StatusUnauthorized {
		t.Errorf("when the token has ended: %d, %s", got.Code, got.reason())
	}
}

// A policy's refusal comes before an assertion is made, and an anonymous request
// has none.
func TestAssertionIsForCallersThatPass(t *testing.T) {
	anonymous := newHandler(t, func(h *Handler) { asserting(h, ""); h.Optional = true })
	r := get("")
	r.Header.Set("X-Aws-Token-Assertion", "forged")
	if seen := serve(t, r, anonymous).upstreamSaw(t); len(seen) != 0 {
		t.Errorf("%v", seen)
	}
	denied := newHandler(t, func(h *Handler) {
		asserting(h, "spiffe://corp.example/{aws_token.principal_tags.absent}")
		h.Deny = []Rule{{Expression: "true"}}
	})
	if got := serve(t, get(goodToken(t)), denied); got.reason() != "policy_denied" {
		t.Errorf("%s", got.reason())
	}
	audited := newHandler(t, func(h *Handler) { asserting(h, ""); h.Deny, h.Mode = []Rule{{Expression: "true"}}, "audit" })
	if seen := serve(t, get(goodToken(t)), audited).upstreamSaw(t); seen.Get("X-Aws-Token-Assertion") == "" {
		t.Error("an audited request has none")
	}
}

// The last handler's assertion is what the upstream sees, also when it has none;
// a firewall behind it leaves it.
func TestAssertionsOfSeveralHandlers(t *testing.T) {
	with := func(field string) func(*Handler) {
		return func(h *Handler) { asserting(h, ""); h.Assertion.Header = field }
	}
	outer, plain := newHandler(t, with("X-Outer")), newHandler(t, nil)
	if seen := serve(t, get(goodToken(t)), outer, plain).upstreamSaw(t); seen.Get("X-Outer") != "" {
		t.Error("the first one's is left")
	}
	inner := newHandler(t, with("X-Inner"))
	seen := serve(t, get(goodToken(t)), outer, inner, newFirewall(t)).upstreamSaw(t)
	if seen.Get("X-Outer") != "" || seen.Get("X-Inner") == "" {
		t.Errorf("%v", seen)
	}
}

// A firewall takes what a client sends under the name of the assertion.
func TestFirewallStripsTheAssertion(t *testing.T) {
	firewall := provisioned(t, &Handler{FirewallOnly: true, Assertion: &Assertion{Header: "X-Upstream-Identity"}})
	for name, left := range map[string]bool{"X-Upstream-Identity": false, "x_upstream-identity": false, "X-Upstream": true} {
		r := get("")
		r.Header[name] = []string{"forged"}
		if seen := serve(t, r, firewall).upstreamSaw(t); (len(seen) == 1) != left {
			t.Errorf("%s: %v", name, seen)
		}
	}
}

func TestAssertionThatIsTooLong(t *testing.T) {
	for size, reason := range map[int]string{4000: "", 7000: "assertion_failed"} {
		h := newHandler(t, func(h *Handler) { asserting(h, ""); h.Assertion.Claims = []string{"aws_token.request_tags"} })
		token := tokenWith(t, func(c claims) { c.aws["request_tags"] = map[string]any{"k": strings.Repeat("v", size)} })
		if got := serve(t, get(token), h); got.reason() != reason {
			t.Errorf("%d bytes: %q", size, got.reason())
		}
	}
}

// Loading reads keys that are stored, says what is wrong with them, and makes none.
func TestAssertionWhenLoading(t *testing.T) {
	storage := newStorage()
	config := func(change func(*Assertion)) error {
		h := &Handler{Issuers: []Issuer{{URL: issuerOf(t, ordersAccount)}}, Audiences: []string{audience}, now: clock}
		asserting(h, "")
		h.storage = storage
		change(h.Assertion)
		ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
		defer cancel()
		err := h.Provision(ctx)
		return errors.Join(err, h.Cleanup())
	}
	if err := config(func(*Assertion) {}); err != nil || len(storage.all()) != 0 {
		t.Errorf("%v, %d documents", err, len(storage.all()))
	}
	duration := func(d time.Duration) *caddy.Duration { c := caddy.Duration(d); return &c }
	for fault, change := range map[string]func(*Assertion){
		"assertion.issuer: it is missing":                                            func(a *Assertion) { a.Issuer = "" },
		"assertion.audience: it is missing":                                          func(a *Assertion) { a.Audience = "" },
		"assertion.header: \"Host\" is a field":                                      func(a *Assertion) { a.Header = "Host" },
		"assertion.header: \"x_aws-token.sub\" is taken":                             func(a *Assertion) { a.Header = "x_aws-token.sub" },
		"assertion.algorithm: \"ES384\" is not ES256 or":                             func(a *Assertion) { a.Algorithm = "ES384" },
		"assertion.subject: there is no attribute":                                   func(a *Assertion) { a.Subject = "{aws_token.name}" },
		"assertion.claims[0]: there is no attribute":                                 func(a *Assertion) { a.Claims = []string{"name"} },
		"assertion.ttl: 4s is not from 5s":                                           func(a *Assertion) { a.TTL = duration(4 * time.Second) },
		"assertion.ttl: 0s is not positive":                                          func(a *Assertion) { a.TTL = duration(0) },
		"assertion.rotation: 1s is under 4s":                                         func(a *Assertion) { a.Rotation = duration(time.Second) },
		"assertion.ttl: 1m0s is over the rotation of 30s":                            func(a *Assertion) { a.Rotation = duration(30 * time.Second) },
		"configuring aws_jwt: loading signing keys: no route":                        func(*Assertion) { storage.fail(errors.New("no route"), nil) },
		"configuring aws_jwt: reading signing keys aws_jwt/signing/gateway.example-": func(*Assertion) { storage.fail(nil, nil); breakKeys(t, storage) },
	} {
		err := config(change)
		storage.fail(nil, nil)
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v", fault, err)
		}
		clear(storage.kept)
	}
}

// breakKeys stores keys of the issuer that cannot be read.
func breakKeys(t *testing.T, storage *memoryStorage) {
	lent := new(lenders)
	lent.enter(&lender{storage: storage})
	keys, err := signing.New(signing.Config{Issuer: gatewayIssuer, Store: signingStorage{lent}, Now: clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = keys.Close() }()
	if _, err := keys.Sign(t.Context(), signing.ES256, nil); err != nil {
		t.Fatal(err)
	}
	for name, document := range storage.kept {
		storage.kept[name] = []byte(strings.Replace(string(document), "BEGIN", "END", 1))
	}
}

// A storage that fails is the gateway's fault; the control is the same one later.
func TestSigningUnavailable(t *testing.T) {
	c := new(steppedClock)
	h := &Handler{Issuers: []Issuer{{URL: issuerOf(t, ordersAccount)}}, Audiences: []string{audience}}
	asserting(h, "")
	provisionedAt(t, h, c.now)
	storage, _ := h.storage.(*memoryStorage)
	storage.fail(nil, errors.New("no route to storage"))
	got := serve(t, get(goodToken(t)), h)
	if got.reason() != "signing_unavailable" || got.passed() {
		t.Errorf("%s", got.reason())
	}
	checkAnswer(t, got.Result(), got.Body.String(), "signing_unavailable")
	storage.fail(nil, nil)
	c.set(time.Second)
	serve(t, get(goodToken(t)), h).upstreamSaw(t)
}

// Private keys stand in the storage, and nowhere else.
func TestPrivateKeysAreInTheStorageAlone(t *testing.T) {
	h := &Handler{Issuers: []Issuer{{URL: issuerOf(t, ordersAccount)}}, Audiences: []string{audience}}
	asserting(h, "")
	provisioned(t, h)
	core, entries := observer.New(zap.DebugLevel)
	h.signing.lender.logger = structured(zap.New(core))
	serve(t, get(goodToken(t)), h).upstreamSaw(t)
	storage, _ := h.storage.(*memoryStorage)
	documents := storage.all()
	if len(documents) != 1 {
		t.Fatalf("%d documents", len(documents))
	}
	for name, document := range documents {
		if !strings.HasPrefix(name, "aws_jwt/signing/gateway.example-") || !strings.Contains(string(document), "PRIVATE KEY") {
			t.Errorf("%s", name)
		}
	}
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	shows := []string{string(text)}
	for _, entry := range entries.All() {
		shows = append(shows, fmt.Sprint(entry.Message, entry.ContextMap()))
	}
	if !strings.Contains(strings.Join(shows, "\n"), "made a signing key") {
		t.Errorf("the log is %q", shows)
	}
	for _, shown := range shows {
		if strings.Contains(shown, "PRIVATE") || strings.Contains(shown, "MIG") {
			t.Errorf("a private key is shown: %s", shown)
		}
	}
}
