package console

import (
	"errors"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// data are the answers in JSON, by their names beneath the page.
var data = map[string]func(*Page, http.ResponseWriter, *http.Request){
	"api/summary":   reading(func(p *Page, _ *http.Request) (any, error) { return p.summarize(), nil }),
	"api/issuers":   reading((*Page).issuers),
	"api/decisions": reading((*Page).decisions),
	"api/walk":      reading((*Page).walk),
	"api/reasons": reading(func(*Page, *http.Request) (any, error) {
		return map[string][]ReasonGroup{"groups": reasonGroups()}, nil
	}),
	"api/handlers": reading(func(p *Page, _ *http.Request) (any, error) {
		return map[string][]Gateway{"handlers": orEmpty(p.source.Gateways())}, nil
	}),
	"api/try": (*Page).try,
}

const (
	defaultLimit = 50
	maxLimit     = 500

	// maxQuery is how long a text of a query may be, in bytes.
	maxQuery = 256

	// summaryKept is how long a summary serves, whoever asks.
	summaryKept = time.Second
)

var (
	errQuery = errors.New("reading the query: limit, before or id is not a number, or a text is too long")
	errGone  = errors.New("finding the decision: it is no longer kept")
)

// reading answers GET with what of the source is asked for.
func reading(find func(*Page, *http.Request) (any, error)) func(*Page, http.ResponseWriter, *http.Request) {
	return func(p *Page, w http.ResponseWriter, r *http.Request) {
		if !reads(w, r) {
			return
		}
		if fromElsewhere(r) {
			refuse(w, http.StatusForbidden, "", "another origin's page asks")
			return
		}
		found, err := find(p, r)
		switch {
		case errors.Is(err, ErrForgotten):
			refuse(w, http.StatusNotFound, "", errGone.Error())
		case errors.Is(err, errQuery):
			refuse(w, http.StatusBadRequest, "", err.Error())
		case err != nil:
			refuse(w, http.StatusInternalServerError, "", "asking the gateway failed")
		default:
			write(w, http.StatusOK, found)
		}
	}
}

// summarize makes a summary at most once in a while, so that many viewers cost as
// much as one.
func (p *Page) summarize() Summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if age := now.Sub(p.made); p.made.IsZero() || age < 0 || age >= summaryKept {
		p.summary, p.made = p.source.Summary(), now
	}
	return p.summary
}

func (p *Page) issuers(r *http.Request) (any, error) {
	query := r.URL.Query()
	limit, err := limitOf(query.Get("limit"))
	if err != nil || tooLong(query) {
		return nil, errQuery
	}
	return p.source.Issuers(IssuerQuery{
		State: query.Get("state"), Text: query.Get("text"), Limit: limit, After: query.Get("after"),
	}), nil
}

func (p *Page) decisions(r *http.Request) (any, error) {
	query := r.URL.Query()
	limit, err := limitOf(query.Get("limit"))
	if err != nil || tooLong(query) {
		return nil, errQuery
	}
	q := ledger.Query{Limit: limit, Result: query.Get("result"), Reason: query.Get("reason"), Account: query.Get("account")}
	if before := query.Get("before"); before != "" {
		if q.Before, err = strconv.ParseUint(before, 10, 64); err != nil {
			return nil, errQuery
		}
	}
	return p.source.Decisions(q), nil
}

func (p *Page) walk(r *http.Request) (any, error) {
	id, err := strconv.ParseUint(r.URL.Query().Get("id"), 10, 64)
	if err != nil {
		return nil, errQuery
	}
	return p.source.Walk(r.Context(), id)
}

func limitOf(text string) (int, error) {
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 {
		return 0, errQuery
	}
	return min(limit, maxLimit), nil
}

// tooLong reports whether a text is longer than what it is compared with, or none.
func tooLong(query map[string][]string) bool {
	for name, values := range query {
		for _, value := range values {
			if len(value) > maxQuery && name != "after" || len(value) > 16*maxQuery || !utf8.ValidString(value) {
				return true
			}
		}
	}
	return false
}

// reasonGroups are all reasons that there are, whether they were met or not.
func reasonGroups() []ReasonGroup {
	var groups []ReasonGroup
	for _, part := range remedy.Groups() {
		group := ReasonGroup{In: part.In}
		for _, each := range part.Remedies {
			group.Reasons = append(group.Reasons, each.Reason)
		}
		groups = append(groups, group)
	}
	return groups
}

// orEmpty keeps an empty list from becoming null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// refuse answers with what is wrong, in words of ours alone.
func refuse(w http.ResponseWriter, status int, allow, text string) {
	if allow != "" {
		w.Header().Set("Allow", allow)
	}
	write(w, status, map[string]string{"error": text})
}

// write answers with JSON, in which what a terminal would obey is escaped: people
// look at the data with curl, too.
func write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = terminal.WriteJSON(w, value) // whoever has gone already is no fault
}
