package caddymodule

import (
	"net/http"
	"slices"
	"time"
)

// trade decides on the caller as the aws_jwt of the exchange would, and makes the
// JWT for the audience.
func (e *Exchange) trade(r *http.Request, asked exchangeRequest) (*exchangeAnswer, *exchangeError) {
	if !slices.Contains(e.Audiences, asked.audience) {
		// What the client wrote is not repeated, and the others are not named.
		return nil, invalidTarget("the audience is none that this issuer makes tokens out to")
	}
	h, began := e.Handler, e.Handler.now()
	v := new(visit) // and not one of handlers that the request met before
	r = v.enter(r.Clone(r.Context()))
	h.strip(v, r)
	r.Header["Authorization"] = []string{"Bearer " + asked.token}
	refused := h.decide(r, v)
	var answer *exchangeAnswer
	if refused == nil {
		if answer, refused = e.make(r, v, asked.audience); refused != nil {
			refused.result = v.result
		}
	}
	if refused != nil {
		h.tellRefusal(r, v, refused, began)
		return nil, e.refuse(refused)
	}
	h.tellPass(r, v, began)
	return answer, nil
}

// make signs the JWT for a caller that may have it.
func (e *Exchange) make(r *http.Request, v *visit, audience string) (*exchangeAnswer, *refusal) {
	now := e.issuer.now()
	statement, err := e.assertion.For(v.result.Token, audience, now)
	if err != nil {
		assertionsFailed.Inc()
		return nil, ofAssertion(err)
	}
	text, err := e.issuer.keys.Sign(r.Context(), e.Algorithm, statement.Payload)
	if err != nil {
		assertionsFailed.Inc()
		return nil, ofSigning(err)
	}
	if e.Handler.ended.Load() {
		return nil, outlived() // what it waited for may have taken long enough for a reload
	}
	assertionsMinted.Inc()
	return &exchangeAnswer{text, typeJWT, "N_A", int64(statement.Expiry.Sub(now) / time.Second)}, nil
}

// refuse says no as RFC 8693, section 2.2.2, does. The reason stays in the log,
// unless explain_errors tells it.
func (e *Exchange) refuse(refused *refusal) *exchangeError {
	status := refused.answer().status
	switch {
	case status == http.StatusServiceUnavailable:
		return &exchangeError{status: status, retryAfter: refused.retryAfter, Code: "temporarily_unavailable"}
	case status >= http.StatusInternalServerError:
		return &exchangeError{status: status, Code: "server_error"}
	}
	bad := invalidExchange("the subject_token is not accepted")
	if e.Handler.ExplainErrors {
		bad.Description += ": " + refused.reason
	}
	return bad
}
