package caddymodule

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

// The collectors outlive configurations, each of which has a registry of its
// own, so that no count is lost by a reload. Labels come from closed sets or
// from the configuration, never from a request.
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
)

// registerMetrics makes a configuration's registry show the collectors.
func registerMetrics(registry *prometheus.Registry) error {
	if registry == nil {
		return nil
	}
	for _, collector := range []prometheus.Collector{requestsTotal, ruleDecisionsTotal, shadowDecisionsTotal, clockOffset} {
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

// count counts what a handler made of a request, unless somebody only asks what
// it would.
func (v *visit) count(result, reason string) {
	switch {
	case v.walking != nil:
	case result == string(allowed):
		allowedTotal.Inc()
	default:
		requestsTotal.WithLabelValues(result, reason).Inc()
	}
}

// allowedTotal is the one of requestsTotal that most requests are counted by.
var allowedTotal = requestsTotal.WithLabelValues(string(allowed), "")

// decided counts what a policy decided by, and notes what its shadow rules would
// have changed.
func (v *visit) decided(d celpolicy.Decision) {
	if v.shadow = d.Shadow; v.walking != nil {
		return
	}
	if d.Effect != "" {
		ruleDecisionsTotal.WithLabelValues(d.Rule, string(d.Effect)).Inc()
	}
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
