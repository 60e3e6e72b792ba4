package main

import "math/rand/v2"

// The requests of those who mean well, and of those who do not.

// ordinary is a request of somebody who means well: with the newest token that
// is good by its key, or else with the newest.
func (t *trial) ordinary(i *issuer, team string) *request {
	held, ok := t.wallet.newest(i, team, func(n int) bool { return t.oracle.usable(i.name, n) }, true)
	if !ok {
		return nil
	}
	site := anyOf(sites)
	if i.source == ofOrganization && rand.IntN(5) > 0 {
		site = openSite // the other one does not trust it, which is worth a look now and then
	}
	return newRequest(held, site, "")
}

// spoilers make bad requests, a kind each.
func (t *trial) spoilers() []func() *request {
	makers := []func() *request{t.strange, t.withdrawn}
	for _, s := range []spoil{forged, expired, wrongAudience, unknownKid, invented} {
		makers = append(makers, func() *request { return t.spoiltRequest(s, anyOf(t.trusted())) })
	}
	return makers
}

// badKinds are how bad requests are counted that are so at any time.
func badKinds() []string {
	return []string{strange, string(forged), string(expired), string(wrongAudience), string(unknownKid), string(invented)}
}

func (t *trial) strange() *request {
	return t.sometimes(t.stranger(), strange, func(int) bool { return true })
}

// withdrawn is a request with a token whose key must be forgotten by now, if
// there is one.
func (t *trial) withdrawn() *request {
	from := t.trusted()
	for _, n := range rand.Perm(len(from)) {
		if r := t.sometimes(from[n], withdrawn, func(g int) bool { return t.oracle.gone(from[n].name, g) }); r != nil {
			return r
		}
	}
	return nil
}

func (t *trial) sometimes(i *issuer, kind string, fits func(int) bool) *request {
	held, ok := t.wallet.newest(i, anyOf(teams), fits, false)
	if !ok {
		return nil
	}
	return newRequest(held, anyOf(sites), kind)
}

// spoiltRequest is one whose token is bad by itself.
func (t *trial) spoiltRequest(s spoil, from *issuer) *request {
	held, ok := t.wallet.takeSpoilt(s, from)
	if s == forged || s == unknownKid || s == invented {
		if held, ok = t.wallet.newest(from, anyOf(teams), func(int) bool { return true }, true); ok {
			var err error
			if held.raw, err = forge(s, held.raw, t.base); err != nil {
				t.tally.fault(err)
				return nil
			}
		}
	}
	if !ok {
		return nil
	}
	r := newRequest(held, anyOf(sites), string(s))
	r.spoilt = s
	return r
}

// probeRequest is one that the rules of configurations may be about.
func (t *trial) probeRequest() *request {
	return t.ordinary(anyOf(t.trusted()), anyOf(teams))
}
