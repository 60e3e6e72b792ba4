package console

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// instant is what the clocks of the tests show.
var instant = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return instant }

// hostile is a text that would become markup or a script where one forgets that
// it is a text.
const hostile = `</script><img src=x onerror=alert(1)>`

// fakeSource has some of everything.
type fakeSource struct {
	summaries int           // that were asked for
	tried     Attempt       // the last
	began     chan struct{} // when not nil, an attempt says that it runs,
	end       chan struct{} // and waits until it may end

	issuersAsked   IssuerQuery
	decisionsAsked ledger.Query
}

func (f *fakeSource) Summary() Summary {
	f.summaries++
	return Summary{
		Now: instant, Minutes: []ledger.Minute{{At: instant, Allowed: 7, Refused: 2}},
		Reasons: []ledger.Count{{Result: ledger.Refused, Reason: "expired", Count: 2}},
		Rules:   []RuleCount{{Handler: "orders.example.com", Rule: "team", Effect: "allow", Count: 7}},
	}
}

func (f *fakeSource) Issuers(q IssuerQuery) IssuerPage {
	f.issuersAsked = q
	return IssuerPage{Issuers: []Issuer{{URL: "https://issuer.example", State: "fresh"}}, Total: 1}
}

func (f *fakeSource) Decisions(q ledger.Query) ledger.Page {
	f.decisionsAsked = q
	return ledger.Page{Decisions: []ledger.Entry{{ID: 3, Time: instant, Reason: "expired", KeyID: hostile}}}
}

func (f *fakeSource) Walk(_ context.Context, id uint64) (*Answer, error) {
	if id != 3 {
		return nil, fmt.Errorf("looking: %w", ErrForgotten)
	}
	return &Answer{Walk: &walk.Walk{Outcome: walk.Refused}, Signature: SignatureFits}, nil
}

func (f *fakeSource) Gateways() []Gateway { return nil }

func (f *fakeSource) Try(_ context.Context, a Attempt) (*Answer, error) {
	if f.began != nil {
		f.began <- struct{}{}
		<-f.end
	} else {
		f.tried = a
	}
	if strings.Contains(a.Policy, "bad") {
		return nil, &AttemptError{[]Fault{{"policy", "line 1: " + hostile}}}
	}
	return &Answer{Walk: &walk.Walk{Outcome: walk.Allowed}, Signature: SignatureAbsent}, nil
}
