package console

import (
	"context"
	"errors"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
)

// Source has what the page shows. Its methods are called by several goroutines.
type Source interface {
	Summary() Summary
	Issuers(IssuerQuery) IssuerPage
	Decisions(ledger.Query) ledger.Page

	// Walk makes the walk of a decision anew. The error is [ErrForgotten] when the
	// decision is no longer kept.
	Walk(ctx context.Context, id uint64) (*Answer, error)

	// Gateways are the handlers that a policy can be tried at.
	Gateways() []Gateway

	// Try says what becomes of an attempt. The error is a [*AttemptError] when what was
	// given cannot be read. Nothing of the attempt is kept or logged.
	Try(ctx context.Context, a Attempt) (*Answer, error)
}

// ErrForgotten says that a decision is no longer kept.
var ErrForgotten = errors.New("finding the decision: it is no longer kept")

// AttemptError says what is wrong with an attempt, each fault with its field.
type AttemptError struct{ Faults []Fault }

// Fault is one fault of an attempt.
type Fault struct {
	Field string `json:"field"` // the JSON name of the field of the [Attempt]
	Text  string `json:"text"`
}

// Error names the first fault.
func (e *AttemptError) Error() string {
	if len(e.Faults) == 0 {
		return "reading the attempt: it is faulty"
	}
	return "reading the attempt: " + e.Faults[0].Field + ": " + e.Faults[0].Text
}

// IssuerQuery selects issuers.
type IssuerQuery struct {
	State string // "" is any
	Text  string // that the URL or an account holds; "" is any
	Limit int
	After string // the Next of the page before
}
