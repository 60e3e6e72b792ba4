package caddymodule

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap/zapcore"
)

// counterOf reads a counter, by its labels in any order.
func counterOf(t *testing.T, name string, labels map[string]string) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	if err := registerMetrics(registry); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			same := family.GetName() == name && len(metric.GetLabel()) == len(labels)
			for _, pair := range metric.GetLabel() {
				same = same && labels[pair.GetName()] == pair.GetValue()
			}
			if same {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func shadowed(deny, allow []Rule) func(*Handler) {
	return func(h *Handler) { h.Deny, h.Allow = deny, allow }
}

// What shadow rules would have changed is logged and counted, and changes
// nothing.
func TestShadowRules(t *testing.T) {
	const isOrders, isBilling, fails = `aws_token.principal_tags.team == "orders"`, `aws_token.principal_tags.team == "billing"`, `aws_token.principal_tags.none == "x"`
	for _, tt := range []struct {
		name        string
		deny, allow []Rule
		reason      string // of the refusal in force
		would       string // "" for nothing
		rule        string
		wouldReason string
	}{
		{"deny, true", []Rule{{"s-deny", isOrders, true}}, nil, "", "refuse", "s-deny", "policy_denied"},
		{"deny, false", []Rule{{"s-deny", isBilling, true}}, nil, "", "", "", ""},
		{"deny, fails", []Rule{{"s-err", fails, true}}, nil, "", "refuse", "s-err", "policy_error"},
		{"deny that reads the request", []Rule{{"s-path", `request.path == "/orders" && request.method == "GET"`, true}}, nil, "", "refuse", "s-path", "policy_denied"},
		{"deny that reads another request", []Rule{{"s-path", `request.path == ""`, true}}, nil, "", "", "", ""},
		{"deny in force", []Rule{{"e-deny", isOrders, false}}, nil, "policy_denied", "", "", ""},
		{"deny in force beside it", []Rule{{"s-deny", isOrders, true}, {"e-deny", isOrders, false}}, nil, "policy_denied", "", "", ""},
		{"allow, false", nil, []Rule{{"s-allow", isBilling, true}}, "", "refuse", "", "policy_denied"},
		{"allow, true", nil, []Rule{{"s-allow", isOrders, true}}, "", "", "", ""},
		{"allow that would let in", nil, []Rule{{"e-allow", isBilling, false}, {"s-allow", isOrders, true}}, "policy_denied", "allow", "s-allow", ""},
		{"allow beside one that holds", nil, []Rule{{"e-allow", isOrders, false}, {"s-allow", isBilling, true}}, "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			labels := map[string]string{"rule": tt.rule, "would": tt.would}
			before := counterOf(t, "caddy_aws_jwt_shadow_decisions_total", labels)
			h := newHandler(t, shadowed(tt.deny, tt.allow))
			lines := logged(t, zapcore.InfoLevel, h, get(goodToken(t)))
			got := serve(t, get(goodToken(t)), h)
			if got.reason() != tt.reason || got.passed() != (tt.reason == "") {
				t.Errorf("reason %q, passed %v", got.reason(), got.passed())
			}
			var would []line
			for _, line := range lines {
				if msg, _ := line.fields["msg"].(string); strings.HasPrefix(msg, "would ") {
					would = append(would, line)
				}
			}
			if (len(would) == 1) != (tt.would != "") {
				t.Fatalf("logged %v, want would %s", lines, tt.would)
			}
			if tt.would == "" {
				return
			}
			fields := would[0].fields
			rule, _ := fields["rule"].(string)
			reason, _ := fields["reason"].(string)
			if fields["msg"] != "would "+tt.would || rule != tt.rule || reason != tt.wouldReason || fields["sub"] != ordersARN {
				t.Errorf("logged %v", fields)
			}
			if n := counterOf(t, "caddy_aws_jwt_shadow_decisions_total", labels) - before; n != 2 {
				t.Errorf("counted %v of %v, want 2", n, labels)
			}
		})
	}
}

// Requests are counted by how they ended, and by the rule that decided.
func TestRequestsAreCounted(t *testing.T) {
	for _, tt := range []struct {
		name           string
		change         func(*Handler)
		token          string
		result, reason string
		rule, effect   string
	}{
		{"allowed", shadowed(nil, []Rule{{"c-allow", "true", false}}), goodToken(t), "allowed", "", "c-allow", "allow"},
		{"denied", shadowed([]Rule{{"c-deny", "true", false}}, nil), goodToken(t), "refused", "policy_denied", "c-deny", "deny"},
		{"audited", func(h *Handler) { audit(h); h.Deny = []Rule{{"c-audit", "true", false}} }, goodToken(t), "audited", "policy_denied", "c-audit", "deny"},
		{"anonymous", func(h *Handler) { h.Optional = true }, "", "anonymous", "", "", ""},
		{"no token", nil, "", "refused", "missing_token", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requests := map[string]string{"result": tt.result, "reason": tt.reason}
			rules := map[string]string{"rule": tt.rule, "effect": tt.effect}
			before, rulesBefore := counterOf(t, "caddy_aws_jwt_requests_total", requests), counterOf(t, "caddy_aws_jwt_rule_decisions_total", rules)
			serve(t, get(tt.token), newHandler(t, tt.change))
			if n := counterOf(t, "caddy_aws_jwt_requests_total", requests) - before; n != 1 {
				t.Errorf("counted %v of %v, want 1", n, requests)
			}
			if n := counterOf(t, "caddy_aws_jwt_rule_decisions_total", rules) - rulesBefore; tt.rule != "" && n != 1 {
				t.Errorf("counted %v of %v, want 1", n, rules)
			}
		})
	}
}
