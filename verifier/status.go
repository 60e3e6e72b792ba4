package verifier

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// KeyState is what can be said of an issuer's keys. The set is closed.
type KeyState string

// The states.
const (
	StateFresh       KeyState = "fresh"       // they serve, and are not older than the TTL
	StateStale       KeyState = "stale"       // they serve, but are to be refreshed
	StateUnavailable KeyState = "unavailable" // there are none that serve, and the last look for them failed
	StateUnfetched   KeyState = "unfetched"   // nobody has needed them, or not for so long that they are gone
)

// KeyStates returns the closed set.
func KeyStates() []KeyState {
	return []KeyState{StateFresh, StateStale, StateUnavailable, StateUnfetched}
}

// Listing is where it says that an issuer is trusted.
type Listing string

// The listings.
const (
	ListedInConfiguration Listing = "configuration" // Config.Issuers
	ListedInFile          Listing = "issuers_file"  // Config.IssuersFile
	ListedByOrganization  Listing = "organization"  // Config.Organization, by its template
)

// KeySource is how an issuer's keys are had.
type KeySource string

// The sources.
const (
	KeysByDiscovery KeySource = "discovery"
	KeysByURL       KeySource = "jwks_url"
	KeysByFile      KeySource = "jwks_file"
	KeysByProgram   KeySource = "" // Issuer.Keys, of which nothing is known here
)

// Status is what is known of a trusted issuer and its keys, without asking
// anybody.
type Status struct {
	Issuer   string
	Accounts []string // that it may speak for; none is any. Do not change them
	ListedIn Listing
	KeysFrom KeySource
	KeysAt   string // the URL or the path that the configuration names; "" for discovery
	State    KeyState

	// Candidate says that only the template of an organization vouches for the
	// issuer: no token of it was accepted yet, and anybody can invent one.
	Candidate bool

	// Keys are those that serve, in the order of their IDs.
	Keys []KeyStatus

	// Fetched is when the last good fetch began, or when the version of a key file
	// that is in force was read; zero if there was none. Keys from a store bring
	// their time along.
	Fetched time.Time

	// Age is how old the keys that serve are; 0 if there are none.
	Age time.Duration

	// Attempted is when the last look for keys began; zero if there was none.
	Attempted time.Time

	// Fetching says that a fetch is under way.
	Fetching bool

	// Err is why the last look failed, at most 1 KiB of it; nil if it did not. It
	// may hold what a server sent.
	Err error

	// NextFetch is from when on a use of the keys has them fetched again. Zero is
	// at once. One for a key ID that is unknown may come before.
	NextFetch time.Time
}

// KeyStatus is a key that serves.
type KeyStatus struct {
	ID        string
	Algorithm Algorithm
}

// Statuses returns the status of each trusted issuer, in no order. Of an
// organization there are those of whose tokens any was seen and that are still
// remembered. It makes no key sets and fetches nothing, so an issuer that was
// never used costs next to nothing.
func (v *Verifier) Statuses() iter.Seq[Status] {
	return func(yield func(Status) bool) {
		if v == nil || v.trust == nil {
			return
		}
		now := v.now()
		if v.trust.file != nil {
			v.trust.file.refresh()
		}
		for i := range v.trust.all {
			if !yield(i.status(now)) {
				return
			}
		}
		if v.trust.organization == nil {
			return
		}
		for _, i := range v.trust.organization.seen(v.trust) {
			if !yield(i.status(now)) {
				return
			}
		}
	}
}

// Status returns that of one issuer. The second result says whether it is
// trusted; one of an organization is by its form alone.
func (v *Verifier) Status(issuer string) (Status, bool) {
	if v == nil {
		return Status{}, false
	}
	i := v.trust.find(issuer)
	if i == nil {
		return Status{}, false
	}
	return i.status(v.now()), true
}

func (i *issuer) status(now time.Time) Status {
	s := i.trustStatus()
	switch keys := i.Keys.(type) { // of an interface, each status would take memory of its own
	case *remoteHandle:
		keys.status(&s, now)
	case *candidateKeys:
		keys.status(&s, now)
	case *FileKeySet:
		s.KeysFrom, s.KeysAt = KeysByFile, keys.file.path
		s.Keys = keyStatuses(keys.condition(&s, now))
	}
	return s
}

