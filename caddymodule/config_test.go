package caddymodule

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"go.uber.org/goleak"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// load does what Caddy does with the handler's JSON: strict decoding, Provision,
// and Cleanup when that fails.
func load(t *testing.T, text []byte) error {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	_, err := ctx.LoadModuleByID("http.handlers.aws_jwt", text)
	return err
}

func goodConfig() *Handler {
	return &Handler{Issuers: []Issuer{{URL: "https://a.example"}}, Audiences: []string{audience}}
}

func loadWith(t *testing.T, change func(*Handler)) error {
	t.Helper()
	h := goodConfig()
	change(h)
	return load(t, caddyconfig.JSON(h, nil))
}

// checkFaults compares an error of load with the faults that it must name.
func checkFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it loads")
	}
	text := want[0]
	if len(want) > 1 {
		text = strconv.Itoa(len(want)) + " faults:\n\t" + strings.Join(want, "\n\t")
	}
	if full := "provision http.handlers.aws_jwt: configuring aws_jwt: " + text; err.Error() != full {
		t.Errorf("got:\n%s\nwant:\n%s", err, full)
	}
}

func duration(d time.Duration) *caddy.Duration {
	c := caddy.Duration(d)
	return &c
}

func addIssuer(i Issuer) func(*Handler) {
	return func(h *Handler) { h.Issuers = append(h.Issuers, i) }
}

func addURL(url string) func(*Handler) { return addIssuer(Issuer{URL: url}) }

func addHeader(field, value string) func(*Handler) {
	return func(h *Handler) { h.Headers = append(h.Headers, Header{field, value}) }
}

func allow(rules ...Rule) func(*Handler) { return func(h *Handler) { h.Allow = rules } }

const elsewhere = "https://b.example"

// faultRow is a setting that must be refused, beside one that must load.
type faultRow struct {
	name string
	good func(*Handler)
	bad  func(*Handler)
	want string
}

func (row faultRow) run(t *testing.T) {
	t.Run(row.name, func(t *testing.T) {
		if err := loadWith(t, row.good); err != nil {
			t.Errorf("the control does not load: %v", err)
		}
		checkFaults(t, loadWith(t, row.bad), row.want)
	})
}

func TestIssuerFaults(t *testing.T) {
	for _, row := range []faultRow{
		{"wildcard", addURL(elsewhere), addURL("https://*.example"),
			`issuers[1].url: "https://*.example" has a wildcard, an issuer is one exact URL`},
		{"query", addURL(elsewhere), addURL("https://b.example?a"),
			`issuers[1].url: "https://b.example?a" has a query, an issuer is one exact URL`},
		{"fragment", addURL(elsewhere), addURL("https://b.example#a"),
			`issuers[1].url: "https://b.example#a" has a fragment, an issuer is one exact URL`},
		{"user", addURL(elsewhere), addURL("https://u:p@b.example"),
			`issuers[1].url: "https://u:p@b.example" has user information`},
		{"no URL", addURL(elsewhere), addURL(""), `issuers[1].url: "" is not a URL such as https://host`},
		{"no scheme", addURL(elsewhere), addURL("b.example"), `issuers[1].url: "b.example" is not a URL such as https://host`},
		{"another scheme", addURL(elsewhere), addURL("ftp://b.example"), `issuers[1].url: "ftp://b.example" is not an https URL`},
		{"space", addURL(elsewhere), addURL("https://b.example/a b"),
			`issuers[1].url: "https://b.example/a b" has a character that does not belong into a URL`},
		{"http", addURL("http://127.0.0.1:8010/x"), addURL("http://b.example/x"),
			`issuers[1].url: "http://b.example/x" is plain http, which is only for loopback addresses`},
		{"http on localhost.example", addURL("http://localhost/x"), addURL("http://localhost.example/x"),
			`issuers[1].url: "http://localhost.example/x" is plain http, which is only for loopback addresses`},
		{"twice", addURL("https://A.example"), addURL("https://a.example"),
			`issuers[1].url: "https://a.example" is issuers[0] already`},
		{"account", addIssuer(Issuer{URL: elsewhere, Accounts: []string{ordersAccount, "012345678901"}}),
			addIssuer(Issuer{URL: elsewhere, Accounts: []string{ordersAccount, "1234"}}),
			`issuers[1].accounts[1]: "1234" is not 12 digits`},
		{"empty audience", addIssuer(Issuer{URL: elsewhere, Audiences: []string{"b"}}), addIssuer(Issuer{URL: elsewhere, Audiences: []string{""}}),
			"issuers[1].audiences[0]: it is empty"},
		{"algorithm", addIssuer(Issuer{URL: elsewhere, Algorithms: []verifier.Algorithm{"ES384"}}),
			addIssuer(Issuer{URL: elsewhere, Algorithms: []verifier.Algorithm{"ES384", "HS256"}}),
			`issuers[1].algorithms[1]: "HS256" is not one of [RS256 ES384]`},
		{"jwks_url", addIssuer(Issuer{URL: elsewhere, JWKSURL: "https://keys.example/jwks"}),
			addIssuer(Issuer{URL: elsewhere, JWKSURL: "http://keys.example/jwks"}),
			`issuers[1].jwks_url: "http://keys.example/jwks" is plain http, which is only for loopback addresses`},
		{"jwks_url beside jwks_file", addIssuer(Issuer{URL: elsewhere, JWKSFile: "testdata/jwks.json"}),
			addIssuer(Issuer{URL: elsewhere, JWKSFile: "testdata/jwks.json", JWKSURL: "https://keys.example/jwks"}),
			"issuers[1].jwks_file: it cannot stand beside jwks_url"},
		{"missing file", addIssuer(Issuer{URL: elsewhere, JWKSFile: "testdata/jwks.json"}),
			addIssuer(Issuer{URL: elsewhere, JWKSFile: "testdata/missing.json"}),
			"issuers[1].jwks_file: opening key file: open testdata/missing.json: no such file or directory"},
		{"file with no keys", addIssuer(Issuer{URL: elsewhere, JWKSFile: "testdata/jwks.json"}),
			addIssuer(Issuer{URL: elsewhere, JWKSFile: "config_test.go"}),
			"issuers[1].jwks_file: reading key file config_test.go: reading JWKS: it is not a JSON object"},
	} {
		row.run(t)
	}
}

