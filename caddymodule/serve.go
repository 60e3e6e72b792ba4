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
	v, r := visitOf(r)
	if h.FirewallOnly {
		h.stripForeign(v, r)
		return next.ServeHTTP(w, r)
	}
	began := h.now()
	h.headers.Strip(r, v.fields...)
	v.fields = nil
	v.take(r.Header)
	if refused := h.decide(r, v); refused != nil {
		v.reason, v.rule = refused.reason, refused.rule
		h.logRefusal(r, v, refused, h.now().Sub(began))
		return h.respond(w, r, refused)
	}
	v.fields = h.headers.Fields()
	if h.ForwardToken {
		r.Header.Set("Authorization", v.credential.field)
	}
	h.logPass(r, v, h.now().Sub(began))
	return next.ServeHTTP(w, r)
}

// stripForeign removes identity headers, but for those that a handler before
// this one has set for a caller that it verified.
func (h *Handler) stripForeign(v *visit, r *http.Request) {
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

// decide says whether the request passes, and sets its headers if so.
func (h *Handler) decide(r *http.Request, v *visit) *refusal {
	switch c := v.credential; {
	case c.malformed != "":
		return &refusal{reason: malformedRequest, hint: c.malformed}
	case c.token == "":
		return &refusal{reason: missingToken, hint: "send Authorization: Bearer and a token of GetWebIdentityToken"}
	}
	result, err := h.verifier.Verify(r.Context(), v.credential.token)
	if err != nil {
		return ofVerifier(err)
	}
	v.verified(r, result)
	if wantsUpgrade(r) {
		return &refusal{reason: upgradeRefused, hint: "upgrades and CONNECT are refused; a client that offers HTTP/2 by Upgrade must not"}
	}
	decision := h.policy.Evaluate(r.Context(), result.Token, h.policyRequest(r))
	if !decision.Allowed {
		return &refusal{reason: string(decision.Reason), rule: decision.Rule, hint: decision.Hint}
	}
	v.rule = decision.Rule
	if err := h.headers.Set(r.Header, result.Token, lookup(r)); err != nil {
		return ofIdentity(err)
	}
	return nil
}

func (h *Handler) policyRequest(r *http.Request) celpolicy.Request {
	ip, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	return celpolicy.Request{
		Method: r.Method, Host: r.Host, EscapedPath: r.URL.EscapedPath(),
		RemoteIP: ip, Time: h.now(),
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

// wantsUpgrade reports whether the request would leave HTTP, or the rules that
// each request is looked at by. Whatever Upgrade asks for counts, since not
// every server holds an Upgrade against Connection.
func wantsUpgrade(r *http.Request) bool {
	_, upgrade := r.Header["Upgrade"]
	_, protocol := r.Header[":protocol"] // RFC 8441, RFC 9220
	return upgrade || protocol || r.Method == http.MethodConnect
}

func ofVerifier(err error) *refusal {
	var cause *verifier.Error
	if errors.As(err, &cause) {
		return &refusal{
			reason: string(cause.Reason), hint: cause.Hint,
			retryAfter: cause.RetryAfter, claimed: cause.Claimed,
		}
	}
	return &refusal{reason: internalError, hint: err.Error(), retryAfter: time.Second}
}

func ofIdentity(err error) *refusal {
	var unsafe *identity.UnsafeValueError
	if errors.As(err, &unsafe) {
		return &refusal{reason: unsafeHeaderValue, hint: fmt.Sprintf("the value of header %s is over 4 KiB when encoded", unsafe.Field)}
	}
	return &refusal{reason: internalError, hint: err.Error()}
}
