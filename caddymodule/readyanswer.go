package caddymodule

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// readyKept is how long an answer serves whoever asks, so that many who ask cost as
// much as one. It does not outlive its configuration.
const readyKept = time.Second

// maxUnready is how many issuers an answer names.
const maxUnready = 100

// readyAnswer is an answer, ready to be written.
type readyAnswer struct {
	to     *readyTargets
	at     time.Time
	status int
	text   []byte
	err    error
}

// readyBody is its body.
type readyBody struct {
	Status   string        `json:"status"`           // ready or not_ready
	Hint     string        `json:"hint,omitempty"`   // when it is no issuer's fault
	Required int           `json:"required"`         // how many issuers are
	Issuers  []unreadyFrom `json:"issuers,omitzero"` // those without keys that serve
	LeftOff  int           `json:"left_off,omitempty"`
}

type unreadyFrom struct {
	URL   string    `json:"url"`
	State string    `json:"state"` // unavailable, unfetched or not_trusted
	Since time.Time `json:"since"` // when that was first seen here
}

const stateNotTrusted = "not_trusted"

// answer looks who has keys, unless somebody did within the last second. One
// request at a time waits for those who have none; others are told so at once.
func (r *Ready) answer(ctx context.Context) *readyAnswer {
	found, looked := r.look()
	if !looked || len(found.unready) == 0 || !r.waiting.CompareAndSwap(false, true) {
		return found.answer
	}
	defer r.waiting.Store(false)
	ctx, cancel := context.WithTimeout(ctx, r.wait)
	defer cancel()
	return r.keep(found.answer.to, withoutKeys(ctx, found.unready))
}

// look is what somebody found who looked.
type look struct {
	answer  *readyAnswer
	unready []requiredIssuer
}

// look returns the answer that is kept, or looks.
func (r *Ready) look() (found look, looked bool) {
	all := r.required()
	if kept := r.keptFor(all); kept != nil {
		return look{answer: kept}, false
	}
	r.looking.Lock()
	defer r.looking.Unlock()
	if kept := r.keptFor(all); kept != nil { // somebody else's, meanwhile
		return look{answer: kept}, false
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	found.unready = withoutKeys(gone, all.issuers)
	found.answer = r.keep(all, found.unready)
	return found, true
}

func (r *Ready) keptFor(all *readyTargets) *readyAnswer {
	kept := r.kept.Load()
	if kept == nil || kept.to != all {
		return nil
	}
	if age := r.now().Sub(kept.at); age < 0 || age >= readyKept {
		return nil
	}
	return kept
}

// keep makes the answer.
func (r *Ready) keep(all *readyTargets, unready []requiredIssuer) *readyAnswer {
	answer := &readyAnswer{to: all, at: r.now(), status: http.StatusServiceUnavailable}
	body := readyBody{Status: "not_ready", Required: len(all.issuers)}
	r.remember(unready)
	switch more := len(unready) - maxUnready; {
	case len(all.handlers) == 0:
		body = readyBody{Status: "not_ready", Hint: "no aws_jwt handler is running"}
	case len(unready) == 0:
		answer.status, body.Status = http.StatusOK, "ready"
	case more > 0:
		unready, body.LeftOff = unready[:maxUnready], more
	}
	for _, i := range unready {
		body.Issuers = append(body.Issuers, unreadyFrom{i.url, i.state(), r.sinceWhen(i.url)})
	}
	answer.text, answer.err = json.Marshal(body)
	answer.text = append(answer.text, '\n')
	r.kept.Store(answer)
	return answer
}

// remember keeps since when which issuers have no keys.
func (r *Ready) remember(unready []requiredIssuer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(unready)+len(r.since) == 0 {
		return
	}
	before := r.since
	r.since = make(map[string]time.Time, len(unready))
	for _, i := range unready {
		if at, known := before[i.url]; known {
			r.since[i.url] = at
			continue
		}
		r.since[i.url] = r.now().UTC().Truncate(time.Second)
	}
}

func (r *Ready) sinceWhen(issuer string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.since[issuer]
}
