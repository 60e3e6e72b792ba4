package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/signing"
	"github.com/caddy-awsjwt/caddy-awsjwt/identity"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// Assertion is a short-lived JWT of the gateway's own for the upstream, which can
// verify it where plain headers could be forged: a JWT-SVID when its subject is a
// SPIFFE ID. The keys are in Caddy's storage; aws_jwt_issuer publishes them.
type Assertion struct {
	// The iss: the URL of an aws_jwt_issuer. Required.
	Issuer string `json:"issuer,omitempty"`

	// The aud: the upstream, as it names itself. Required.
	Audience string `json:"audience,omitempty"`

	// The template of sub, with placeholders {aws_token.<path>} alone. One that
	// begins with spiffe:// has to come out as a SPIFFE ID. A token that lacks an
	// attribute of it is refused. Default: {aws_token.sub}, the caller's ARN.
	Subject string `json:"subject,omitempty"`

	// The attributes that stand in it under aws_token, nested as their paths are.
	// Default: none.
	Claims []string `json:"claims,omitempty"`

	// The header that it is in. What a client sends under it is removed. Default:
	// X-Aws-Token-Assertion.
	Header string `json:"header,omitempty"`

	// How long it lives, 5s to 1h and never longer than the token. It is made anew
	// for a caller when half of that is over. Default: 60s.
	TTL *caddy.Duration `json:"ttl,omitempty"`

	// How it is signed: ES256 or RS256. Default: ES256.
	Algorithm signing.Algorithm `json:"algorithm,omitempty"`

	// How long a key signs, at least 4s and no shorter than the ttl. It is published
	// for up to an hour before that, and for as long again behind it. Gateways that
	// share keys have to agree. Default: 24h.
	Rotation *caddy.Duration `json:"rotation,omitempty"`
}

const defaultAssertionHeader = "X-Aws-Token-Assertion"

// maxAssertion is the longest assertion that is put into a header, in bytes.
// Servers refuse fields of much more.
const maxAssertion = 8 << 10

// asserter makes one handler's assertions.
type asserter struct {
	assertion *identity.Assertion
	audience  string
	algorithm signing.Algorithm
	keys      *signing.Keys
	now       func() time.Time
	made      *assertionMemory
}

// field is the header of the assertions, or "".
func (a *Assertion) field() string {
	switch {
	case a == nil:
		return ""
	case a.Header == "":
		return defaultAssertionHeader
	}
	return a.Header
}

// provisionAssertion takes a share in the signing keys, and makes none.
func (h *Handler) provisionAssertion(ctx caddy.Context, found *faults) {
	a := h.Assertion
	if a == nil {
		return
	}
	config := identity.AssertionConfig{
		Issuer: a.Issuer, Subject: a.Subject, Claims: a.Claims, TTL: found.positive("assertion.ttl", a.TTL),
	}
	if a.Audience != "" {
		config.Audiences = []string{a.Audience}
	}
	made, err := identity.NewAssertion(config)
	found.addIn("assertion", err)
	h.asserter = &asserter{assertion: made, audience: a.Audience, algorithm: a.Algorithm, now: h.now}
	if h.asserter.algorithm == "" {
		h.asserter.algorithm = signing.ES256
	}
	if err := h.asserter.algorithm.Check(); err != nil {
		found.add(fmt.Errorf("assertion.algorithm: %w", err))
	}
	rotation := found.positive("assertion.rotation", a.Rotation)
	if made == nil {
		return
	}
	h.signing = leaseSigning(ctx, h.storage, "assertion.", a.Issuer, rotation, h.now, found)
	h.signing.checkLife("assertion", made.TTL(), found)
	h.asserter.keys = h.signing.keys()
	h.asserter.made, err = newAssertionMemory(h.cacheSize())
	found.add(err)
}

// assert returns the assertion of a caller that may pass, or "" when the handler
// has none. It is one that was made for the same verified token, while enough of
// that one's life is left.
func (h *Handler) assert(r *http.Request, v *visit) (string, *refusal) {
	a := h.asserter
	if a == nil {
		return "", nil
	}
	if v.walking != nil {
		return a.rehearse(v, v.walking.now)
	}
	token, now := v.result.Token, a.now()
	if text, found := a.made.find(token, now); found {
		assertionsReused.Inc()
		return text, nil
	}
	made, refused := a.mint(r, token, now, &h.ended)
	if refused != nil {
		assertionsFailed.Inc()
		return "", refused
	}
	assertionsMinted.Inc()
	a.made.keep(token, made, now)
	return made.text, nil
}

// mint makes one, unless the handler's configuration has ended.
func (a *asserter) mint(r *http.Request, token *awstoken.Token, now time.Time, ended *atomic.Bool) (minted, *refusal) {
	statement, err := a.assertion.For(token, a.audience, now)
	if err != nil {
		return minted{}, ofAssertion(err)
	}
	text, err := a.keys.Sign(r.Context(), a.algorithm, statement.Payload)
	if err != nil {
		return minted{}, ofSigning(err)
	}
	if ended.Load() {
		return minted{}, outlived() // it may have waited for the storage long enough for a reload
	}
	if len(text) > maxAssertion {
		return minted{}, tooLong(len(text))
	}
	until := now.Add(statement.Expiry.Sub(now) / 2)
	if statement.Expiry.Equal(token.Expiry) {
		until = statement.Expiry.Add(-time.Second) // no later one would end later
	}
	return minted{text, until}, nil
}

// rehearse says what the assertion would say. A walk has no keys.
func (a *asserter) rehearse(v *visit, now time.Time) (string, *refusal) {
	if now.IsZero() {
		now = a.now()
	}
	statement, err := a.assertion.For(v.result.Token, a.audience, now)
	if err != nil {
		return "", ofAssertion(err)
	}
	return fmt.Sprintf("(signed by the gateway, %s) %s", a.algorithm, statement.Payload), nil
}

func tooLong(size int) *refusal {
	return &refusal{reason: assertionFailed, hint: fmt.Sprintf("the assertion has %d bytes, over %d; leave out claims", size, maxAssertion)}
}

func ofAssertion(err error) *refusal {
	var unfit *identity.AssertionError
	switch {
	case errors.Is(err, identity.ErrTokenEnds):
		return &refusal{reason: string(verifier.Expired), hint: "the token has ended; leeway lets it in, but an assertion never outlives it"}
	case errors.As(err, &unfit):
		return &refusal{reason: assertionFailed, hint: unfit.Hint}
	}
	return &refusal{reason: internalError, hint: err.Error()}
}

func ofSigning(err error) *refusal {
	var unavailable *signing.UnavailableError
	if errors.As(err, &unavailable) {
		return &refusal{reason: signingUnavailable, hint: err.Error(), retryAfter: unavailable.RetryAfter}
	}
	return &refusal{reason: internalError, hint: err.Error()}
}
