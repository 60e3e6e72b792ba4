package caddymodule

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// vitals are what the running handlers have at one moment, and what all have
// counted since the process began.
type vitals struct {
	hits, misses uint64
	entries      int
	issuers      map[string]int // each state is in it
	oldest       time.Duration          // the age of the oldest keys that serve, or 0
}

// keysOf is a key set as handlers share it.
type keysOf struct {
	settings keySettings
	url      string
	from     string // jwks_url or jwks_file
}

// vitalsNow looks at the running handlers. Issuers whose keys several of them
// share count once.
func vitalsNow() vitals {
	v := vitals{hits: lookups.Hits(), misses: lookups.Misses()}
	for _, h := range running() {
		v.entries += h.verifier.CachedTokens()
	}
	return v
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("caddy_aws_jwt_"+name, help, labels, nil)
}

var (
	lookupsDesc = describe("cache_lookups_total", "Tokens that were looked for among those that were verified before, by result (hit, miss).", "result")
	entriesDesc = describe("cache_entries", "Tokens that the running handlers remember.")
	issuersDesc = describe("issuers", "Issuers that the running handlers trust, by the state of their keys (fresh, stale, unavailable, unfetched).", "state")
	oldestDesc  = describe("jwks_oldest_key_age_seconds", "The age of the oldest keys that serve, since they were last fetched; 0 when none do.")
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
