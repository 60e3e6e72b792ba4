package caddymodule

import (
	"context"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// visit is one request's way through the aws_jwt handlers of its route. It is
// in the request's context, where no placeholder reaches the credential.
type visit struct {
	taken      bool // whether credential was read from the request
	credential credential
	result     *verifier.Result // once the token was verified
	reason     string           // of the refusal
	rule       string           // that decided
	fields     []string         // the header fields that the last handler set
}

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
	if r.Context().Value(visitKey{}) != nil {
		return r
	}
	if repl := replacerOf(r); repl != nil {
		repl.Map(v.placeholder)
	}
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

func replacerOf(r *http.Request) *caddy.Replacer {
	repl, _ := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	return repl
}

// placeholder is a caddy.ReplacerFunc. What it returns is not expanded again.
func (v *visit) placeholder(key string) (any, bool) {
	switch {
	case key == "aws_jwt.reason":
		return v.reason, true
	case key == "aws_jwt.rule":
		return v.rule, true
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

// take reads the credential out of the request. A later handler finds it in
// the visit, and takes out what an earlier one put back.
func (v *visit) take(header http.Header) {
	if !v.taken {
		v.taken, v.credential = true, takeCredential(header)
		return
	}
	if field := v.credential.field; field != "" && header.Get("Authorization") == field {
		header.Del("Authorization")
	}
}

// verified notes the token, from where placeholders and access logs read it.
func (v *visit) verified(r *http.Request, result *verifier.Result) {
	v.result = result
	if repl := replacerOf(r); repl != nil {
		repl.Set("http.auth.user.id", result.Token.Subject)
	}
}
