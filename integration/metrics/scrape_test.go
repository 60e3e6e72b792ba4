package metrics

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// The sites that known traffic is sent to.
func knownSites() []string {
	return []string{
		site("orders", "issuer ORDERS "+orders, "allow team `aws_token.principal_tags.team == \"orders\"`",
			"deny canary `aws_token.request_tags.canary == \"yes\"`", "deny shadow far `aws_token.source_region != \"eu-central-1\"`"),
		site("again", "issuer ORDERS "+orders, "issuer BILLING "+billing, "mode audit", "allow none `false`"),
		site("open", "issuer STRANGER "+stranger, "optional"),
		"http://metrics:PORT {\n\tmetrics /metrics\n}\n",
	}
}

func canary(value string) func(claims) {
	return func(c claims) { c.aws["request_tags"] = map[string]string{"canary": value} }
}

// traffic sends what knownCounts counts.
func (w *world) traffic() {
	w.t.Helper()
	good := w.mint(orders, canary("no"))
	for range 3 {
		w.get("orders", good, 200)
	}
	w.get("orders", "", 401)
	w.get("orders", "a.b.c", 401)
	w.get("orders", w.mint(orders, shifted(-time.Hour)), 401)
	w.get("orders", w.mint(orders, shifted(2*time.Minute)), 401)
	w.get("orders", w.mint(billing, nil), 401)
	w.get("orders", w.mint(orders, canary("yes")), 403)
	w.get("orders", w.mint(orders, nil), 403) // the rule canary fails
	w.get("again", good, 200)
	w.get("open", "", 200)
	w.get("open", "", 200)
}

// knownCounts are all of our series but the buckets and the sum of the histogram,
// and those that are 0 always.
func knownCounts() map[string]float64 {
	return map[string]float64{
		`caddy_aws_jwt_requests_total{reason="",result="allowed"}`:                3,
		`caddy_aws_jwt_requests_total{reason="",result="anonymous"}`:              2,
		`caddy_aws_jwt_requests_total{reason="policy_denied",result="audited"}`:   1,
		`caddy_aws_jwt_requests_total{reason="missing_token",result="refused"}`:   1,
		`caddy_aws_jwt_requests_total{reason="malformed_token",result="refused"}`: 1,
		`caddy_aws_jwt_requests_total{reason="expired",result="refused"}`:         1,
		`caddy_aws_jwt_requests_total{reason="not_yet_valid",result="refused"}`:   1,
		`caddy_aws_jwt_requests_total{reason="unknown_issuer",result="refused"}`:  1,
		`caddy_aws_jwt_requests_total{reason="policy_denied",result="refused"}`:   1,
		`caddy_aws_jwt_requests_total{reason="policy_error",result="refused"}`:    1,
		`caddy_aws_jwt_rule_decisions_total{effect="allow",rule="team"}`:          3,
		`caddy_aws_jwt_rule_decisions_total{effect="deny",rule="canary"}`:         2,
		`caddy_aws_jwt_shadow_decisions_total{rule="far",would="refuse"}`:         3,
		`caddy_aws_jwt_cache_lookups_total{result="hit"}`:                         2,
		`caddy_aws_jwt_cache_lookups_total{result="miss"}`:                        8,
		`caddy_aws_jwt_cache_entries`:                                             4, // good, twice, and those that the policy refused
		`caddy_aws_jwt_verify_duration_seconds_count`:                             8,
		`caddy_aws_jwt_jwks_fetches_total{result="ok"}`:                           1,
		`caddy_aws_jwt_issuers{state="fresh"}`:                                    1, // of two sites
		`caddy_aws_jwt_issuers{state="unfetched"}`:                                2,
	}
}

// counts leaves out what is 0, and what differs from one time to the next.
func counts(series map[string]float64) map[string]float64 {
	series = maps.Clone(series)
	maps.DeleteFunc(series, func(name string, value float64) bool {
		return value == 0 || strings.Contains(name, "_bucket{") || strings.HasSuffix(name, "_sum") || strings.HasSuffix(name, "_age_seconds") || strings.HasSuffix(name, "_offset_seconds")
	})
	return series
}

