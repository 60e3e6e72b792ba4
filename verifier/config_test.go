package verifier

import (
	"strings"
	"testing"
	"time"
)

func TestNewNamesEveryFault(t *testing.T) {
	keys := aws().keySet(t)
	for _, tt := range []struct {
		name   string
		change func(c *Config)
		want   string // the whole error
	}{
		{"no issuer", func(c *Config) { c.Issuers = nil }, "issuers: at least one is required, or an organization"},
		{"no audience", func(c *Config) { c.Audiences = nil },
			"issuers[0].audiences: an audience is required, here or for all issuers\nissuers[1].audiences: an audience is required, here or for all issuers"},
		{"empty audience", func(c *Config) { c.Audiences = []string{"a", ""} }, "audiences[1]: it is empty"},
		{"short account", func(c *Config) { c.Issuers[1].Accounts = []string{account, "1234"} }, `issuers[1].accounts[1]: "1234" is not 12 digits`},
		{"unknown algorithm", func(c *Config) { c.Algorithms = []Algorithm{"ES256"} }, `algorithms[0]: "ES256" is not one of [RS256 ES384]`},
		{"issuer's unknown algorithm", func(c *Config) { c.Issuers[0].Algorithms = []Algorithm{"none"} }, `issuers[0].algorithms[0]: "none" is not one of [RS256 ES384]`},
		{"leeway", func(c *Config) { c.Leeway = 61 * time.Second }, "leeway: 1m1s is not between 0 and 1m0s"},
		{"negative leeway", func(c *Config) { c.Leeway = -1 }, "leeway: -1ns is not between 0 and 1m0s"},
		{"negative lifetime", func(c *Config) { c.MaxLifetime = -time.Hour }, "max_lifetime: -1h0m0s is not positive"},
		{"issuer twice", func(c *Config) { c.Issuers[1].URL = testIssuer }, `issuers[1].url: "` + testIssuer + `" is issuers[0] already`},
		{"no accounts in the list", func(c *Config) { c.Issuers[0].Accounts = []string{} }, "issuers[0].accounts: the list is empty; leave it out or fill it"},
		{"no audiences in the list", func(c *Config) { c.Issuers[0].Audiences = []string{} }, "issuers[0].audiences: the list is empty; leave it out or fill it"},
		{"no algorithms in the list", func(c *Config) { c.Algorithms = []Algorithm{} }, "algorithms: the list is empty; leave it out or fill it"},
		{"no keys", func(c *Config) { c.Issuers[0].Keys = nil }, "issuers[0]: it has no key set"},
		{"plain http", func(c *Config) { c.Issuers[0].URL = "http://sts.example" }, `issuers[0].url: "http://sts.example" is plain http, which is only for loopback addresses`},
		{"two faults", func(c *Config) { c.Leeway, c.Issuers = time.Hour, []Issuer{{URL: "x", Keys: keys}} },
			"leeway: 1h0m0s is not between 0 and 1m0s\n" + `issuers[0].url: "x" is not a URL such as https://host`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodConfig(t)
			tt.change(&c)
			if _, err := New(c); err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	mustNew(t, goodConfig(t))
}

func TestCheckIssuerURL(t *testing.T) {
	for _, bad := range []string{
		"", "https://", "https://*.tokens.sts.global.api.aws", "https://u@host", "https://u:p@host", "https://host?", "https://host?q=1",
		"https://host#", "http://host", "http://10.0.0.1", "ftp://host", "host", "https:host", "https://ho st", "https://host\n", "https://hé.example",
		"http://localhost.evil.example", "http://127.0.0.1.evil.example", "https://:443",
	} {
		if err := checkIssuerURL(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	for _, good := range []string{
		testIssuer, "https://host:8443/path", "http://localhost:8010/x", "http://127.0.0.1:1", "http://127.8.9.1", "http://[::1]:80", "https://host/",
	} {
		if err := checkIssuerURL(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func TestReasonsAreAClosedSet(t *testing.T) {
	seen := make(map[Reason]bool)
	for _, r := range Reasons() {
		if seen[r] || r == "" || strings.ToLower(string(r)) != string(r) {
			t.Errorf("reason %q", r)
		}
		seen[r] = true
	}
}

func TestQuoteIsCut(t *testing.T) {
	for text, want := range map[string]string{
		"short":                     `"short"`,
		"a\nb\x1b":                  `"a\nb\x1b"`,
		strings.Repeat("x", 200):    `"` + strings.Repeat("x", 123) + `…"`,
		strings.Repeat("é", 200):    `"` + strings.Repeat("é", 61) + `…"`,
		strings.Repeat("\x00", 200): `"` + strings.Repeat(`\x00`, 30) + `\x0…"`,
	} {
		if got := quote(text); got != want || len(got) > maxQuoted {
			t.Errorf("quote(%q) = %s of %d bytes, want %s", text, got, len(got), want)
		}
	}
}
