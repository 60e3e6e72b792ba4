package caddymodule

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// vitals are what the running handlers have at one moment, and what all have
// counted since the process began.
type vitals struct {
	hits, misses uint64
	entries      int
	issuers      map[verifier.KeyState]int // each state is in it
	failing      int                       // issuers whose keys serve, but were not to be had the last time
	oldest       time.Duration             // the age of the oldest keys that are needed, or 0
}

// sharedIssuer is an issuer as far as handlers share its keys. Keys of one issuer
// that come from two places are two, of which one can be out of reach.
type sharedIssuer struct {
	sets *verifier.RemoteKeySets
	url  string
	from verifier.KeySource
	at   string // as in verifier.Status.KeysAt
}

func (h *Handler) sharedIssuer(s verifier.Status) sharedIssuer {
	return sharedIssuer{h.remote, s.Issuer, s.KeysFrom, s.KeysAt}
}

// vitalsNow looks at the running handlers. Issuers whose keys several of them
// share count once; what that costs goes with the issuers that were used.
func vitalsNow() vitals {
	v := vitals{hits: lookups.Hits(), misses: lookups.Misses(), issuers: make(map[verifier.KeyState]int)}
	for _, state := range verifier.KeyStates() {
		v.issuers[state] = 0
	}
	handlers := running()
	for _, h := range handlers {
		v.entries += h.verifier.CachedTokens()
	}
	if len(handlers) > 0 {
		v.issuers[verifier.StateUnfetched] += censusOf(handlers).Count(v.add)
	}
	return v
}

// censusOf returns the census of the handlers of one configuration. It is theirs,
// and ends with them: the first of them keeps it.
func censusOf(handlers []rehearsedHandler) *verifier.Census {
	first := handlers[0].Handler
	if found := first.census.Load(); found != nil {
		return found
	}
	verifiers := make([]*verifier.Verifier, len(handlers))
	for i, h := range handlers {
		verifiers[i] = h.verifier
	}
	first.census.CompareAndSwap(nil, verifier.NewCensus(verifiers...))
	return first.census.Load()
}

// add counts an issuer. Keys that nobody has needed since they were due for a
// refresh may be as old as they are: the next token has them fetched. Those of
// which the last fetch failed are old because of it.
func (v *vitals) add(s verifier.Status) {
	v.issuers[s.State]++
	if s.Err != nil && (s.State == verifier.StateFresh || s.State == verifier.StateStale) {
		v.failing++
	}
	if s.KeysFrom != verifier.KeysByFile && (s.State == verifier.StateFresh || s.Err != nil) {
		v.oldest = max(v.oldest, s.Age)
	}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("caddy_aws_jwt_"+name, help, labels, nil)
}

var (
	lookupsDesc = describe("cache_lookups_total", "Tokens that were looked for among those that were verified before, by result (hit, miss).", "result")
	entriesDesc = describe("cache_entries", "Tokens that the running handlers remember.")
	issuersDesc = describe("issuers", "Issuers that the running handlers trust, by the state of their keys (fresh, stale, unavailable, unfetched).", "state")
	oldestDesc  = describe("jwks_oldest_key_age_seconds", "How long ago the oldest keys that are in use were fetched; 0 when none are.")
)

// vitalsCollector shows the vitals when it is asked for them, so that nothing is
// done on the way of a request.
type vitalsCollector struct{}

// Describe implements prometheus.Collector.
func (vitalsCollector) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{lookupsDesc, entriesDesc, issuersDesc, oldestDesc} {
		to <- desc
	}
}

// Collect implements prometheus.Collector.
func (vitalsCollector) Collect(to chan<- prometheus.Metric) {
	v := vitalsNow()
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, kind, value, labels...)
	}
	send(lookupsDesc, prometheus.CounterValue, float64(v.hits), "hit")
	send(lookupsDesc, prometheus.CounterValue, float64(v.misses), "miss")
	send(entriesDesc, prometheus.GaugeValue, float64(v.entries))
	for state, n := range v.issuers {
		send(issuersDesc, prometheus.GaugeValue, float64(n), string(state))
	}
	send(oldestDesc, prometheus.GaugeValue, v.oldest.Seconds())
}