func wantCounts(t *testing.T, series, want map[string]float64) {
	t.Helper()
	got := counts(series)
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if got[name] != want[name] {
			t.Errorf("%s is %v, want %v", name, got[name], want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, there := got[name]; !there {
			t.Errorf("there is no %s, or it is 0; want %v", name, want[name])
		}
	}
}

// Both of Caddy's endpoints show what was sent, and no more. No reload changes
// it, be it good or bad.
func TestKnownTrafficIsCounted(t *testing.T) {
	w := newWorld(t, knownSites()...)
	before, _ := w.scraped()
	wantCounts(t, before, map[string]float64{`caddy_aws_jwt_issuers{state="unfetched"}`: 3})
	w.traffic()
	after, page := w.scraped()
	wantCounts(t, after, knownCounts())
	if len(after) < len(before) || len(after) > len(before)+3 { // two rules and a shadow rule
		t.Errorf("%d series before the traffic, %d after it", len(before), len(after))
	}
	if age := after["caddy_aws_jwt_jwks_oldest_key_age_seconds"]; age <= 0 || age > stacktest.Patience.Seconds() {
		t.Errorf("the oldest keys are %vs old", age)
	}
	if sum := after["caddy_aws_jwt_verify_duration_seconds_sum"]; sum <= 0 {
		t.Errorf("verification took %vs", sum)
	}
	if strings.Contains(page, " # {") {
		t.Error("there are exemplars")
	}
	directive, _ := w.scrape(w.client, "http://metrics/metrics")
	wantCounts(t, directive, knownCounts())

	if output, err := promtool(t, page, "check", "metrics"); err != nil || output != "" {
		t.Errorf("promtool finds fault with the page: %v\n%s", err, output)
	}
	// The control: it would say so.
	if output, err := promtool(t, strings.Replace(page, "# HELP caddy_aws_jwt_cache_entries", "# HELP other", 1), "check", "metrics"); err == nil || output == "" {
		t.Error("promtool finds no fault with a metric without help")
	}

	t.Run("failed reload", func(t *testing.T) {
		bad := append(knownSites(), site("new", "issuer STRANGER "+stranger, "issuer https://new.example "+stranger, "deny new `true`"), site("bad", "issuer ORDERS "+orders, "deny `nonsense`"))
		if status := w.load(bad...); status == http.StatusOK {
			t.Fatal("a bad configuration is loaded")
		}
		series, _ := w.scraped()
		wantCounts(t, series, knownCounts())
		if len(series) != len(after) {
			t.Errorf("%d series, want %d", len(series), len(after))
		}
	})
	t.Run("good reload", func(t *testing.T) {
		if status := w.load(append(knownSites(), site("new", "issuer https://new.example "+stranger))...); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		want := knownCounts()
		want[`caddy_aws_jwt_issuers{state="unfetched"}`]++
		delete(want, `caddy_aws_jwt_cache_entries`) // which are of one configuration
		eventually(t, "the new configuration was scraped", func() bool {
			series, _ := w.scraped()
			return maps.Equal(counts(series), want)
		})
		series, _ := w.scraped()
		wantCounts(t, series, want)
		w.get("orders", w.mint(orders, canary("no")), 200)
		want[`caddy_aws_jwt_requests_total{reason="",result="allowed"}`]++
		want[`caddy_aws_jwt_rule_decisions_total{effect="allow",rule="team"}`]++
		want[`caddy_aws_jwt_shadow_decisions_total{rule="far",would="refuse"}`]++
		want[`caddy_aws_jwt_cache_lookups_total{result="miss"}`]++
		want[`caddy_aws_jwt_verify_duration_seconds_count`]++
		want[`caddy_aws_jwt_cache_entries`] = 1
		series, _ = w.scraped()
		wantCounts(t, series, want)
	})
}
