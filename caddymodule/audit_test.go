package caddymodule

import (
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"
)

func audit(h *Handler) { h.Mode = modeAudit }

// mode audit turns the policy's refusals into passes, and no others.
func TestAudit(t *testing.T) {
	turned := map[string]bool{"requirement_failed": true, "policy_denied": true, "policy_error": true}
	for _, p := range provocations {
		t.Run(p.reason+"/"+p.name, func(t *testing.T) {
			enforced := p
			config := p.config
			p.config = func(h *Handler) {
				audit(h)
				if config != nil {
					config(h)
				}
			}
			if got := enforced.send(t, true); got.passed() {
				t.Fatal("without audit it passes")
			}
			got := p.send(t, true)
			if got.reason() != p.reason || got.passed() != turned[p.reason] {
				t.Errorf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), p.reason)
			}
			if got.passed() && got.upstreamSaw(t).Get("X-Aws-Token-Sub") != ordersARN {
				t.Errorf("the upstream saw %v", got.seen)
			}
		})
	}
}

// An audited pass is logged at INFO, with all that its refusal would have said.
func TestAuditedLine(t *testing.T) {
	h := newHandler(t, func(h *Handler) { audit(h); denyAll(h) })
	got := oneLine(t, zapcore.InfoLevel, h, get(goodToken(t)))
	hint, _ := got.fields["hint"].(string)
	if got.fields["msg"] != "audited" || got.fields["reason"] != "policy_denied" || got.fields["rule"] != "all" ||
		!strings.Contains(hint, `"all" is true`) || got.fields["sub"] != ordersARN {
		t.Errorf("logged %v", got)
	}
	// The control: what the policy allows has neither.
	got = oneLine(t, zapcore.DebugLevel, newHandler(t, audit), get(goodToken(t)))
	if got.level != zapcore.DebugLevel || got.fields["msg"] != "allowed" || got.fields["reason"] != nil {
		t.Errorf("logged %v", got)
	}
}

// mode speaks for its own handler.
func TestAuditIsOneHandlers(t *testing.T) {
	denied := func(h *Handler) { audit(h); denyAll(h) }
	for _, tt := range []struct {
		name          string
		first, second func(*Handler)
		reason        string
	}{
		{"audited twice", denied, denied, ""},
		{"enforced second", denied, denyAll, "policy_denied"},
		{"enforced first", denyAll, denied, "policy_denied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(t, get(goodToken(t)), newHandler(t, tt.first), newHandler(t, tt.second))
			if got.passed() != (tt.reason == "") {
				t.Errorf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), tt.reason)
			}
		})
	}
}

func TestAuditWarnsAtLoad(t *testing.T) {
	for mode, lines := range map[string]int{modeAudit: 1, modeEnforce: 0} {
		h := goodConfig()
		h.Issuers[0].Accounts, h.Deny = []string{ordersAccount}, []Rule{{Expression: `aws_token.principal.name == "x"`}}
		h.Mode = mode
		if got := loadLogged(t, h); len(got) != lines {
			t.Errorf("mode %s: %d warnings: %v", mode, len(got), got)
		}
	}
}
