package caddymodule

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// The bounds of one call.
const (
	maxRefreshed = 500 // issuers
	refreshAhead = 16  // of them at once
	refreshWait  = 30 * time.Second
)

// used is the state of all issuers but those that are unfetched.
const used = "used"

// refreshOrder is the body of POST /aws_jwt/issuers/refresh.
type refreshOrder struct {
	Issuer string `json:"issuer"` // this
	State  string `json:"state"`  // or this

	// Of those with the state:
	Candidate       bool      `json:"candidate"`        // those, too, that anybody can invent
	AttemptedBefore time.Time `json:"attempted_before"` // no others; zero is all
}

// refreshReport is its answer.
type refreshReport struct {
	Issuers []refreshedIssuer `json:"issuers"`
	LeftOff int               `json:"left_off,omitempty"` // how many were too many for one call

	// AttemptedBefore is what the next call has to send to go on with those.
	AttemptedBefore time.Time `json:"attempted_before,omitzero"`
}

type refreshedIssuer struct {
	URL    string            `json:"url"`
	UsedBy []string          `json:"used_by"`
	Result string            `json:"result"` // of the results below
	State  verifier.KeyState `json:"state"`  // afterwards
	Error  string            `json:"error,omitempty"`
}

const (
	refreshed       = "refreshed"
	refreshFailed   = "failed"
	refreshUnderWay = "under_way" // it goes on, but the answer does not wait any longer
)

func adminRefresh(w http.ResponseWriter, r *http.Request) (any, error) {
	if _, err := adminQuery(r); err != nil {
		return nil, err
	}
	var order refreshOrder
	if err := adminBody(w, r, &order); err != nil {
		return nil, err
	}
	if (order.Issuer == "") == (order.State == "") {
		return nil, badRequest(`write {"issuer": "<url>"} for one issuer, or {"state": "%s"} for all that are in use`, used)
	}
	if order.Issuer != "" && (order.Candidate || !order.AttemptedBefore.IsZero()) {
		return nil, badRequest("candidate and attempted_before are of a state: leave them out")
	}
	states := append(keyStateNames(), used)
	if _, err := oneOf(map[string][]string{"state": {order.State}}, "state", states); err != nil {
		return nil, err
	}
	began := time.Now().UTC()
	all := trustedIssuers(running(), order.wants, inventedLast)
	if order.Issuer != "" && len(all) == 0 {
		return nil, adminFault(http.StatusNotFound, "no aws_jwt trusts %s, or, as one of an organization's, none has seen a token of it", quoteForeign(order.Issuer))
	}
	report := refreshReport{Issuers: []refreshedIssuer{}}
	// In the order of their URLs, the same ones would be left off each time.
	slices.SortStableFunc(all, func(a, b trustedIssuer) int { return a.AttemptedAt.Compare(b.AttemptedAt) })
	if more := len(all) - maxRefreshed; more > 0 {
		all, report.LeftOff = all[:maxRefreshed], more
		if report.AttemptedBefore = order.AttemptedBefore; report.AttemptedBefore.IsZero() {
			report.AttemptedBefore = began
		}
	}
	report.Issuers = refreshAll(r.Context(), all)
	return report, nil
}

func (o refreshOrder) wants(s verifier.Status) bool {
	switch {
	case o.State == "":
		return s.Issuer == o.Issuer
	case s.Candidate && !o.Candidate, !o.AttemptedBefore.IsZero() && !s.Attempted.Before(o.AttemptedBefore):
		return false
	case o.State == used:
		return s.State != verifier.StateUnfetched
	}
	return string(s.State) == o.State
}

// refreshAll refreshes a few at once.
func refreshAll(ctx context.Context, all []trustedIssuer) []refreshedIssuer {
	ctx, cancel := context.WithTimeout(ctx, refreshWait)
	defer cancel()
	done := make([]refreshedIssuer, len(all))
	slots := make(chan struct{}, refreshAhead)
	var fetches sync.WaitGroup
	for i := range all {
		slots <- struct{}{}
		fetches.Go(func() {
			defer func() { <-slots }()
			done[i] = all[i].refresh(ctx)
		})
	}
	fetches.Wait()
	return done
}

func (t *trustedIssuer) refresh(ctx context.Context) refreshedIssuer {
	done := refreshedIssuer{URL: t.URL, UsedBy: t.UsedBy, Result: refreshed}
	switch err := t.by.verifier.RefreshKeys(ctx, t.URL); {
	case err == nil:
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		done.Result = refreshUnderWay
	default:
		done.Result, done.Error = refreshFailed, terminal.Sentence(err.Error())
	}
	s, _ := t.by.verifier.Status(t.URL)
	done.State = s.State
	return done
}

// purgeReport is the answer of POST /aws_jwt/cache/purge.
type purgeReport struct {
	Forgotten int `json:"forgotten"` // tokens, of all handlers
	Handlers  int `json:"handlers"`
}

func adminPurge(_ http.ResponseWriter, r *http.Request) (any, error) {
	if _, err := adminQuery(r); err != nil {
		return nil, err
	}
	var report purgeReport
	for _, h := range running() {
		report.Forgotten += h.verifier.CachedTokens()
		report.Handlers++
		h.verifier.ForgetTokens()
	}
	return report, nil
}
