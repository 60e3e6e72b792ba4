package caddymodule

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// gathered are the series of a registry of ours, each as name{label="value",…},
// with their values; a histogram's is how often it observed something.
func gathered(t *testing.T) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry() // as Caddy's is
	for range 2 {                                // by two handlers of one configuration
		if err := registerMetrics(registry); err != nil {
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := make(map[string]float64)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, pair := range metric.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", pair.GetName(), pair.GetValue()))
			}
			histogram := metric.GetHistogram()
			for _, bucket := range histogram.GetBucket() {
				if bucket.GetExemplar() != nil {
					t.Errorf("%s has an exemplar", family.GetName())
				}
			}
			series[family.GetName()+"{"+strings.Join(labels, ",")+"}"] =
				metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(histogram.GetSampleCount())
		}
	}
	return series
}

// What is counted is there from the beginning, at 0, so that the first event of
// its kind is seen as a rise.
func TestSeriesAreThereFromTheBeginning(t *testing.T) {
	series := gathered(t)
	want := []string{
		`caddy_aws_jwt_requests_total{reason="",result="allowed"}`,
		`caddy_aws_jwt_requests_total{reason="",result="anonymous"}`,
		`caddy_aws_jwt_requests_total{reason="policy_denied",result="audited"}`,
		`caddy_aws_jwt_requests_total{reason="policy_error",result="audited"}`,
		`caddy_aws_jwt_requests_total{reason="requirement_failed",result="audited"}`,
		`caddy_aws_jwt_cache_lookups_total{result="hit"}`,
		`caddy_aws_jwt_cache_lookups_total{result="miss"}`,
		`caddy_aws_jwt_cache_entries{}`,
		`caddy_aws_jwt_verify_duration_seconds{}`,
		`caddy_aws_jwt_jwks_fetches_total{result="ok"}`,
		`caddy_aws_jwt_jwks_fetches_total{result="failed"}`,
		`caddy_aws_jwt_jwks_fetches_total{result="unchanged"}`,
		`caddy_aws_jwt_assertions_total{result="failed"}`,
		`caddy_aws_jwt_assertions_total{result="minted"}`,
		`caddy_aws_jwt_assertions_total{result="reused"}`,
		`caddy_aws_jwt_signing_key_checks_total{result="kept"}`,
		`caddy_aws_jwt_signing_key_checks_total{result="changed"}`,
		`caddy_aws_jwt_signing_key_checks_total{result="failed"}`,
		`caddy_aws_jwt_issuers{state="fresh"}`,
		`caddy_aws_jwt_issuers{state="stale"}`,
		`caddy_aws_jwt_issuers{state="unavailable"}`,
		`caddy_aws_jwt_issuers{state="unfetched"}`,
		`caddy_aws_jwt_jwks_oldest_key_age_seconds{}`,
		`caddy_aws_jwt_clock_offset_seconds{}`,
	}
	for reason := range answers {
		want = append(want, fmt.Sprintf(`caddy_aws_jwt_requests_total{reason=%q,result="refused"}`, reason))
	}
	for _, name := range want {
		if _, there := series[name]; !there {
			t.Errorf("there is no %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(series)) {
		if !slices.Contains(want, name) && !strings.Contains(name, "_decisions_total{") { // whose rules are those of other tests
			t.Errorf("there is %s, which no list has", name)
		}
	}
}

// Whatever a caller sends, no label has a value of its choice.
func TestCallersMakeNoLabels(t *testing.T) {
	h := newHandler(t, func(h *Handler) { h.Allow = []Rule{{"m-allow", `aws_token.request_tags.t == "x"`, false}} })
	serve(t, get(goodToken(t)), h) // the counters of its rules are made
	before := gathered(t)
	for _, hostile := range []string{"audited", "m-allow\n", `"} 1`, "\x00\xff", strings.Repeat("x", 9000)} {
		for _, token := range []string{
			hostile,
			tokenWith(t, func(c claims) { c.top["iss"] = "https://" + hostile + ".example" }),
			tokenWith(t, func(c claims) { c.top["aud"] = hostile }),
			tokenWith(t, func(c claims) { c.top["sub"] = hostile }),
			tokenWith(t, func(c claims) { c.top["jti"] = hostile }),
			tokenWith(t, func(c claims) { c.aws["request_tags"] = map[string]any{hostile: hostile, "t": hostile} }),
			mint(t, ordersAccount, ordersARN, map[string]any{"kid": hostile}, nil),
		} {
			r := get(token)
			r.Header["Authorization"] = []string{"Bearer " + token}
			r.Method, r.Host = "X", hostile
			if serve(t, r, h).passed() {
				t.Errorf("%.40q passes", token)
			}
		}
		(&visit{}).count(hostile, hostile)
		(&visit{}).count(refusedResult, hostile)
		h.countDecision(&visit{}, celpolicy.Decision{Rule: hostile, Effect: celpolicy.EffectAllow})
		h.countDecision(&visit{}, celpolicy.Decision{Rule: "m-allow", Effect: celpolicy.Effect(hostile)})
		countFetch(verifier.FetchFailed)
	}
	after := gathered(t)
	for name := range after {
		if _, there := before[name]; !there {
			t.Errorf("there is a new series %.200q", name)
		}
	}
	const failed, unknown = `caddy_aws_jwt_requests_total{reason="policy_error",result="refused"}`, `caddy_aws_jwt_requests_total{reason="internal_error",result="refused"}`
	if n := rise(before, after, unknown); n != 10 {
		t.Errorf("%v faults of ours are counted, want 10", n)
	}
	// The control: all that was sent is counted.
	if n := rise(before, after, `caddy_aws_jwt_jwks_fetches_total{result="failed"}`); n != 5 {
		t.Errorf("%v failed fetches are counted, want 5", n)
	}
	serve(t, get(goodToken(t)), h)
	if n := rise(after, gathered(t), failed); n != 1 {
		t.Errorf("a token without the tag makes %v refusals, want 1", n)
	}
}

func rise(before, after map[string]float64, name string) float64 {
	return after[name] - before[name]
}

// A rule that has not decided anything has no series: it may be one of a
// configuration that was never in force.
func TestRulesAreCountedOnUse(t *testing.T) {
	const name = `caddy_aws_jwt_rule_decisions_total{effect="deny",rule="never-in-force"}`
	change := func(h *Handler) { h.Deny = []Rule{{"never-in-force", "true", false}} }
	h := newHandler(t, change)
	if _, there := gathered(t)[name]; there {
		t.Error("a rule has a series before a request")
	}
	serve(t, get(goodToken(t)), h)
	serve(t, get(goodToken(t)), newHandler(t, change)) // another handler with such a rule
	if n := gathered(t)[name]; n != 2 {
		t.Errorf("counted %v, want 2", n)
	}
}

// What is only asked about is not counted, and a shadow rule decides nothing.
func TestWalksAreNotCounted(t *testing.T) {
	h := newHandler(t, func(h *Handler) { h.Deny = []Rule{{"w-deny", "false", false}, {"w-shadow", "true", true}} })
	serve(t, get(goodToken(t)), h) // the counters are made
	before := gathered(t)
	count := func(v *visit) {
		v.count(refusedResult, missingToken)
		v.count(string(allowed), "")
		h.countDecision(v, celpolicy.Decision{Rule: "w-deny", Effect: celpolicy.EffectDeny, Shadow: &celpolicy.Decision{Rule: "w-shadow"}})
	}
	count(&visit{walking: new(walking)})
	if after := gathered(t); !maps.Equal(before, after) {
		t.Error("a walk is counted")
	}
	count(&visit{}) // the control
	after := gathered(t)
	for _, name := range []string{
		`caddy_aws_jwt_requests_total{reason="missing_token",result="refused"}`, `caddy_aws_jwt_requests_total{reason="",result="allowed"}`,
		`caddy_aws_jwt_rule_decisions_total{effect="deny",rule="w-deny"}`, `caddy_aws_jwt_shadow_decisions_total{rule="w-shadow",would="refuse"}`,
	} {
		if n := rise(before, after, name); n != 1 {
			t.Errorf("%s rose by %v, want 1", name, n)
		}
	}
	if _, there := after[`caddy_aws_jwt_rule_decisions_total{effect="deny",rule="w-shadow"}`]; there {
		t.Error("a shadow rule has a series among those that decide")
	}
}

// Hits and misses, and the time that the latter took, are those of all handlers,
// also of those that are no more.
func TestLookupsAreKept(t *testing.T) {
	const hits, misses, took = `caddy_aws_jwt_cache_lookups_total{result="hit"}`, `caddy_aws_jwt_cache_lookups_total{result="miss"}`, `caddy_aws_jwt_verify_duration_seconds{}`
	before := gathered(t)
	token := goodToken(t)
	t.Run("a handler's life", func(t *testing.T) {
		h := newHandler(t, nil)
		for range 3 {
			serve(t, get(token), h)
		}
	})
	serve(t, get(token), newHandler(t, nil))
	serve(t, get("a.b.c"), newHandler(t, nil))
	serve(t, get(token), newHandler(t, func(h *Handler) { h.Cache = &Cache{Off: true} }))
	after := gathered(t)
	if h, m := rise(before, after, hits), rise(before, after, misses); h != 2 || m != 3 {
		t.Errorf("%v hits, %v misses; want 2, 3", h, m)
	}
	if n := rise(before, after, took); n != 4 {
		t.Errorf("%v were timed, want 4", n)
	}
}

// Counting a request that passes allocates nothing.
func TestCountingAllocatesNothing(t *testing.T) {
	h := newHandler(t, func(h *Handler) { h.Allow = []Rule{{"cheap", "true", false}} })
	v, d := &visit{}, celpolicy.Decision{Allowed: true, Rule: "cheap", Effect: celpolicy.EffectAllow}
	if n := testing.AllocsPerRun(100, func() {
		v.count(string(allowed), "")
		v.count(refusedResult, missingToken)
		h.countDecision(v, d)
		observeVerification(1)
		countFetch(verifier.FetchOK)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
