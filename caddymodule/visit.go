package caddymodule

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// visit is one request's way through the aws_jwt handlers of its route. It is
// in the request's context, where no placeholder reaches the credential.
type visit struct {
	context.Context //nolint:containedctx // the request's, which the visit is put into

	entered    bool    // whether its Context is set and placeholders read it
	taken      bool    // whether the credential was taken out of the request
	from       sources // of whoever read it last
	credential credential
	result     *verifier.Result // once the token was verified
	isToken    bool             // whether a handler, by its own sources, has verified the credential
	fields     []string         // the header fields that the last handler set
	held       []string         // the Upgrade of a handshake, taken out by a firewall
	walking    *walking         // who asks about the visit; nil for those that are real

	// What the last handler decided.
	passed  passage
	reason  string // of the refusal; of the one that was audited
	rule    string // that decided
	hint    string // of the refusal that was audited
	upgrade bool   // whether it let an upgrade pass

	shadow *celpolicy.Decision // that its shadow rules would have made instead, or nil

	values     [5]string // the memory of what the first handler sets, enough for the default headers
	valuesLent bool
}

// passage is how a request passes, as the log calls it.
type passage string

const (
	allowed   passage = "allowed"
	audited   passage = "audited"   // the policy would refuse it, but mode audit lets it pass
	anonymous passage = "anonymous" // optional, and there is no token
)

type visitKey struct{}

// visitOf returns the request's visit, or a new one.
func visitOf(r *http.Request) *visit {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		return v
	}
	return new(visit)
}

// enter returns the request that carries the visit. The first handler's is a
// copy, and placeholders read the visit from then on.
func (v *visit) enter(r *http.Request) *http.Request {
	if v.entered {
		return r
	}
	v.entered = true
	if repl := replacerOf(r); repl != nil {
		repl.Map(v.placeholder)
	}
	v.Context = r.Context()
	return r.WithContext(v)
}

// memory lends the memory for the values of header fields: once, since later
// handlers must not write into the fields of earlier ones.
func (v *visit) memory() []string {
	if v.valuesLent {
		return nil
	}
	v.valuesLent = true
	return v.values[:0]
}

// Format keeps the credential out of whatever prints the request or its context.
func (v *visit) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "aws_jwt") }

// Value makes the visit the context that it is found in.
func (v *visit) Value(key any) any {
	if key == (visitKey{}) {
		return v
	}
	return v.Context.Value(key)
}

func replacerOf(r *http.Request) *caddy.Replacer {
	repl, _ := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	return repl
}

// visitPlaceholder leads code of ours to the visit where the request's context is
// another, as in error routes. Nobody can write it, since it holds a brace, and a
// visit that is printed shows its Format.
const visitPlaceholder = "aws_jwt.}visit"

// placeholder is a caddy.ReplacerFunc. What it returns is not expanded again.
func (v *visit) placeholder(key string) (any, bool) {
	switch {
	case key == visitPlaceholder:
		return v, true
	case key == "aws_jwt.reason":
		return v.reason, true
	case key == "aws_jwt.rule":
		return v.rule, true
	case key == "http.auth.user.id" && v.result != nil:
		return v.result.Token.Subject, true // access logs ask for it
	case !strings.HasPrefix(key, "aws_token."):
		return nil, false
	}
	reference, err := awstoken.ParseReference(key)
	if err != nil {
		return nil, false
	}
	if v.result == nil {
		return "", true
	}
	return reference.Text(v.result.Token), true
}

// arrive begins the decision of one handler.
func (v *visit) arrive(header http.Header, from sources) {
	v.walking.begin(from)
	v.take(header, from)
	v.offerUpgrade(header)
	v.passed, v.reason, v.rule, v.hint, v.upgrade, v.shadow = "", "", "", "", false, nil
}

// take reads the credential out of the request. A later handler finds it in
// the visit, and takes out what an earlier one put back: a token that it
// forwards, or under optional a field of another scheme. It reads that by its
// own sources.
func (v *visit) take(header http.Header, from sources) {
	if !v.taken {
		v.taken, v.from, v.credential = true, from, takeCredential(header, from)
		return
	}
	if field := v.credential.field; field != "" && header.Get("Authorization") == field {
		header.Del("Authorization")
	}
	if v.from != from {
		v.from, v.credential = from, readFields(v.credential.fields, from)
	}
}
