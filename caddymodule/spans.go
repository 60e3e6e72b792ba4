package caddymodule

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// The spans below that of a request which Caddy's tracing directive traces. Their
// attributes are aws_jwt.result and, where there are any, aws_jwt.reason,
// aws_jwt.rule and aws_jwt.cached: of closed sets or the configuration, and
// nothing of the token.
const (
	spanVerify = "aws_jwt.verify" // the token is verified
	spanPolicy = "aws_jwt.policy" // the policy is asked

	instrumentation = "github.com/caddy-awsjwt/caddy-awsjwt/caddymodule"
	verified        = "verified" // the result of verifying, of a token that the policy may still refuse
)

// spans makes the spans of one handler. The zero value makes none: the request
// is not traced, or its trace is not among those that are sampled.
type spans struct {
	tracer trace.Tracer
	parent context.Context //nolint:containedctx // the request's, for as long as it is decided on
}

func spansOf(r *http.Request) spans {
	parent := trace.SpanFromContext(r.Context())
	if !parent.IsRecording() {
		return spans{}
	}
	return spans{parent.TracerProvider().Tracer(instrumentation), r.Context()}
}

// begin begins a span, which one of its methods ends.
func (s spans) begin(name string) span {
	if s.tracer == nil {
		return span{}
	}
	_, begun := s.tracer.Start(s.parent, name)
	return span{begun, s.parent}
}

// span is one of ours. All methods of the zero value do nothing.
type span struct {
	trace.Span
	parent context.Context //nolint:containedctx // the request's, for as long as it is decided on
}

// refused ends it. Only what is a fault of ours is an error: an operator who
// looks for errors does not look for callers who were rightly refused.
func (s span) refused(refused *refusal) {
	if s.Span == nil {
		return
	}
	if refused.answer().status >= http.StatusInternalServerError && s.parent.Err() == nil {
		s.SetStatus(codes.Error, refused.reason)
	}
	s.end(refusedResult, refused.reason, refused.rule)
}

// verified ends it.
func (s span) verified(result *verifier.Result) {
	if s.Span == nil {
		return
	}
	s.SetAttributes(attribute.Bool("aws_jwt.cached", result.Cached))
	s.end(verified, "", "")
}

// passed ends it; the visit knows what decided.
func (s span) passed(how passage, v *visit) {
	if s.Span == nil {
		return
	}
	s.end(string(how), v.reason, v.rule)
}

func (s span) end(result, reason, rule string) {
	s.SetAttributes(attribute.String("aws_jwt.result", result))
	if reason != "" {
		s.SetAttributes(attribute.String("aws_jwt.reason", reason))
	}
	if rule != "" {
		s.SetAttributes(attribute.String("aws_jwt.rule", rule))
	}
	s.End()
}
