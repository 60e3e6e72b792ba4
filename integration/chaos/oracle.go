package main

import (
	"slices"
	"sync"
	"time"
)

// verdict is what a request deserves at some time.
type verdict string

const (
	unsure verdict = "unsure" // either answer is right
	good   verdict = "good"
	bad    verdict = "bad"
)

// oracle knows what the gateway must do with a request. Whoever changes something
// tells it: before the change that it may be in force from now on, and after it
// that it is.
type oracle struct {
	now func() time.Time

	mu      sync.Mutex
	issuers map[string]*issuerState
	configs []config // those that may be in force
	files   []string // the versions of the issuers file that may be, by the issuer that they lack
	fileDue time.Time
}

func newOracle(issuers []*issuer, now func() time.Time) *oracle {
	o := &oracle{now: now, issuers: make(map[string]*issuerState), configs: []config{basic}, files: []string{""}}
	for _, i := range issuers {
		o.issuers[i.name] = newIssuerState()
	}
	return o
}

// judge says what a request deserves if it were sent or answered now, and why.
func (o *oracle) judge(r *request) (verdict, string) {
	if r.spoilt != "" {
		return bad, string(r.spoilt)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	o.settleFile(now)
	passes, trusted := 0, false
	for _, c := range o.configs {
		for _, missing := range o.files {
			if c.trusts(r.from, r.site, missing) {
				trusted = true
				if c.policy.allows(r.team, r.method) {
					passes++
				}
			}
		}
	}
	keys, why := o.issuers[r.from.name].judge(r.generation, now)
	switch {
	case !trusted:
		return bad, notTrusted
	case passes == 0:
		return bad, denied
	case keys == bad:
		return bad, why
	case passes < len(o.configs)*len(o.files) || keys == unsure:
		return unsure, ""
	}
	return good, ""
}

// settleFile ends the time in which an older version of the issuers file may be
// in force.
func (o *oracle) settleFile(now time.Time) {
	if !o.fileDue.IsZero() && now.After(o.fileDue) {
		o.files, o.fileDue = o.files[len(o.files)-1:], time.Time{}
	}
}

// may says that another configuration may be in force from now on.
func (o *oracle) may(c config) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.configs = append(o.configs, c)
	o.interruptAbsent()
}

// is says that a configuration is in force, and has read the issuers file anew.
func (o *oracle) is(c config) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.configs = []config{c}
	o.files, o.fileDue = o.files[len(o.files)-1:], time.Time{}
	o.interruptAbsent()
}

// stays says that the configuration from before is still the one in force.
func (o *oracle) stays() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.configs = o.configs[:1]
	o.interruptAbsent()
}

// fileMay says that a version of the issuers file may be in force from now on,
// and fileIs that it was in place by now.
func (o *oracle) fileMay(missing string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	o.settleFile(now)
	if o.files[len(o.files)-1] != missing {
		o.files, o.fileDue = append(o.files, missing), time.Time{}
	}
	o.interruptAbsent()
}

func (o *oracle) fileIs() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.files) > 1 {
		o.fileDue = o.now().Add(fileTime)
	}
}

// fileIsBad says that a bad version is in place: what the gateway has not seen by
// now it may not see before the next good one.
func (o *oracle) fileIsBad() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.settleFile(o.now())
	o.fileDue = time.Time{}
}

// absent interrupts an issuer while something may not trust it.
const absent = "not trusted"

// interruptAbsent interrupts the issuers that something which may be in force
// does not trust: they may not be fetched from.
func (o *oracle) interruptAbsent() {
	now := o.now()
	for name, state := range o.issuers {
		gone := slices.Contains(o.files, name)
		for _, c := range o.configs {
			gone = gone || c.without == name
		}
		if gone {
			state.interrupt(absent, now)
			continue
		}
		state.resume(absent, now)
	}
}

// interrupt says of an issuer, or of everyIssuer, that it may not be fetched from
// from now on.
func (o *oracle) interrupt(name, reason string) { o.each(name, reason, (*issuerState).interrupt) }

// resume says that a reason for that is gone.
func (o *oracle) resume(name, reason string) { o.each(name, reason, (*issuerState).resume) }

// cutOff says that it cannot have been fetched from since now.
func (o *oracle) cutOff(name, reason string) { o.each(name, reason, (*issuerState).cutOff) }

// warm says that the gateway has the keys of all issuers.
func (o *oracle) warm() { o.each(everyIssuer, "", (*issuerState).warm) }

func (o *oracle) each(name, reason string, do func(*issuerState, string, time.Time)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for each, state := range o.issuers {
		if name == each || name == everyIssuer {
			do(state, reason, o.now())
		}
	}
}

// keysMayGo says that keys of an issuer are about to be withdrawn, and published
// which ones it has after a change.
func (o *oracle) keysMayGo(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.issuers[name].mayGo(o.now())
}

func (o *oracle) published(name string, generations []int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.issuers[name].publish(generations, o.now())
}

// usable says whether tokens of a generation are good by their key now, and gone
// whether they are bad by it.
func (o *oracle) usable(name string, generation int) bool { return o.keys(name, generation) == good }
func (o *oracle) gone(name string, generation int) bool   { return o.keys(name, generation) == bad }

func (o *oracle) keys(name string, generation int) verdict {
	o.mu.Lock()
	defer o.mu.Unlock()
	v, _ := o.issuers[name].judge(generation, o.now())
	return v
}

// steadySince says since when an issuer could be fetched from without a break.
func (o *oracle) steadySince(name string) (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.issuers[name]
	return s.since, len(s.interruptions) == 0
}
