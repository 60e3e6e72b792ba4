package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// key tells differences apart: a witness accepts what we refuse for a reason.
type key struct {
	mutation string
	reason   verifier.Reason
	by       string
}

func (k key) String() string {
	return fmt.Sprintf("%-60s  %-21s  %s", k.mutation, k.reason, k.by)
}

// group is what the table counts tokens by.
type group struct {
	alg, account string
}

// tally is what came of all tokens.
type tally struct {
	listed  map[key]string // the committed list, with its reasons in words
	names   []string       // of the witnesses, ours first
	expects []group

	mu          sync.Mutex
	tokens      int
	accepted    []int         // by each witness
	byAll       map[group]int // tokens that all accept
	of          map[group]int // tokens
	alone       map[key]int   // differences in tokens with one change
	company     map[key]int   // those in tokens with several, by the change that explains them
	unlisted    map[key]int
	faults      []fault // in the order in which they were found, at most maxFaults of a kind
	faultCounts map[string]int
	laxerBy     map[string]int // tokens that only ours accepts, by their changes
}

// fault is a token by which the run fails.
type fault struct {
	kind, what string
	outcome    outcome
}

// The kinds of faults.
const (
	laxer      = "ours accepts, another refuses"
	misread    = "ours and another read different things"
	goodFails  = "a good token is not accepted by all"
	notOnAList = "ours refuses, another accepts, and no line of the list says why"
)

const maxFaults = 5

func newTally(t *trial) *tally {
	r := &tally{
		listed: t.list, names: []string{t.ours.name}, accepted: make([]int, 1+len(t.others)),
		byAll: make(map[group]int), of: make(map[group]int), alone: make(map[key]int), company: make(map[key]int),
		unlisted: make(map[key]int), faultCounts: make(map[string]int), laxerBy: make(map[string]int),
	}
	for _, w := range t.others {
		r.names = append(r.names, w.name)
	}
	for _, alg := range algorithms() {
		for _, account := range trusted() {
			r.expects = append(r.expects, group{alg, account})
		}
	}
	return r
}

// add judges an outcome.
func (r *tally) add(o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens++
	of := group{o.order.alg, o.account}
	r.of[of]++
	all := o.ours.accepted()
	if all {
		r.accepted[0]++
	}
	for i, v := range o.others {
		if v.accepted() {
			r.accepted[1+i]++
		}
		all = all && v.accepted()
		r.compare(o, r.names[1+i], v)
	}
	if all {
		r.byAll[of]++
	}
	if !all && len(o.order.mutations) == 0 {
		r.fail(goodFails, "nothing was changed in it", o)
	}
}

// compare holds one verdict against ours.
func (r *tally) compare(o outcome, by string, v verdict) {
	switch {
	case o.ours.accepted() && !v.accepted():
		r.laxerBy[strings.Join(o.order.names(), " + ")]++
		r.fail(laxer, by+" refuses: "+v.err.Error(), o)
	case o.ours.accepted():
		if what := o.ours.reading.unlike(v.reading); what != "" {
			r.fail(misread, "ours and "+by+": "+what, o)
		}
	case v.accepted():
		r.differ(o, by)
	}
}

// differ counts a difference under the change that the list explains it by.
func (r *tally) differ(o outcome, by string) {
	k := key{reason: reasonOf(o.ours.err), by: by}
	if line, ok := r.explain(o, k); ok {
		if len(o.order.mutations) == 1 {
			r.alone[line]++
		} else {
			r.company[line]++
		}
		return
	}
	k.mutation = strings.Join(o.order.names(), " + ")
	if r.unlisted[k]++; r.unlisted[k] == 1 {
		r.fail(notOnAList, by+" accepts", o)
	} else {
		r.faultCounts[notOnAList]++
	}
}

// explain finds the line of the list for a difference. Where there are several
// changes one may hide another: a claim that is twice in an object is nothing to
// somebody who does not find the object. There, a line about another witness will
// do, since who accepts what is told by the tokens with one change.
func (r *tally) explain(o outcome, k key) (line key, ok bool) {
	by := []string{k.by}
	if len(o.order.mutations) > 1 {
		by = append(by, r.names[1:]...)
	}
	for _, k.by = range by {
		for _, k.mutation = range o.order.names() {
			if _, ok := r.listed[k]; ok {
				return k, true
			}
		}
	}
	return k, false
}

func (r *tally) fail(kind, what string, o outcome) {
	if r.faultCounts[kind]++; r.faultCounts[kind] <= maxFaults {
		r.faults = append(r.faults, fault{kind, what, o})
	}
}

// healthyShare is how many of a hundred tokens, of each algorithm and issuer,
// must be accepted by all.
const healthyShare = 15

// wrong says what breaks the rule.
func (r *tally) wrong() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var wrong []string
	for _, kind := range []string{laxer, misread, goodFails, notOnAList} {
		if n := r.faultCounts[kind]; n > 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %d times", kind, n))
		}
	}
	for _, of := range r.expects {
		if r.byAll[of]*100 < r.of[of]*healthyShare || r.of[of] == 0 {
			wrong = append(wrong, fmt.Sprintf("of %d tokens of %s with %s all accept %d, which is under %d of a hundred",
				r.of[of], of.account, of.alg, r.byAll[of], healthyShare))
		}
	}
	if gone := r.gone(); len(gone) > 0 {
		wrong = append(wrong, fmt.Sprintf("%d lines of the list did not occur", len(gone)))
	}
	return wrong
}

// gone are the lines of the list that did not occur.
func (r *tally) gone() []key {
	var gone []key
	for k := range r.listed {
		if r.alone[k] == 0 {
			gone = append(gone, k)
		}
	}
	slices.SortFunc(gone, func(a, b key) int { return strings.Compare(a.String(), b.String()) })
	return gone
}
