// Package inspection is what the commands aws-jwt inspect and aws-jwt probe
// show: a token in the words of the vocabulary, and issuers' keys. It decides
// nothing: package verifier does.
package inspection

import (
	"errors"
	"fmt"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// Verdict says whether a token may be believed.
type Verdict string

// The verdicts.
const (
	NotVerified Verdict = "not_verified" // nobody asked, or it could not be told
	Verified    Verdict = "verified"
	Refused     Verdict = "refused"
)

// Report is what a token says. Its JSON form is what aws-jwt inspect --json
// prints. Neither form holds the token, or its signature.
type Report struct {
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"` // of a refusal, or why it could not be told
	Hint    string  `json:"hint,omitempty"`
	KeyID   string  `json:"key_id,omitempty"` // the issuer's key that the signature fits

	Now    time.Time `json:"now"`
	Header *Header   `json:"header,omitempty"` // nil when it cannot be read

	// Attributes are those that the token has, by their paths. Values are strings,
	// arrays and objects of strings, and timestamps of RFC 3339.
	Attributes map[string]any `json:"attributes"`

	// OtherClaims are what AWS says that has no path of its own.
	OtherClaims map[string]any `json:"other_claims,omitempty"`

	Times    Times     `json:"times"`
	Notes    []string  `json:"notes,omitempty"`
	Problems []Problem `json:"problems,omitempty"`

	token   *awstoken.Token // as far as it can be read
	expired bool            // then the first note says so
}

// Header is a token's header.
type Header struct {
	Algorithm string `json:"alg,omitempty"`
	KeyID     string `json:"kid,omitempty"`
	Type      string `json:"typ,omitempty"`
}

// Problem is something for which a token is refused, or may be.
type Problem struct {
	Where string `json:"where"` // token, header, payload, signature, or the claim
	Text  string `json:"text"`
}

// Inspect decodes a token in compact form without verifying it. What is wrong
// with it is in Problems, and what can be read in spite of it is shown.
func Inspect(token string, now time.Time) *Report {
	r := &Report{Verdict: NotVerified, Now: now.UTC(), Attributes: make(map[string]any)}
	if len(token) > verifier.MaxTokenSize {
		r.problem("token", "it has %d bytes, at most %d are read", len(token), verifier.MaxTokenSize)
	}
	header, payload, signature := r.split(token)
	r.readHeader(header)
	r.checkSignature(signature)
	if top := r.readPayload(payload); top != nil {
		r.mend(top)
	}
	if r.token != nil {
		r.takeAttributes()
		r.judgeClaims()
		r.takeTimes()
	}
	return r
}

func (r *Report) problem(where, text string, args ...any) {
	r.Problems = append(r.Problems, Problem{where, fmt.Sprintf(text, args...)})
}

func (r *Report) note(text string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(text, args...))
}

// SetVerdict takes what Verify returned for the token.
func (r *Report) SetVerdict(result *verifier.Result, err error) {
	var refusal *verifier.Error
	switch {
	case err == nil && result != nil:
		r.Verdict, r.KeyID = Verified, result.KeyID
	case errors.As(err, &refusal):
		r.Verdict, r.Reason, r.Hint = Refused, string(refusal.Reason), refusal.Hint
		if refusal.Reason == verifier.KeysUnavailable || refusal.Reason == verifier.Overloaded {
			r.Verdict = NotVerified // which is not the token's fault
		}
	case err != nil:
		r.Verdict, r.Hint = NotVerified, err.Error()
	}
}
