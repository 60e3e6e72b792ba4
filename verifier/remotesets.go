package verifier

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// sweepEvery is how often key sets that nobody uses are looked for.
	sweepEvery = 10 * time.Minute

	// letGoAfter is how long a key set is kept that nobody uses and that can be
	// had again from the store, or has no keys. Others stay while their keys are
	// good for anything.
	letGoAfter = time.Hour

	// maxFetches is how many fetches go on at once, and maxCandidateFetches how
	// many beside them for issuers that were never seen good: a minute's ration
	// that began in one moment would be felt.
	maxFetches          = 256
	maxCandidateFetches = 8
)

// RemoteKeySets fetches and keeps the keys of any number of issuers. A key set
// exists from its first use on, and is let go when it is no longer used; there
// is no goroutine but for a fetch that is under way. Make one with
// [NewRemoteKeySets].
type RemoteKeySets struct {
	config   RemoteConfig
	client   *http.Client
	loopback *http.Client // for issuers whose own host is a loopback address

	ctx     context.Context //nolint:containedctx // the life of the key sets, which outlasts any call
	cancel  context.CancelFunc
	starts  sync.Mutex // so that no fetch begins behind Close
	running sync.WaitGroup

	slots, candidateSlots chan struct{} // one for each fetch that goes on
	patience              time.Duration // how long a fetch waits for a slot
	errands               errands

	mu         sync.RWMutex
	sets       map[location]*remoteKeySet
	candidates map[location]*remoteKeySet // of issuers that were never seen good
	swept      time.Time

	names storedNames
}

// NewRemoteKeySets makes key sets without fetching anything. The error joins
// all faults of the configuration. Close them when they are no longer used.
func NewRemoteKeySets(c RemoteConfig) (*RemoteKeySets, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := &RemoteKeySets{
		config: c, client: newClient(c, false), loopback: newClient(c, true), swept: c.Now(),
		sets: make(map[location]*remoteKeySet), candidates: make(map[location]*remoteKeySet),
		slots: make(chan struct{}, maxFetches), candidateSlots: make(chan struct{}, maxCandidateFetches),
		patience: c.Timeout,
	}
	if c.Store != nil {
		s.config.Store = &patientStore{c.Store, make(chan struct{}, maxStoreCalls)}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Close ends the fetches that are under way and waits for their end. Afterwards
// nothing is fetched any more. Calls of a Store that hangs are left behind.
func (s *RemoteKeySets) Close() error {
	s.starts.Lock()
	s.cancel()
	s.starts.Unlock()
	s.running.Wait()
	return nil
}

// begin runs a function that Close waits for, unless Close was called.
func (s *RemoteKeySets) begin(run func()) bool {
	s.starts.Lock()
	defer s.starts.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.running.Go(run)
	return true
}

// KeySet returns the key set of an issuer. Its keys are found by OpenID Connect
// Discovery, unless jwksURL says where they are, which may be on another host
// than the issuer. The error joins what is wrong with the URLs.
func (s *RemoteKeySets) KeySet(issuer, jwksURL string) (KeySet, error) {
	if err := errors.Join(locationFaults("", issuer, jwksURL)...); err != nil {
		return nil, err
	}
	return &remoteHandle{sets: s, location: location{issuer, jwksURL}}, nil
}

// remoteHandle is the key set of one location, which need not exist yet.
type remoteHandle struct {
	sets     *RemoteKeySets
	location location
	last     atomic.Pointer[remoteKeySet] // that was used last, if it is not gone
}

func (k *remoteHandle) Key(ctx context.Context, id string) (Key, error) {
	if k.sets.config.Now == nil {
		return Key{}, errZeroKeySets()
	}
	if key, found := k.freshKey(id); found {
		return key, nil
	}
	set := k.sets.at(k.location)
	k.last.Store(set)
	return set.key(ctx, id, nil)
}

// freshKey is for most calls: it takes no lock.
func (k *remoteHandle) freshKey(id string) (key Key, found bool) {
	set := k.last.Load()
	if set == nil || set.gone.Load() {
		return Key{}, false
	}
	return set.freshKey(id, k.sets.config.Now())
}

// at returns the key set of a location, new if need be.
func (s *RemoteKeySets) at(l location) *remoteKeySet {
	now := s.config.Now()
	s.mu.RLock()
	set, due := s.sets[l], now.Sub(s.swept) >= sweepEvery
	if set != nil {
		set.used.Store(now.UnixNano())
	}
	s.mu.RUnlock()
	if set != nil && !due {
		return set
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.swept) >= sweepEvery { // nobody else has done it meanwhile
		s.sweep(now)
	}
	if set = s.sets[l]; set == nil {
		set = s.promote(l)
	}
	set.used.Store(now.UnixNano())
	return set
}

// promote makes a key set that is trusted, out of the candidate if there is one.
func (s *RemoteKeySets) promote(l location) *remoteKeySet {
	set := s.candidates[l]
	if set == nil {
		set = s.newSet(l)
	}
	delete(s.candidates, l)
	s.sets[l] = set
	set.trust()
	return set
}

func (s *RemoteKeySets) newSet(l location) *remoteKeySet {
	client := s.client
	if u, err := url.Parse(l.issuer); err == nil && isLoopbackHost(u.Hostname()) {
		client = s.loopback
	}
	return &remoteKeySet{owner: s, source: source{l, client, dating{s.config.Now, s.config.Dated}}}
}

// sweep lets go of key sets that nobody uses.
func (s *RemoteKeySets) sweep(now time.Time) {
	s.swept = now
	for _, sets := range []map[location]*remoteKeySet{s.sets, s.candidates} {
		for l, set := range sets {
			if set.mayGo(now) {
				set.gone.Store(true)
				delete(sets, l)
			}
		}
	}
}

func errZeroKeySets() error {
	return &KeysUnavailableError{RetryAfter: time.Second, Err: errors.New("the key sets are a zero value; NewRemoteKeySets makes them")}
}