// trustStatus is the status of an issuer as far as its keys do not matter.
func (i *issuer) trustStatus() Status {
	s := Status{Issuer: i.URL, Accounts: i.Accounts, ListedIn: ListedInConfiguration, State: StateUnfetched}
	switch {
	case i.orgs != nil:
		s.ListedIn = ListedByOrganization
	case i.inFile:
		s.ListedIn = ListedInFile
	}
	return s
}

// keysAt is where a listed issuer's keys are.
func (i *issuer) keysAt() (from KeySource, at string) {
	switch keys := i.Keys.(type) {
	case *remoteHandle:
		return keys.location.source()
	case *FileKeySet:
		return KeysByFile, keys.file.path
	}
	return KeysByProgram, ""
}

func (l location) source() (from KeySource, at string) {
	if l.jwksURL != "" {
		return KeysByURL, l.jwksURL
	}
	return KeysByDiscovery, ""
}

func (k *remoteHandle) status(s *Status, now time.Time) {
	s.KeysFrom, s.KeysAt = k.location.source()
	set, trusted := k.sets.peek(k.location)
	s.Candidate = s.ListedIn == ListedByOrganization && !trusted
	if set != nil {
		s.Keys = keyStatuses(set.condition(s, now))
	}
}

// peek returns the key set of a location, if there is one, and whether it is a
// trusted one. Nobody uses it by that.
func (s *RemoteKeySets) peek(l location) (set *remoteKeySet, trusted bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if set = s.sets[l]; set != nil {
		return set, true
	}
	return s.candidates[l], false
}

// condition is all of the status that the keys decide but the Keys themselves,
// which it returns. Nobody changes them.
func (s *remoteKeySet) condition(into *Status, now time.Time) map[string]Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.owner.config
	age := max(now.Sub(s.fetched), 0)
	into.Fetched, into.Attempted, into.Fetching, into.Err = s.fetched, s.fetched, s.current != nil, s.failure
	if s.failed.After(s.fetched) {
		into.Attempted = s.failed
	}
	if s.failure != nil {
		into.NextFetch = s.failed.Add(c.Cooldown)
	}
	switch {
	case s.keys != nil && age <= c.TTL:
		into.State = StateFresh
		into.NextFetch = later(into.NextFetch, s.fetched.Add(c.TTL))
	case s.keys != nil && age <= c.MaxStale:
		into.State = StateStale
	default:
		if s.failure != nil {
			into.State = StateUnavailable
		}
		return nil
	}
	into.Age = age
	return s.keys
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func keyStatuses(keys map[string]Key) []KeyStatus {
	if keys == nil {
		return nil
	}
	all := make([]KeyStatus, 0, len(keys))
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		all = append(all, KeyStatus{id, keys[id].Algorithm()})
	}
	return all
}

func (s *FileKeySet) condition(into *Status, now time.Time) map[string]Key {
	version := s.version.Load()
	if version == nil {
		return nil
	}
	into.Err = version.err
	if looked := s.file.looked.Load(); looked != 0 {
		into.Attempted = time.Unix(0, looked)
		into.NextFetch = into.Attempted.Add(lookEvery)
	}
	if version.keys == nil {
		into.State = StateUnavailable
		return nil
	}
	into.State, into.Fetched = StateFresh, version.read
	into.Age = max(now.Sub(version.read), 0)
	if fault := s.trouble.Load(); fault != nil {
		into.State, into.Err = StateStale, cut(*fault)
	}
	return version.keys
}

// seen returns the issuers of the organization that are remembered and that are
// not listed by themselves.
func (o *organization) seen(t *trust) (all []*issuer) {
	o.remote.mu.RLock()
	defer o.remote.mu.RUnlock()
	for _, sets := range []map[location]*remoteKeySet{o.remote.sets, o.remote.candidates} {
		for l := range sets {
			if l.jwksURL != "" || !strings.HasPrefix(l.issuer, o.before) || t.isListed(l.issuer) {
				continue
			}
			if i := o.find(l.issuer); i != nil {
				all = append(all, i)
			}
		}
	}
	return all
}

// isListed looks at no file.
func (t *trust) isListed(url string) bool {
	return t.listed[url] != nil || t.file != nil && t.file.version.Load().issuers[url] != nil
}
