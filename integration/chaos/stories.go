package main

import (
	"net/http"
	"time"
)

// story is something that goes wrong, from its beginning to its end.
type story struct {
	tell   func(*planner, time.Duration) bool // false if it cannot begin then
	seldom bool                               // it seldom can
}

// stories are all of them but the long outage. A plan that is long enough has
// each once before any comes again. Keys change most often.
func stories() []story {
	all := []story{
		{tell: (*planner).rotation}, {tell: (*planner).rotation}, {tell: (*planner).rotation}, {tell: (*planner).rotation},
		{tell: (*planner).emergencyRotation}, {tell: (*planner).emergencyRotation},
		{tell: (*planner).blackoutRestart, seldom: true},
		{tell: (*planner).sameLoad}, {tell: (*planner).otherSettings},
		{tell: (*planner).anotherPolicy}, {tell: (*planner).anotherPolicy},
		{tell: (*planner).removal}, {tell: (*planner).removalFromFile},
		{tell: (*planner).loadOfBadFile, seldom: true},
		{tell: (*planner).freeze},
	}
	for _, kill := range []bool{false, true} {
		all = append(all, story{tell: func(p *planner, at time.Duration) bool { return p.restart(at, kill) }, seldom: true})
	}
	for _, s := range []spoil{invented, unknownKid} {
		all = append(all, story{tell: func(p *planner, at time.Duration) bool { return p.flood(at, s) }})
	}
	for _, f := range flaws {
		all = append(all, story{tell: func(p *planner, at time.Duration) bool { return p.flawedLoad(at, f) }})
	}
	for _, d := range damages {
		all = append(all, story{tell: func(p *planner, at time.Duration) bool { return p.badIssuersFile(at, d) }})
	}
	for _, f := range faults() {
		all = append(all, story{tell: func(p *planner, at time.Duration) bool { return p.outage(at, f) }})
	}
	return all
}

// faults are those of devsts, as they are set.
func faults() []fault {
	return []fault{
		{kind: "delay", delay: 150 * time.Millisecond, harmless: true},
		{kind: "delay", delay: 3 * time.Second},
		{kind: "error", status: http.StatusServiceUnavailable},
		{kind: "error", status: http.StatusNotFound},
		{kind: "hang"},
		{kind: "endless"},
		{kind: "garbage"},
		{kind: "truncated"},
		{kind: "reset"},
		{kind: "oversize"},
		{kind: "gzip_bomb"},
		{kind: "redirect"},
		{kind: "wrong_issuer", document: "discovery"},
		{kind: "foreign_keys", document: "discovery"},
		{kind: "no_usable_keys", document: "keys"},
		{kind: "unknown_kinds", document: "keys", harmless: true},
	}
}

// outage breaks an issuer, or all of them, for some seconds.
func (p *planner) outage(at time.Duration, f fault) bool {
	if f.document == "" {
		f.document = pick(p, []string{"discovery", "keys", "both", "both"})
	}
	name, until := everyIssuer, at+p.between(2*time.Second, 6*time.Second)
	if p.rand.IntN(4) > 0 {
		name, until = p.anIssuer(func(*issuer) bool { return true }).name, at+p.between(3*time.Second, 12*time.Second)
	}
	until, ok := p.disturb("faults of "+name, at, until)
	if ok {
		p.do(at, breakIssuer{name, f})
		p.do(until, mendIssuer{name})
	}
	return ok
}

// longOutage is one of longer than max_stale, of an issuer that is left alone
// otherwise.
func (p *planner) longOutage() {
	at := p.between(2*time.Second, 5*time.Second)
	until := at + maxStale + p.between(10*time.Second, 14*time.Second)
	down := p.anIssuer(func(i *issuer) bool { return i.source == ofOrganization })
	if !p.take("faults of "+down.name, at, until) {
		return
	}
	p.take("keys of "+down.name, at, until)
	f := pick(p, []fault{{kind: "error", status: http.StatusInternalServerError}, {kind: "hang"}, {kind: "garbage"}})
	f.document = "both"
	p.do(at, breakIssuer{down.name, f})
	p.do(until, mendIssuer{down.name})
}

// rotation is what a careful issuer does: new keys are published before they
// sign, and the old ones are withdrawn when nobody needs them any more.
func (p *planner) rotation(at time.Duration) bool {
	i := p.anIssuer(func(i *issuer) bool { return i.source != nobody })
	until := at + overlap + p.between(3*time.Second, 8*time.Second)
	if !p.take("keys of "+i.name, at, until) {
		return false
	}
	p.do(at, rotateKeys{issuer: i.name, overlap: overlap})
	p.do(until, withdrawKeys{i.name})
	return true
}

// emergencyRotation is what an issuer does whose key was stolen.
func (p *planner) emergencyRotation(at time.Duration) bool {
	i := p.anIssuer(func(i *issuer) bool { return i.source != nobody })
	if !p.take("keys of "+i.name, at, at+noticeTime) {
		return false
	}
	p.do(at, rotateKeys{issuer: i.name, withdraw: true})
	return true
}

// freeze stops devsts, which then accepts connections and says nothing.
func (p *planner) freeze(at time.Duration) bool {
	until, ok := p.disturb("devsts", at, at+p.between(time.Second, 3*time.Second))
	if ok {
		p.do(at, freezeSTS{until - at})
	}
	return ok
}

func (p *planner) flood(at time.Duration, of spoil) bool {
	from := p.anIssuer(func(i *issuer) bool { return i.source != nobody })
	if !p.take("flood", at, at+3*time.Second) {
		return false
	}
	p.do(at, flood{120 + p.rand.IntN(80), of, from.name})
	return true
}
