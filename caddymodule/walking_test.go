package caddymodule

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// walked sends a request through handlers that tell what they look at.
func walked(t *testing.T, w *walking, r *http.Request, handlers ...*Handler) (*walk.Walk, outcome) {
	t.Helper()
	out := serve(t, r.WithContext(w.in(r.Context())), handlers...)
	return &w.result, out
}

// A walk comes to what the request comes to, marks the check that decided, and
// says what to change.
func TestWalkOfRefusals(t *testing.T) {
	for _, p := range provocations {
		t.Run(p.reason+"/"+p.name, func(t *testing.T) {
			h, r := p.prepare(t, true)
			got, out := walked(t, new(walking), r, h)
			want := walk.Refused
			if status := answers[p.reason].status; status >= 500 {
				want = walk.Unknown
			}
			if got.Outcome != want || got.Reason != p.reason || got.Status != answers[p.reason].status || got.Hint == "" || got.Remedy == "" {
				t.Errorf("%+v", got)
			}
			if len(out.seen) > 0 || got.Upstream != nil {
				t.Errorf("the upstream saw %v", out.seen)
			}
			decisive := slices.DeleteFunc(slices.Clone(got.Handlers[0].Checks), func(c walk.Check) bool { return !c.Decisive })
			if len(decisive) != 1 || decisive[0].State != walk.Failed && decisive[0].State != walk.CouldNot {
				t.Errorf("decided by %+v", decisive)
			}
			h, r = p.prepare(t, false)
			got, out = walked(t, new(walking), r, h)
			if got.Outcome != walk.Allowed || got.Reason != "" || len(out.seen) != 1 || got.Upstream.Get("X-Aws-Token-Sub") != ordersARN || !got.Handlers[0].Verified {
				t.Errorf("the control: %+v", got)
			}
			for _, c := range got.Handlers[0].Checks {
				if c.Decisive || c.State == walk.Failed {
					t.Errorf("the control: %+v", c)
				}
			}
		})
	}
}

// Offline, a key and a signature count as good, and nothing is called verified.
func TestWalkOffline(t *testing.T) {
	h := newHandler(t, unreachable)
	forged := goodToken(t)
	forged = forged[:len(forged)-4] + "AAAA"
	got, out := walked(t, &walking{offline: true}, get(forged), h)
	if got.Outcome != walk.Allowed || got.Handlers[0].Verified || len(out.seen) != 1 {
		t.Errorf("%+v", got)
	}
	if got, _ := walked(t, &walking{offline: true}, get(tokenWith(t, func(c claims) { c.top["aud"] = "x" })), h); got.Reason != "wrong_audience" {
		t.Errorf("%+v", got)
	}
	// The control: a request that nobody walks is refused.
	if got := serve(t, get(forged), newHandler(t, nil)); got.reason() != "bad_signature" {
		t.Errorf("reason %q", got.reason())
	}
}

// A walk may have a time of its own, for the token and for the policy.
func TestWalkAtATime(t *testing.T) {
	h := newHandler(t, func(h *Handler) { h.Allow = []Rule{{Name: "day", Expression: `request.time.getHours() < 13`}} })
	for at, reason := range map[time.Time]string{
		{}: "", instant: "", instant.Add(time.Hour): "expired", instant.Add(-time.Hour): "not_yet_valid",
	} {
		if got, _ := walked(t, &walking{now: at}, get(goodToken(t)), h); got.Reason != reason {
			t.Errorf("at %v: reason %q, want %q", at, got.Reason, reason)
		}
	}
	late := instant.Add(2 * time.Hour)
	token := tokenWith(t, func(c claims) { c.top["iat"], c.top["exp"] = late.Unix(), late.Unix()+60 })
	if got, _ := walked(t, &walking{now: late}, get(token), h); got.Reason != "policy_denied" {
		t.Errorf("two hours later: %+v", got)
	}
}

