package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/identity"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// ServeHTTP is the life of a request: strip, extract, verify, decide, forward.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	began := h.now()
	v := visitOf(r)
	if h.ended.Load() && h.handOver(w, r, v) {
		return nil
	}
	// The request that came in is the one that error routes see, so it is
	// stripped itself and not a copy of it.
	h.strip(v, r)
	r = v.enter(r)
	if refused := h.decide(r, v); refused != nil {
		if h.ended.Load() && h.handOver(w, r, v) {
			return nil
		}
		h.tellRefusal(r, v, refused, began)
		return h.respond(w, r, refused)
	}
	v.walking.passed(h, r, v)
	if !h.FirewallOnly {
		v.fields = h.fields
		h.tellPass(r, v, began)
	}
	var limited *stream
	if deadline, ends := h.deadlineOf(v); ends {
		limited, r = h.begin(deadline, w, r, v)
	}
	err := next.ServeHTTP(w, r)
	if err != nil && r.Trailer != nil && r.Body != nil {
		// Error routes may read the rest of the body past our scrubbing. Closed,
		// it has no rest, and its trailers are scrubbed.
		_ = r.Body.Close()
	}
	return limited.end(r, err)
}

// tellPass counts, remembers and logs that a request passes.
func (h *Handler) tellPass(r *http.Request, v *visit, began time.Time) {
	v.count(string(v.passed), v.reason)
	h.note(r, v, nil, began)
	h.logPass(r, v, began)
	h.logShadow(r, v)
}

// tellRefusal counts, remembers and logs that a request is refused.
func (h *Handler) tellRefusal(r *http.Request, v *visit, refused *refusal, began time.Time) {
	v.reason, v.rule = refused.reason, refused.rule
	v.walking.refused(h, refused)
	v.count(refusedResult, refused.reason)
	h.note(r, v, refused, began)
	h.logRefusal(r, refused, began)
	h.logShadow(r, v)
}

// strip removes identity headers: for a firewall but those that a handler
// before it has set for a caller that it verified, which stay what they are.
func (h *Handler) strip(v *visit, r *http.Request) {
	if !h.FirewallOnly {
		h.headers.Strip(r, v.fields...)
		return
	}
	kept := make(http.Header, len(v.fields))
	for _, field := range v.fields {
		if value, ok := r.Header[field]; ok {
			kept[field] = value
		}
	}
	h.headers.Strip(r)
	for field, value := range kept {
		r.Header[field] = value
	}
}

// decide says whether the request passes, and makes it what the next handler
// sees if so.
func (h *Handler) decide(r *http.Request, v *visit) *refusal {
	if h.ended.Load() {
		if !h.FirewallOnly {
			v.arrive(r.Header, h.sources) // no credential stays for error routes
		}
		return outlived()
	}
	if h.FirewallOnly {
		if h.mayUpgrade() && !v.upgrade {
			v.holdUpgrade(r)
		}
		return leavesHTTP(r, v.upgrade)
	}
	v.arrive(r.Header, h.sources)
	switch c := v.credential; {
	case c.malformed != "":
		return &refusal{reason: malformedRequest, hint: c.malformed}
	case c.token == "" && h.Optional:
		return h.passAnonymously(r, v)
	case c.token == "":
		return &refusal{reason: missingToken, hint: h.sources.missing()}
	}
	traced := spansOf(r)
	verifying := traced.begin(spanVerify)
	result, err := h.verify(r, v)
	if err != nil {
		refused := ofVerifier(err)
		verifying.refused(refused)
		return refused
	}
	verifying.verified(result)
	if h.ended.Load() {
		return outlived() // that may have taken long enough for a reload
	}
	v.result, v.isToken = result, true
	if refused := h.authorize(r, v, traced); refused != nil {
		refused.result = result
		return refused
	}
	if h.ForwardToken {
		r.Header.Set("Authorization", v.credential.field)
	}
	return nil
}

// passAnonymously lets a request without a token pass, but not out of HTTP: the
// end of an upgrade is its token's. A credential of another scheme stays for a
// later handler, unless a handler before this one found a token in it: that goes
// no further, and the caller has no identity from here on.
func (h *Handler) passAnonymously(r *http.Request, v *visit) *refusal {
	if refused := leavesHTTP(r, false); refused != nil {
		return refused
	}
	if field := v.credential.field; field != "" && !v.isToken {
		r.Header.Set("Authorization", field)
	}
	v.result, v.passed = nil, anonymous
	return nil
}

// authorize says whether the verified caller may do this, and sets the headers
// if so.
func (h *Handler) authorize(r *http.Request, v *visit, traced spans) *refusal {
	if refused := leavesHTTP(r, h.mayUpgrade()); refused != nil {
		return refused
	}
	asking := traced.begin(spanPolicy)
	decision := h.evaluate(r, v, v.result.Token)
	passed := allowed
	v.rule = decision.Rule
	h.countDecision(v, decision)
	if !decision.Allowed {
		refused := &refusal{reason: string(decision.Reason), rule: decision.Rule, hint: decision.Hint}
		if h.Mode != modeAudit || refused.answer() != insufficientScope {
			asking.refused(refused)
			return refused
		}
		passed, v.reason, v.hint = audited, refused.reason, refused.hint
	}
	asking.passed(passed, v)
	assertion, refused := h.assert(r, v)
	if refused != nil {
		return refused
	}
	var ask func(string) string
	if h.headers.Asks() {
		ask = lookup(r)
	}
	if err := h.headers.SetIn(v.memory(), r.Header, v.result.Token, ask); err != nil {
		return ofIdentity(err)
	}
	if assertion != "" {
		r.Header[h.headers.AssertionField()] = []string{assertion}
	}
	v.passed, v.upgrade = passed, wantsUpgrade(r)
	return nil
}

func (h *Handler) policyRequest(r *http.Request, v *visit) celpolicy.Request {
	ip, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	now := h.now()
	if v.walking != nil && !v.walking.now.IsZero() {
		now = v.walking.now
	}
	return celpolicy.Request{
		Method: r.Method, Host: r.Host, EscapedPath: r.URL.EscapedPath(),
		RemoteIP: ip, Time: now,
	}
}

// lookup gives header templates the placeholders that are not ours.
func lookup(r *http.Request) func(string) string {
	repl := replacerOf(r)
	return func(placeholder string) string {
		if repl == nil {
			return ""
		}
		text, _ := repl.GetString(placeholder)
		return text
	}
}

func ofVerifier(err error) *refusal {
	var cause *verifier.Error
	if errors.As(err, &cause) {
		return &refusal{
			reason: string(cause.Reason), hint: cause.Hint,
			retryAfter: cause.RetryAfter, claimed: cause.Claimed,
		}
	}
	return &refusal{reason: internalError, hint: err.Error()}
}

func ofIdentity(err error) *refusal {
	var unsafe *identity.UnsafeValueError
	if errors.As(err, &unsafe) {
		return &refusal{reason: unsafeHeaderValue, hint: fmt.Sprintf("the value of header %s is over 4 KiB when encoded", unsafe.Field)}
	}
	return &refusal{reason: internalError, hint: err.Error()}
}
