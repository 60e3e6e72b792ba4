package caddymodule

import (
	"context"
	"maps"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// traced serves a request within a span, and returns the spans that ended below it.
func traced(t *testing.T, r *http.Request, handlers ...*Handler) []sdktrace.ReadOnlySpan {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	ctx, parent := provider.Tracer("test").Start(r.Context(), "request")
	serve(t, r.WithContext(ctx), handlers...)
	ended := recorder.Ended()
	for _, each := range ended {
		if each.Parent().SpanID() != parent.SpanContext().SpanID() {
			t.Errorf("%s is no child of the request's span", each.Name())
		}
	}
	return ended
}

func attributesOf(s sdktrace.ReadOnlySpan) map[string]any {
	all := map[string]any{"name": s.Name()}
	for _, each := range s.Attributes() {
		all[string(each.Key)] = each.Value.AsInterface()
	}
	if s.Status().Code != codes.Unset {
		all["status"] = s.Status().Code.String()
	}
	return all
}

// Each handler has one span for the token and one for the policy, which say what
// came of it. The attributes are these and no others.
func TestSpans(t *testing.T) {
	verifies := func(cached bool) map[string]any {
		return map[string]any{"name": "aws_jwt.verify", "aws_jwt.result": "verified", "aws_jwt.cached": cached}
	}
	everyone := allow(Rule{Name: "everyone", Expression: "true"})
	ended, hangUp := context.WithCancel(t.Context())
	hangUp()
	passes := newHandler(t, everyone)
	for _, tt := range []struct {
		name     string
		handlers []*Handler
		request  *http.Request
		want     []map[string]any
	}{
		{"a pass", []*Handler{passes}, get(goodToken(t)), []map[string]any{
			verifies(false), {"name": "aws_jwt.policy", "aws_jwt.result": "allowed", "aws_jwt.rule": "everyone"},
		}},
		{"two handlers", []*Handler{newHandler(t, nil), newHandler(t, denyAll)}, get(goodToken(t)), []map[string]any{
			verifies(false), {"name": "aws_jwt.policy", "aws_jwt.result": "allowed"},
			verifies(false), {"name": "aws_jwt.policy", "aws_jwt.result": "refused", "aws_jwt.reason": "policy_denied", "aws_jwt.rule": "all"},
		}},
		{"audited", []*Handler{newHandler(t, func(h *Handler) { denyAll(h); h.Mode = modeAudit })}, get(goodToken(t)), []map[string]any{
			verifies(false), {"name": "aws_jwt.policy", "aws_jwt.result": "audited", "aws_jwt.reason": "policy_denied", "aws_jwt.rule": "all"},
		}},
		{"a bad token", []*Handler{newHandler(t, nil)}, get("a.b"), []map[string]any{
			{"name": "aws_jwt.verify", "aws_jwt.result": "refused", "aws_jwt.reason": "malformed_token"},
		}},
		{"a fault of ours", []*Handler{newHandler(t, unreachable)}, get(goodToken(t)), []map[string]any{
			{"name": "aws_jwt.verify", "aws_jwt.result": "refused", "aws_jwt.reason": "keys_unavailable", "status": "Error"},
		}},
		{"a client that hung up", []*Handler{newHandler(t, func(h *Handler) { h.Issuers[0].JWKSURL = "http://127.0.0.1:1/" })}, get(goodToken(t)).WithContext(ended), []map[string]any{
			{"name": "aws_jwt.verify", "aws_jwt.result": "refused", "aws_jwt.reason": "internal_error"},
		}},
		{"no token", []*Handler{newHandler(t, nil)}, get(""), nil},
		{"a firewall", []*Handler{newFirewall(t)}, get(goodToken(t)), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := traced(t, tt.request, tt.handlers...)
			if len(got) != len(tt.want) {
				t.Fatalf("%d spans, want %d", len(got), len(tt.want))
			}
			for i, want := range tt.want {
				if attributes := attributesOf(got[i]); !maps.Equal(attributes, want) {
					t.Errorf("span %d: %v, want %v", i, attributes, want)
				}
			}
		})
	}
	token := goodToken(t)
	traced(t, get(token), passes)
	if got := attributesOf(traced(t, get(token), passes)[0]); !maps.Equal(got, verifies(true)) {
		t.Errorf("the second time: %v", got)
	}
}

// A request whose span is not recorded costs a look at its context.
func TestSpansThatNobodyRecords(t *testing.T) {
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	ctx, _ := provider.Tracer("test").Start(t.Context(), "request")
	for name, r := range map[string]*http.Request{"no span": get(""), "a span that is not sampled": get("").WithContext(ctx)} {
		v := new(visit)
		allocated := testing.AllocsPerRun(100, func() {
			s := spansOf(r)
			s.begin(spanVerify).refused(nil)
			s.begin(spanPolicy).passed(allowed, v)
		})
		if allocated != 0 {
			t.Errorf("%s: %v allocations", name, allocated)
		}
	}
	recording, _ := sdktrace.NewTracerProvider().Tracer("test").Start(t.Context(), "request")
	if s := spansOf(get("").WithContext(recording)); s.tracer == nil {
		t.Error("a span that is recorded was not found")
	}
}

// Attributes come from closed sets and the configuration.
func TestSpansHoldNothingOfTheToken(t *testing.T) {
	const canary = "canary-7f3a"
	token := tokenWith(t, func(c claims) {
		c.top["jti"] = canary
		c.aws["principal_tags"], c.aws["request_tags"] = map[string]any{"team": canary}, map[string]any{"team": canary}
	})
	for _, h := range []*Handler{newHandler(t, nil), newHandler(t, denyAll), newHandler(t, func(h *Handler) {
		h.PrincipalTags = map[string][]string{"team": {"orders"}}
	})} {
		for _, each := range traced(t, get(token), h) {
			for _, attribute := range append(each.Attributes(), attribute.String("name", each.Name()), attribute.String("status", each.Status().Description)) {
				checkNoPartOf(t, token+"."+canary, attribute.Value.String())
			}
			if len(each.Events()) > 0 || len(each.Links()) > 0 {
				t.Errorf("%s has events or links", each.Name())
			}
		}
	}
}