func TestTokenFaults(t *testing.T) {
	nothing := func(*Handler) {}
	for _, row := range []faultRow{
		{"no issuer", nothing, func(h *Handler) { h.Issuers = nil }, "issuers: at least one is required, or an organization"},
		{"no audience", func(h *Handler) { h.Audiences, h.Issuers[0].Audiences = nil, []string{"a"} }, func(h *Handler) { h.Audiences = nil },
			"issuers[0].audiences: an audience is required, here or for all issuers"},
		{"empty audience", nothing, func(h *Handler) { h.Audiences = []string{""} }, "audiences[0]: it is empty"},
		{"algorithm", func(h *Handler) { h.Algorithms = []verifier.Algorithm{"RS256"} }, func(h *Handler) { h.Algorithms = []verifier.Algorithm{"rs256"} },
			`algorithms[0]: "rs256" is not one of [RS256 ES384]`},
		{"leeway over 60s", func(h *Handler) { h.Leeway = duration(time.Minute) }, func(h *Handler) { h.Leeway = duration(61 * time.Second) },
			"leeway: 1m1s is not between 0 and 1m0s"},
		{"leeway below 0", func(h *Handler) { h.Leeway = duration(0) }, func(h *Handler) { h.Leeway = duration(-1) },
			"leeway: -1ns is not between 0 and 1m0s"},
		{"max_lifetime 0", func(h *Handler) { h.MaxLifetime = duration(1) }, func(h *Handler) { h.MaxLifetime = duration(0) },
			"max_lifetime: 0s is not positive"},
		{"max_lifetime below 0", nothing, func(h *Handler) { h.MaxLifetime = duration(-time.Hour) }, "max_lifetime: -1h0m0s is not positive"},
		{"ttl 0", func(h *Handler) { h.JWKS = &JWKS{TTL: duration(1)} }, func(h *Handler) { h.JWKS = &JWKS{TTL: duration(0)} },
			"jwks.ttl: 0s is not positive"},
		{"cooldown below 0", func(h *Handler) { h.JWKS = &JWKS{Cooldown: duration(1)} }, func(h *Handler) { h.JWKS = &JWKS{Cooldown: duration(-time.Second)} },
			"jwks.cooldown: -1s is not positive"},
		{"timeout 0", func(h *Handler) { h.JWKS = &JWKS{Timeout: duration(1)} }, func(h *Handler) { h.JWKS = &JWKS{Timeout: duration(0)} },
			"jwks.timeout: 0s is not positive"},
		{"max_stale under ttl", func(h *Handler) { h.JWKS = &JWKS{TTL: duration(time.Hour), MaxStale: duration(time.Hour)} },
			func(h *Handler) { h.JWKS = &JWKS{TTL: duration(time.Hour), MaxStale: duration(time.Minute)} },
			"jwks.max_stale: 1m0s is under the ttl of 1h0m0s"},
		{"max_stale 0", nothing, func(h *Handler) { h.JWKS = &JWKS{MaxStale: duration(0)} }, "jwks.max_stale: 0s is not positive"},
		{"missing CA", func(h *Handler) { h.JWKS = &JWKS{CA: []string{"testdata/ca.pem"}} },
			func(h *Handler) { h.JWKS = &JWKS{CA: []string{"testdata/ca.pem", "testdata/missing.pem"}} },
			"jwks.ca[1]: open testdata/missing.pem: no such file or directory"},
		{"CA without certificates", nothing, func(h *Handler) { h.JWKS = &JWKS{CA: []string{"testdata/jwks.json"}} },
			"jwks.ca[0]: testdata/jwks.json holds no certificate in PEM form"},
		{"proxy of another scheme", func(h *Handler) { h.JWKS = &JWKS{Proxy: "socks5://u:p@proxy"} }, func(h *Handler) { h.JWKS = &JWKS{Proxy: "ftp://u:secret@proxy"} },
			`jwks.proxy: "ftp://u:xxxxx@proxy" is not a URL such as http://host:3128; https and socks5 are known, too`},
		{"proxy without a scheme", nothing, func(h *Handler) { h.JWKS = &JWKS{Proxy: "bob:s3cret@proxy.example:3128"} },
			"jwks.proxy: it is not a URL such as http://host:3128"},
		{"proxy that is no URL", nothing, func(h *Handler) { h.JWKS = &JWKS{Proxy: "http://u:sec ret@proxy"} },
			"jwks.proxy: it is not a URL such as http://host:3128"},
		{"realm with a quote", func(h *Handler) { h.Realm = "orders of example" }, func(h *Handler) { h.Realm = `or"ders` },
			`realm: "or\"ders" has a character that is not printable ASCII, or a quote or a backslash`},
		{"realm with a backslash", nothing, func(h *Handler) { h.Realm = `or\ders` },
			`realm: "or\\ders" has a character that is not printable ASCII, or a quote or a backslash`},
		{"realm with a newline", nothing, func(h *Handler) { h.Realm = "a\r\nX: y" },
			`realm: "a\r\nX: y" has a character that is not printable ASCII, or a quote or a backslash`},
	} {
		row.run(t)
	}
}

