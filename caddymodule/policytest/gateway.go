package policytest

import (
	"context"
	"net/http"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// Gateway is a configuration whose handlers can be asked.
type Gateway interface {
	// Walk says what becomes of a request, whose token may be [walk.TokenOf]. The token's key and signature are not
	// checked: they count as good. now is the clock. It is called from several
	// goroutines at once; the request is nobody else's and may be changed.
	Walk(ctx context.Context, r *http.Request, now time.Time) (*walk.Walk, error)

	// Host is the host of a request when a case names none. The error says why
	// there is none such, for the case to name one.
	Host() (string, error)

	// Warnings are the lints of the configuration, one line each.
	Warnings() []string

	// Rules are the rules and requirements of all handlers of the configuration,
	// in the order in which they are to be listed.
	Rules() []Rule
}

// Open opens a configuration by its path. It is called once for each path, from
// one goroutine. A Gateway is not used after [Run].
type Open func(configFile string) (Gateway, error)

// Rule is a rule or a requirement of a configuration.
type Rule struct {
	Kind       walk.Kind `json:"kind"`                 // walk.Deny, walk.Allow or walk.Requirement
	Name       string    `json:"name"`                 // as walk.Walk.Rule and walk.Check.Name have it
	Expression string    `json:"expression,omitempty"` // as walk.Rule.Expression has it
	Shadow     bool      `json:"shadow,omitempty"`
	Where      string    `json:"where,omitempty"` // as walk.Handler.Where has it; it tells handlers apart
}

func (r Rule) label() string {
	label := string(r.Kind) + " " + terminal.Quote(r.Name)
	if r.Shadow {
		label = string(r.Kind) + " shadow " + terminal.Quote(r.Name)
	}
	if r.Where != "" {
		label += " of " + terminal.Printable(r.Where)
	}
	return label
}
