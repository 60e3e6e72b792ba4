package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// witness is a verifier that is asked about tokens. ask returns what it read
// out of a token that it accepts, or why it does not.
type witness struct {
	name string
	ask  func(ctx context.Context, token string) (reading, error)
}

// reading is what a witness has read out of a token. What it does not tell is
// left empty.
type reading struct {
	issuer, subject, account string
	audience                 []string
	issued, expiry           time.Time
}

// verdict is what a witness said.
type verdict struct {
	reading reading
	err     error // why it refuses; nil if it accepts
}

func (v verdict) accepted() bool { return v.err == nil }

// call asks a witness. One that panics has not accepted.
func (w witness) call(ctx context.Context, token string) (v verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = verdict{err: fmt.Errorf("asking %s: panic: %v", w.name, p)}
		}
	}()
	read, err := w.ask(ctx, token)
	return verdict{read, err}
}

// unlike names what two witnesses have read differently.
func (r reading) unlike(other reading) string {
	var what []string
	for _, field := range []struct{ name, a, b string }{
		{"issuer", r.issuer, other.issuer},
		{"subject", r.subject, other.subject},
		{"account", r.account, other.account},
	} {
		if field.b != "" && field.a != field.b {
			what = append(what, fmt.Sprintf("%s %q and %q", field.name, field.a, field.b))
		}
	}
	if other.audience != nil && !slices.Equal(r.audience, other.audience) {
		what = append(what, fmt.Sprintf("audience %q and %q", r.audience, other.audience))
	}
	for _, field := range []struct {
		name string
		a, b time.Time
	}{{"iat", r.issued, other.issued}, {"exp", r.expiry, other.expiry}} {
		if !field.b.IsZero() && !field.a.Equal(field.b) {
			what = append(what, fmt.Sprintf("%s %v and %v", field.name, field.a, field.b))
		}
	}
	return strings.Join(what, ", ")
}

// anyOf asks one witness for each issuer, and accepts what one of them accepts. Of
// several refusals the first tells most, but for one that it is not its token.
func anyOf(name string, each []witness) witness {
	return witness{name, func(ctx context.Context, token string) (reading, error) {
		var refusal error
		for _, w := range each {
			read, err := w.ask(ctx, token)
			if err == nil {
				return read, nil
			}
			if refusal == nil || errors.Is(refusal, errNotItsToken) {
				refusal = err
			}
		}
		return reading{}, refusal
	}}
}
