package main

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// wallet holds the latest tokens of each role, by the key that signed them: a
// caller may have one of a key that is about to go, or has gone.
type wallet struct {
	mu     sync.Mutex
	tokens map[pocket]map[string]token // by algorithm
	spoilt map[spoil]map[string]token  // by issuer
}

type pocket struct {
	issuer, team string
	generation   int
}

// spoil is what is wrong with a token by itself.
type spoil string

const (
	forged        spoil = "a forged signature"
	expired       spoil = "an expired token"
	wrongAudience spoil = "another audience"
	unknownKid    spoil = "an unknown kid"
	invented      spoil = "an invented issuer"
)

// The kinds of bad requests with a token that is right by itself: those that are
// sent on purpose, and those that come about.
const (
	strange   = "a stranger's issuer"
	withdrawn = "a withdrawn key"

	notTrusted = "its issuer is not trusted"
	denied     = "the policy denies it"
	forgotten  = "its key was withdrawn"
	tooStale   = "its issuer is down for longer than max_stale"
)

func newWallet() *wallet {
	return &wallet{tokens: make(map[pocket]map[string]token), spoilt: make(map[spoil]map[string]token)}
}

func (w *wallet) put(t token, algorithm string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := pocket{t.from.name, t.team, t.generation}
	if w.tokens[p] == nil {
		w.tokens[p] = make(map[string]token)
	}
	w.tokens[p][algorithm] = t
}

func (w *wallet) putSpoilt(s spoil, t token) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.spoilt[s] == nil {
		w.spoilt[s] = make(map[string]token)
	}
	w.spoilt[s][t.from.name] = t
}

func (w *wallet) takeSpoilt(s spoil, i *issuer) (token, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, ok := w.spoilt[s][i.name]
	return t, ok
}

// newest returns a token of the newest key that fits, or, if none does and
// anyway is true, of the newest at all.
func (w *wallet) newest(i *issuer, team string, fits func(generation int) bool, anyway bool) (token, bool) {
	all := w.generations(i, team)
	for _, n := range all {
		if fits(n) {
			return w.of(i, team, n)
		}
	}
	if !anyway || len(all) == 0 {
		return token{}, false
	}
	return w.of(i, team, all[0])
}

// generations are those of which there are tokens, the newest first.
func (w *wallet) generations(i *issuer, team string) []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []int
	for p := range w.tokens {
		if p.issuer == i.name && p.team == team {
			all = append(all, p.generation)
		}
	}
	slices.Sort(all)
	slices.Reverse(all)
	return all
}

func (w *wallet) of(i *issuer, team string, generation int) (token, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.tokens[pocket{i.name, team, generation}]
	maps.DeleteFunc(held, func(_ string, t token) bool { return time.Until(t.until) < time.Minute })
	if len(held) == 0 {
		delete(w.tokens, pocket{i.name, team, generation})
		return token{}, false
	}
	return held[anyOf(slices.Collect(maps.Keys(held)))], true
}
