package verifier

import (
	"slices"
	"sync"
)

// Census counts the issuers that some Verifiers trust, by the state of their keys.
// An issuer whose keys several of them share counts once; one whose keys come from
// two places, or from two RemoteKeySets, counts twice, since one of them can be out
// of reach.
//
// A count costs what the issuers cost that have a key set, because somebody used
// them. How many the others are is worked out once, and once more for each new
// version of an issuers file. Make one with [NewCensus].
type Census struct {
	mu      sync.Mutex
	voters  []*voter
	listed  int               // how many issuers are listed
	sets    []*RemoteKeySets  // where their keys and those of organizations are
	held    []heldSet         // memory for the key sets of one of them
	counted bool              // whether listed is right for the versions
	places  map[keyPlace]bool // nil but while issuers are counted
}

// voter is a Verifier of a Census.
type voter struct {
	*trust
	of      *Verifier
	version *issuersVersion      // of its issuers file, when it was counted last; nil without one
	files   []*issuer            // of the configuration, with a key file
	byFile  map[string][]*issuer // of the version, by the path of their key file
}

// keyPlace is where keys are that issuers share.
type keyPlace struct {
	sets *RemoteKeySets
	url  string
	from KeySource
	at   string // as in Status.KeysAt
}

// NewCensus makes one of Verifiers that stay the same. One that is nil trusts
// nobody.
func NewCensus(verifiers ...*Verifier) *Census {
	c := new(Census)
	for _, v := range verifiers {
		if v == nil || v.trust == nil {
			continue
		}
		one := &voter{trust: v.trust, of: v}
		for _, i := range v.trust.listed {
			if _, ok := i.Keys.(*FileKeySet); ok {
				one.files = append(one.files, i)
			}
		}
		c.voters = append(c.voters, one)
	}
	return c
}

// Count tells of each issuer that has a key set, once, and returns how many others
// are listed: nobody has used those, and their keys are StateUnfetched. Of an
// organization it tells of those of whose tokens one was accepted, and of no
// candidates. A Status that is told of has no Keys.
//
// Calls wait for one another, and told must not make one. It fetches nothing, and
// makes no key sets.
func (c *Census) Count(told func(Status)) (others int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.countListed()
	others = c.listed
	for _, sets := range c.sets {
		c.held = sets.hold(c.held[:0])
		for _, each := range c.held {
			v, i := c.trusting(each)
			if i == nil {
				continue
			}
			if i.orgs == nil {
				others--
			}
			told(each.statusOf(i, v))
		}
	}
	clear(c.held)
	for n := range c.voters {
		others -= c.countFiles(n, told)
	}
	return others
}

// trusting finds the first who trusts the issuer of a key set, by its own entry or
// else as one of an organization.
func (c *Census) trusting(each heldSet) (*voter, *issuer) {
	l := each.set.source.location
	for _, v := range c.voters {
		if i := v.entry(l.issuer); i != nil && i.isAt(each.set) {
			return v, i
		}
	}
	if !each.trusted || l.jwksURL != "" {
		return nil, nil
	}
	for _, v := range c.voters {
		if o := v.organization; o != nil && o.remote == each.set.owner && o.matches(l.issuer) && v.entry(l.issuer) == nil {
			return v, &o.issuer
		}
	}
	return nil, nil
}

// entry is the listed issuer with the URL in what is counted, or nil.
func (v *voter) entry(url string) *issuer {
	if i := v.listed[url]; i != nil {
		return i
	}
	if v.version != nil {
		return v.version.issuers[url]
	}
	return nil
}

// isAt reports whether the issuer's keys are those of the set.
func (i *issuer) isAt(set *remoteKeySet) bool {
	k, ok := i.Keys.(*remoteHandle)
	return ok && k.sets == set.owner && k.location == set.source.location
}

// countFiles tells of the issuers of one Verifier whose key files are in use, and
// returns how many these are. Where an earlier Verifier has the same issuer with
// the same file, it is that one's.
func (c *Census) countFiles(n int, told func(Status)) (found int) {
	v := c.voters[n]
	tell := func(i *issuer, keys *FileKeySet) {
		earlier := slices.ContainsFunc(c.voters[:n], func(other *voter) bool {
			same := other.entry(i.URL)
			return same != nil && other.remote == v.remote && same.keysIn(keys.file.path)
		})
		if earlier {
			return
		}
		found++
		s := i.trustStatus()
		s.KeysFrom, s.KeysAt = i.keysAt()
		keys.condition(&s, v.of.now())
		told(s)
	}
	for _, i := range v.files {
		if keys, ok := i.Keys.(*FileKeySet); ok && keys.version.Load() != nil {
			tell(i, keys)
		}
	}
	if v.file == nil {
		return found
	}
	for _, keys := range v.file.opened.all() {
		if v.version.files[keys.file.path] != keys {
			continue // an earlier version's
		}
		for _, i := range v.byFile[keys.file.path] {
			tell(i, keys)
		}
	}
	return found
}

func (i *issuer) keysIn(file string) bool {
	keys, ok := i.Keys.(*FileKeySet)
	return ok && keys.file.path == file
}