// Each handler in the way has its part, and a firewall none.
func TestWalkOfSeveralHandlers(t *testing.T) {
	handlers := func(second func(*Handler)) []*Handler {
		return []*Handler{newFirewall(t), newHandler(t, func(h *Handler) { h.Optional = true }), newHandler(t, second)}
	}
	got, _ := walked(t, new(walking), get(goodToken(t)), handlers(denyAll)...)
	if len(got.Handlers) != 2 || got.Handlers[0].Outcome != walk.Allowed || got.Handlers[1].Outcome != walk.Refused || got.Rule != "all" {
		t.Errorf("%+v", got)
	}
	got, _ = walked(t, new(walking), get(""), handlers(nil)...)
	if len(got.Handlers) != 2 || got.Handlers[0].Outcome != walk.Anonymous || got.Reason != "missing_token" {
		t.Errorf("without a token: %+v", got)
	}
	audited := func(h *Handler) { audit(h); denyAll(h) }
	got, _ = walked(t, new(walking), get(goodToken(t)), handlers(audited)...)
	if got.Outcome != walk.Audited || got.Reason != "policy_denied" || got.Remedy == "" || got.Upstream == nil {
		t.Errorf("audited: %+v", got)
	}
}

// A walk is nobody's request: it is not counted.
func TestWalkIsNotCounted(t *testing.T) {
	labels := map[string]string{"result": "refused", "reason": "policy_denied"}
	before := counterOf(t, "caddy_aws_jwt_requests_total", labels)
	walked(t, new(walking), get(goodToken(t)), newHandler(t, denyAll))
	if n := counterOf(t, "caddy_aws_jwt_requests_total", labels) - before; n != 0 {
		t.Errorf("counted %v", n)
	}
	serve(t, get(goodToken(t)), newHandler(t, denyAll))
	if n := counterOf(t, "caddy_aws_jwt_requests_total", labels) - before; n != 1 {
		t.Errorf("the control: counted %v", n)
	}
}

// Of a token that was not verified, shadow rules change nothing; what they would
// say is among the checks all the same.
func TestWalkOfABadTokenHasNoShadow(t *testing.T) {
	h := newHandler(t, func(h *Handler) {
		h.Allow = []Rule{{Name: "none", Expression: `aws_token.sub == ""`}, {Name: "all", Expression: `true`, Shadow: true}}
	})
	for aud, shadowed := range map[string]bool{"x": false, audience: true} {
		got, _ := walked(t, new(walking), get(tokenWith(t, func(c claims) { c.top["aud"] = aud })), h)
		part := got.Handlers[0]
		asked := slices.ContainsFunc(part.Checks, func(c walk.Check) bool { return c.Name == "all" })
		if (part.Shadow != nil) != shadowed || !asked {
			t.Errorf("audience %q: shadow %+v, asked %v", aud, part.Shadow, asked)
		}
	}
}

// Where no allow rule is true, the nearest of them is marked, and the hint and the
// advice are about it.
func TestWalkNamesTheNearestRule(t *testing.T) {
	const far, near = `request.method == "PUT" && request.path == "/x"`, `request.method == "GET" && aws_token.sub == "nobody"`
	for name, rules := range map[string][]Rule{
		"behind": {{Name: "far", Expression: far}, {Name: "near", Expression: near}},
		"before": {{Name: "near", Expression: near}, {Name: "far", Expression: far}},
		"alone":  {{Name: "near", Expression: near}},
	} {
		got, _ := walked(t, new(walking), get(goodToken(t)), newHandler(t, func(h *Handler) { h.Allow = rules }))
		for _, c := range got.Handlers[0].Checks {
			if c.Decisive != (c.Name == "near") {
				t.Errorf("%s: %s, decisive: %v", name, c.Name, c.Decisive)
			}
		}
		if got.Reason != "policy_denied" || strings.Count(got.Hint, `aws_token.sub == "nobody" is false`) != 1 || !strings.Contains(got.Remedy, `change allow rule "near": aws_token.sub == "nobody"`) {
			t.Errorf("%s: %s; %s", name, got.Hint, got.Remedy)
		}
	}
}

// The warnings of a handler go with its part of a walk.
func TestWalkHasWarnings(t *testing.T) {
	for _, tt := range []struct {
		rule string
		want int
	}{{`true`, 1}, {`request.method == "GET"`, 0}} {
		h := newHandler(t, func(h *Handler) {
			h.Issuers[0].Accounts = []string{ordersAccount}
			h.Allow = []Rule{{Name: "x", Expression: tt.rule}}
		})
		got, _ := walked(t, new(walking), get(goodToken(t)), h)
		if len(got.Handlers[0].Warnings) != tt.want {
			t.Errorf("%s: %q", tt.rule, got.Handlers[0].Warnings)
		}
	}
}
