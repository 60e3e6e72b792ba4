package caddymodule

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/signing"
)

// assertionsTotal counts assertions. Their results are there from the beginning.
var (
	assertionsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "aws_jwt", Name: "assertions_total",
		Help: "Assertions for upstreams and of token exchanges, by result: minted, reused, failed.",
	}, []string{"result"})

	assertionsMinted = assertionsTotal.WithLabelValues("minted")
	assertionsReused = assertionsTotal.WithLabelValues("reused")
	assertionsFailed = assertionsTotal.WithLabelValues("failed")
)

// signingLooks counts looks at the stored signing keys.
var signingLooks = prometheus.NewCounterVec(prometheus.CounterOpts{
	Namespace: "caddy", Subsystem: "aws_jwt", Name: "signing_key_checks_total",
	Help: "Looks at the stored keys of assertions, by result: kept (they are as they should be), changed (one was made or withdrawn), failed.",
}, []string{"result"})

// lookCounters are all of signingLooks.
var lookCounters = func() map[signing.Result]prometheus.Counter {
	counters := make(map[signing.Result]prometheus.Counter)
	for _, result := range signing.Results() {
		counters[result] = signingLooks.WithLabelValues(string(result))
	}
	return counters
}()

// countLook is called by signing keys, which outlive configurations.
func countLook(result signing.Result) { lookCounters[result].Inc() }
