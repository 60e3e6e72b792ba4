package snippets

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// What the old gateway set and this one does not has to be cleared by a line for each:
// without these lines a caller with a good token writes it itself.
func TestMigrationClearsWhatTheOldOneSet(t *testing.T) {
	for text, old := range map[string][]string{"@authenticated": envoy, "@programs": oauth2Proxy} {
		caddyfile := stacktest.ReadPage(t, "docs/migration.md").BlockWith("caddyfile", text)
		var cleared []string
		for _, line := range regexp.MustCompile(`(?m)^\t\theader (\S+) \{vars\.none\}\n`).FindAllStringSubmatch(caddyfile, -1) {
			cleared = append(cleared, line[1])
			caddyfile = strings.Replace(caddyfile, line[0], "", 1)
		}
		if !slices.Equal(cleared, old[1:]) {
			t.Errorf("%s clears %q, want %q", text, cleared, old[1:])
		}
		_, upstream, _ := startSite(t, caddyfile, old).send("GET", "/orders", bearer(t, orders))
		if got, want := forgeries(upstream), passing(old[1:]); !slices.Equal(got, want) {
			t.Errorf("%s without these lines: %q arrive, want %q", text, got, want)
		}
	}
}

// spellings are those of names, as forgeries has them.
func spellings(names []string) (all []string) {
	for _, name := range names {
		for _, spelling := range spelt(name) {
			all = append(all, strings.ToLower(spelling))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// passing are the spellings that Caddy does not take out by itself: those without "_"
// and ".".
func passing(names []string) []string {
	return slices.DeleteFunc(spellings(names), func(name string) bool { return strings.ContainsAny(name, "_.") })
}

// The lines for an old gateway that is a Caddy take out what is ours, in every
// spelling. Without them it arrives.
func TestMigrationOldCaddyTakesOurHeadersOut(t *testing.T) {
	lines := stacktest.ReadPage(t, "docs/migration.md").BlockWith("caddyfile", "request_header -*aws*")
	site := func(lines string) string {
		return "orders.example.com {\n" + lines + "reverse_proxy 127.0.0.1:9000\n}\n"
	}
	_, seen, _ := startSite(t, site(lines), caddyJWT).ask("")
	identity(t, seen, "User-Agent", "Go-http-client/1.1")
	_, seen, _ = startSite(t, site(""), caddyJWT).send("GET", "/orders", "")
	if got, want := forgeries(seen), passing([]string{"X-Aws-Token-Sub", "X-Aws-Token-Org-Id", "X-User"}); !slices.Equal(got, want) {
		t.Errorf("without the lines %q arrive, want %q", got, want)
	}
}

// The expressions for Envoy match what is ours, in every spelling, and nothing else.
// Envoy compares the whole of a name, which it has in lower case.
func TestMigrationEnvoyTakesOurHeadersOut(t *testing.T) {
	var filters struct {
		Filters []struct {
			Config struct {
				Mutations struct {
					Request []struct {
						Remove struct {
							Key struct {
								Regex struct{ Regex string } `yaml:"safe_regex"`
							} `yaml:"key_matcher"`
						} `yaml:"remove_on_match"`
					} `yaml:"request_mutations"`
				}
			} `yaml:"typed_config"`
		} `yaml:"http_filters"`
	}
	block := stacktest.ReadPage(t, "docs/migration.md").BlockWith("yaml", "header_mutation")
	stacktest.Must(t, yaml.Unmarshal([]byte(block), &filters))
	var expressions []string
	for _, mutation := range filters.Filters[0].Config.Mutations.Request {
		expressions = append(expressions, mutation.Remove.Key.Regex.Regex)
	}
	removed := regexp.MustCompile("^(?:" + strings.Join(expressions, "|") + ")$")
	for _, name := range spellings([]string{"X-Aws-Token-Sub", "X-Aws-Token-Assertion", "X-User"}) {
		if !removed.MatchString(name) {
			t.Errorf("%s stays", name)
		}
	}
	for _, name := range []string{"user-agent", "x-user-id", "x-aws-region", "x-aws-tokens", "authorization"} {
		if removed.MatchString(name) {
			t.Errorf("%s goes", name)
		}
	}
}
