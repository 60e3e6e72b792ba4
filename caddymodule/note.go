package caddymodule

import (
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// decisions is the process's memory of what was decided. Like the collectors it
// outlasts configurations, so that a reload does not hide what led to it.
var decisions = ledger.NewAfter(time.Now, ledger.DefaultSize)

// note remembers what the handler made of a request, unless somebody only asks
// what it would. refused is nil when the request passes.
// A pass counts for the minute in which it began, since that takes no look at the
// clock.
func (h *Handler) note(r *http.Request, v *visit, refused *refusal, began time.Time) {
	switch {
	case v.walking != nil:
	case refused != nil:
		decisions.Add(h.refusedEntry(r, refused, began))
	case v.passed == audited:
		decisions.Add(h.auditedEntry(r, v, began))
	default:
		decisions.Pass(began, v.passed == anonymous)
	}
}

func (h *Handler) refusedEntry(r *http.Request, refused *refusal, began time.Time) ledger.Entry {
	e := h.entry(r, refused.result, refused.reason, refused.hint, began)
	e.Result, e.Status, e.Rule = ledger.Refused, refused.answer().status, refused.rule
	if refused.result == nil {
		e.Unverified = refused.claimed != verifier.Claimed{}
		setIdentity(&e, refused.claimed)
	}
	return e
}

func (h *Handler) auditedEntry(r *http.Request, v *visit, began time.Time) ledger.Entry {
	e := h.entry(r, v.result, v.reason, v.hint, began)
	e.Result, e.Rule = ledger.Audited, v.rule
	return e
}

// entry is what all entries have. result is that of a token that was verified,
// or nil.
func (h *Handler) entry(r *http.Request, result *verifier.Result, reason, hint string, began time.Time) ledger.Entry {
	ip, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	now := h.now()
	e := ledger.Entry{
		Time: now, Duration: now.Sub(began), Reason: reason, Hint: advice(hint, reason), Handler: h.place(),
		RemoteIP: ip, Method: r.Method, Host: r.Host, Path: r.URL.Path,
	}
	if terminal.HoldsToken(e.Path) { // some clients put one there
		e.Path = "(it holds a token)"
	}
	if result != nil {
		setIdentity(&e, verifiedIdentity(result))
		e.Cached, e.Token, e.Request = result.Cached, result.Token, h.policyRequest(r, &visit{})
	}
	return e
}

func setIdentity(e *ledger.Entry, c verifier.Claimed) {
	e.Issuer, e.AccountID, e.Subject, e.TokenID, e.KeyID = c.Issuer, c.AccountID, c.Subject, c.ID, c.KeyID
}
