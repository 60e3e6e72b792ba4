package caddymodule

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// The collectors outlive configurations, each of which has a registry of its
// own, so that no count is lost by a reload. Labels come from closed sets or
// from the configuration, never from a request. What gauges show is in vitals.go.
var (
	requestsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "aws_jwt", Name: "requests_total",
		Help: "Requests that an aws_jwt handler decided on, by result (allowed, refused, audited, anonymous) and reason.",
	}, []string{"result", "reason"})

	ruleDecisionsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "aws_jwt", Name: "rule_decisions_total",
		Help: "Requests that a rule of a policy decided on, by rule and effect (allow, deny).",
	}, []string{"rule", "effect"})

	shadowDecisionsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "aws_jwt", Name: "shadow_decisions_total",
		Help: "Requests on which shadow rules would have decided otherwise, by rule and what they would have done (allow, refuse).",
	}, []string{"rule", "would"})

	verifyDuration = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "caddy", Subsystem: "aws_jwt", Name: "verify_duration_seconds",
		Help:    "How long it took to verify a token that was not remembered, waiting for keys included.",
		Buckets: []float64{50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 2.5, 5},
	})

	fetchesTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "aws_jwt", Name: "jwks_fetches_total",
		Help: "Fetches of issuers' keys, by result: ok (other keys than before), failed, unchanged.",
	}, []string{"result"})
)

// collectors are all of ours.
func collectors() []prometheus.Collector {
	return []prometheus.Collector{requestsTotal, ruleDecisionsTotal, shadowDecisionsTotal, verifyDuration, fetchesTotal, assertionsTotal, signingLooks, clockOffset, vitalsCollector{}}
}

// registerMetrics makes a configuration's registry show the collectors.
func registerMetrics(registry *prometheus.Registry) error {
	if registry == nil {
		return nil
	}
	for _, collector := range collectors() {
		var already prometheus.AlreadyRegisteredError // by another handler
		if err := registry.Register(collector); err != nil && !errors.As(err, &already) {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return nil
}

// refusedResult is the result that requests which are refused are counted by;
// the others are counted by how they pass.
const refusedResult = "refused"

// What shadow rules would have done.
const (
	wouldRefuse = "refuse"
	wouldAllow  = "allow"
)

// decided is a pair of labels of requestsTotal.
type decided struct{ result, reason string }

// requestCounters are all of requestsTotal. They are there from the beginning, so
// that the first refusal for a reason is seen as a rise.
var requestCounters = func() map[decided]prometheus.Counter {
	all := []decided{{string(allowed), ""}, {string(anonymous), ""}}
	for reason, answer := range answers {
		all = append(all, decided{refusedResult, reason})
		if answer == insufficientScope {
			all = append(all, decided{string(audited), reason})
		}
	}
	counters := make(map[decided]prometheus.Counter, len(all))
	for _, each := range all {
		counters[each] = requestsTotal.WithLabelValues(each.result, each.reason)
	}
	return counters
}()

// allowedTotal is the one of requestsTotal that most requests are counted by.
var allowedTotal = requestCounters[decided{string(allowed), ""}]

// count counts what a handler made of a request, unless somebody only asks what
// it would. A reason that the table lacks is a fault of ours.
func (v *visit) count(result, reason string) {
	switch {
	case v.walking != nil:
		return
	case result == string(allowed):
		allowedTotal.Inc()
		return
	}
	counter, known := requestCounters[decided{result, reason}]
	if !known {
		counter = requestCounters[decided{refusedResult, internalError}]
	}
	counter.Inc()
}

// countDecision counts what the policy decided by, and notes what its shadow
// rules would have changed.
func (h *Handler) countDecision(v *visit, d celpolicy.Decision) {
	if v.shadow = d.Shadow; v.walking != nil {
		return
	}
	h.tally.note(d)
	if d.Shadow != nil {
		shadowDecisionsTotal.WithLabelValues(d.Shadow.Rule, would(d.Shadow)).Inc()
	}
}

func would(shadow *celpolicy.Decision) string {
	if shadow.Allowed {
		return wouldAllow
	}
	return wouldRefuse
}

// lookups counts those of all handlers, also of configurations that ended.
var lookups = new(verifier.Lookups)

func observeVerification(took time.Duration) { verifyDuration.Observe(took.Seconds()) }

// fetchCounters are all of fetchesTotal.
var fetchCounters = func() map[verifier.FetchResult]prometheus.Counter {
	counters := make(map[verifier.FetchResult]prometheus.Counter)
	for _, result := range verifier.FetchResults() {
		counters[result] = fetchesTotal.WithLabelValues(string(result))
	}
	return counters
}()

// countFetch is called by key sets, which outlive configurations.
func countFetch(result verifier.FetchResult) { fetchCounters[result].Inc() }
