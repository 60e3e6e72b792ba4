package verifier

import "slices"

// countListed counts the listed issuers, if what lists them is another than it was.
func (c *Census) countListed() {
	for _, v := range c.voters {
		if v.file == nil {
			continue
		}
		v.file.refresh()
		if version := v.file.version.Load(); version != v.version {
			v.version, c.counted = version, false
		}
	}
	if c.counted {
		return
	}
	c.counted, c.listed, c.sets = true, 0, nil
	if len(c.voters) > 1 {
		c.places = make(map[keyPlace]bool)
	}
	for _, v := range c.voters {
		if o := v.organization; o != nil {
			c.addSets(o.remote)
		}
		for _, i := range v.listed {
			c.add(v, i)
		}
		v.byFile = make(map[string][]*issuer)
		if v.version == nil {
			continue
		}
		for _, i := range v.version.issuers {
			c.add(v, i)
			if keys, ok := i.Keys.(*FileKeySet); ok {
				v.byFile[keys.file.path] = append(v.byFile[keys.file.path], i)
			}
		}
	}
	c.places = nil
}

func (c *Census) add(v *voter, i *issuer) {
	place := keyPlace{sets: v.remote, url: i.URL}
	place.from, place.at = i.keysAt()
	if keys, ok := i.Keys.(*remoteHandle); ok {
		place.sets = keys.sets
		c.addSets(keys.sets)
	}
	if c.places[place] {
		return
	}
	c.listed++
	if c.places != nil {
		c.places[place] = true
	}
}

func (c *Census) addSets(sets *RemoteKeySets) {
	if !slices.Contains(c.sets, sets) { // of which there are as many as ways to fetch
		c.sets = append(c.sets, sets)
	}
}

// heldSet is a key set that there is, and whether its issuer is more than a
// candidate.
type heldSet struct {
	set     *remoteKeySet
	trusted bool
}

// hold appends the key sets that there are.
func (s *RemoteKeySets) hold(to []heldSet) []heldSet {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, set := range s.sets {
		to = append(to, heldSet{set, true})
	}
	for _, set := range s.candidates {
		to = append(to, heldSet{set, false})
	}
	return to
}

func (h heldSet) statusOf(i *issuer, v *voter) Status {
	l := h.set.source.location
	s := i.trustStatus()
	s.Issuer = l.issuer // an organization's is that of all of them
	s.KeysFrom, s.KeysAt = l.source()
	h.set.condition(&s, v.of.now())
	return s
}