// All faults are named at once, each once, in the order of the handler's work.
func TestAllFaultsAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	checkFaults(t, load(t, []byte(`{
		"issuers": [
			{"url": "https://a.example", "accounts": ["1234"]},
			{"url": "http://b.example", "jwks_file": "testdata/missing.json"},
			{"url": "https://c.example/*", "algorithms": ["none"]}
		],
		"leeway": "61s", "realm": "\"", "jwks": {"ttl": -1},
		"headers": [{"field": "Host", "value": "{aws_token.nope}"}],
		"allow": [{"expression": "1"}]
	}`)),
		`headers[0].field: "Host" is a field that connections or credentials need`,
		`headers[0].value: there is no attribute "aws_token.nope"; did you mean "aws_token.exp"?`,
		`realm: "\"" has a character that is not printable ASCII, or a quote or a backslash`,
		"allow[0]: the rule is int, not bool",
		"jwks.ttl: -1ns is not positive",
		"leeway: 1m1s is not between 0 and 1m0s",
		`issuers[0].accounts[0]: "1234" is not 12 digits`,
		"issuers[0].audiences: an audience is required, here or for all issuers",
		`issuers[1].url: "http://b.example" is plain http, which is only for loopback addresses`,
		"issuers[1].audiences: an audience is required, here or for all issuers",
		"issuers[1].jwks_file: opening key file: open testdata/missing.json: no such file or directory",
		`issuers[2].url: "https://c.example/*" has a wildcard, an issuer is one exact URL`,
		`issuers[2].algorithms[0]: "none" is not one of [RS256 ES384]`,
		"issuers[2].audiences: an audience is required, here or for all issuers",
	)
}

func TestUnknownJSONField(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"issuers": [], "modes": "audit"}`, `unknown field "modes"`},
		{`{"issuers": [{"url": "https://a.example", "url_pattern": ""}]}`, `unknown field "url_pattern"`},
		{`{"jwks": {"max_age": "24h"}}`, `unknown field "max_age"`},
	} {
		err := load(t, []byte(tt.text))
		if err == nil || !strings.HasSuffix(err.Error(), "json: "+tt.want) {
			t.Errorf("%s: got %v, want %s", tt.text, err, tt.want)
		}
	}
	if err := load(t, []byte(`{"issuers": [{"url": "https://a.example"}], "audiences": ["a"]}`)); err != nil {
		t.Errorf("the control does not load: %v", err)
	}
}

// A file that can no longer be read is a fault at load, not an open gate.
func TestUnreadableFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jwks.json")
	good, err := os.ReadFile("testdata/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	withFile := addIssuer(Issuer{URL: elsewhere, JWKSFile: path})
	if err := loadWith(t, withFile); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"keys": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	err = loadWith(t, withFile)
	if err == nil || !strings.Contains(err.Error(), "issuers[1].jwks_file: reading key file "+path) {
		t.Errorf("got %v", err)
	}
}

// What the handler writes as JSON it reads again.
func TestJSONRoundTrip(t *testing.T) {
	h := goodConfig()
	h.Leeway, h.DefaultHeaders = duration(0), new(bool)
	text := string(caddyconfig.JSON(h, nil))
	var again Handler
	if err := json.Unmarshal([]byte(text), &again); err != nil {
		t.Fatal(err)
	}
	if got := string(caddyconfig.JSON(&again, nil)); got != text || !strings.Contains(text, `"leeway":0,"default_headers":false`) {
		t.Errorf("got %s, want %s", got, text)
	}
}
