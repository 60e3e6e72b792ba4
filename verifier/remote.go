package verifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Defaults of a RemoteConfig.
const (
	DefaultTTL      = 15 * time.Minute
	DefaultMaxStale = 24 * time.Hour
	DefaultCooldown = 30 * time.Second
	DefaultTimeout  = 5 * time.Second
)

// RemoteConfig says where an issuer's keys are and how they are kept.
type RemoteConfig struct {
	// Issuer is the issuer's URL. Its keys are found by OpenID Connect Discovery.
	Issuer string

	// JWKSURL skips discovery. It may be on another host than the issuer.
	JWKSURL string

	// TTL is the age from which keys are refreshed in the background while they
	// serve. The default is DefaultTTL.
	TTL time.Duration

	// MaxStale is the age up to which keys serve when they cannot be refreshed.
	// The default is DefaultMaxStale, or TTL when that is longer.
	MaxStale time.Duration

	// Cooldown is the shortest time between two fetches for key IDs that are
	// unknown, and after a fetch that failed. The default is DefaultCooldown.
	Cooldown time.Duration

	// Timeout bounds one fetch, discovery included. The default is DefaultTimeout.
	Timeout time.Duration

	// AllowPrivateAddresses lets keys be fetched from loopback, private,
	// link-local and multicast addresses. Without it they are fetched from
	// public addresses alone, or from loopback when the issuer's host is one.
	AllowPrivateAddresses bool

	// Now is the clock. The default is time.Now.
	Now func() time.Time

	// Logger is told of fetches that failed or changed the keys. The default
	// discards.
	Logger *slog.Logger
}

// RemoteKeySet fetches an issuer's keys when they are first asked for, and
// keeps them. Callers share one fetch; each leaves it when its own context
// ends, and the fetch goes on for the others. Make one with [NewRemoteKeySet].
type RemoteKeySet struct {
	config RemoteConfig
	source *source

	ctx    context.Context //nolint:containedctx // the life of the key set, which outlasts any call
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu         sync.Mutex
	keys       map[string]Key
	fetched    time.Time // when the last good fetch began
	failed     time.Time // when the last fetch began, if it failed
	failure    error
	lastForKID time.Time // when the last fetch began that did not find a kid it was to find
	current    *fetch    // under way
}

// fetch is one fetch that callers wait for.
type fetch struct {
	began  time.Time
	wanted map[string]bool // kids that callers wait for; one more than a set can hold is enough
	done   chan struct{}
}

// NewRemoteKeySet makes a key set without fetching anything. The error joins
// all faults of the configuration. Close it when it is no longer used.
func NewRemoteKeySet(c RemoteConfig) (*RemoteKeySet, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := &RemoteKeySet{config: c, source: newSource(c)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

func (c *RemoteConfig) setDefaults() {
	for _, each := range []struct {
		field    *time.Duration
		fallback time.Duration
	}{
		{&c.TTL, DefaultTTL}, {&c.Cooldown, DefaultCooldown}, {&c.Timeout, DefaultTimeout},
		{&c.MaxStale, max(DefaultMaxStale, c.TTL)},
	} {
		if *each.field == 0 {
			*each.field = each.fallback
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

func (c *RemoteConfig) validate() error {
	var faults []error
	if err := checkIssuerURL(c.Issuer); err != nil {
		faults = append(faults, fmt.Errorf("url: %w", err))
	}
	if c.JWKSURL != "" {
		if err := checkURL(c.JWKSURL); err != nil {
			faults = append(faults, fmt.Errorf("jwks_url: %w", err))
		}
	}
	for _, each := range []struct {
		name  string
		value time.Duration
	}{{"ttl", c.TTL}, {"max_stale", c.MaxStale}, {"cooldown", c.Cooldown}, {"timeout", c.Timeout}} {
		if each.value < 0 {
			faults = append(faults, fmt.Errorf("jwks.%s: %v is not positive", each.name, each.value))
		}
	}
	if c.MaxStale < c.TTL {
		faults = append(faults, fmt.Errorf("jwks.max_stale: %v is under the ttl of %v", c.MaxStale, c.TTL))
	}
	return errors.Join(faults...)
}

// Close ends a fetch that is under way and waits for its end. Afterwards
// nothing is fetched any more.
func (s *RemoteKeySet) Close() error {
	s.mu.Lock() // so that no fetch begins behind the Wait
	s.cancel()
	s.mu.Unlock()
	s.done.Wait()
	return nil
}

// Key returns the key with the ID. Fresh keys are returned at once, and so are
// stale ones while one fetch in the background refreshes them. An ID that is
// unknown, and keys that are missing or too old, wait for a fetch, if one may
// begin.
func (s *RemoteKeySet) Key(ctx context.Context, id string) (Key, error) {
	s.mu.Lock()
	now := s.config.Now()
	s.forgetTooOld(now)
	age := now.Sub(s.fetched)
	key, known := s.keys[id]
	if known {
		if age > s.config.TTL {
			s.join(now)
		}
		s.mu.Unlock()
		return key, nil
	}
	waiting := s.joinFor(id, now, age)
	if waiting == nil {
		defer s.mu.Unlock()
		return Key{}, s.refusal(now)
	}
	s.mu.Unlock()

	select {
	case <-ctx.Done():
		return Key{}, fmt.Errorf("waiting for a fetch of keys: %w", ctx.Err())
	case <-waiting.done:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if key, known := s.keys[id]; known {
		return key, nil
	}
	return Key{}, s.refusal(s.config.Now())
}

// forgetTooOld drops keys that have not been confirmed for MaxStale.
func (s *RemoteKeySet) forgetTooOld(now time.Time) {
	if s.keys != nil && now.Sub(s.fetched) > s.config.MaxStale {
		s.keys = nil
	}
}

// refusal says why a key is not to be had: the issuer lacks it, when its keys
// were fetched since, or else nobody knows.
func (s *RemoteKeySet) refusal(now time.Time) error {
	if s.keys != nil && s.failure == nil {
		return ErrUnknownKey
	}
	err := s.failure
	if err == nil {
		err = s.ctx.Err()
	}
	return &KeysUnavailableError{RetryAfter: max(s.config.Cooldown-now.Sub(s.failed), time.Second), Err: err}
}

// joinFor joins or begins a fetch for a kid that is not in the set, or returns
// nil when none may begin. Any fetch that does not find such a kid counts, so
// that a flood of them costs one fetch a cooldown from the first moment on.
func (s *RemoteKeySet) joinFor(id string, now time.Time, age time.Duration) *fetch {
	fresh := s.keys != nil && age <= s.config.TTL
	if s.current == nil && fresh && !s.lastForKID.IsZero() && now.Sub(s.lastForKID) < s.config.Cooldown {
		return nil
	}
	f := s.join(now)
	if f != nil && len(f.wanted) <= maxKeys {
		f.wanted[id] = true
	}
	return f
}

// join returns the fetch under way, or begins one, or returns nil when the
// last one failed less than a cooldown ago or the set is closed.
func (s *RemoteKeySet) join(now time.Time) *fetch {
	if s.current != nil {
		return s.current
	}
	if s.ctx.Err() != nil || s.failure != nil && now.Sub(s.failed) < s.config.Cooldown {
		return nil
	}
	f := &fetch{began: now, wanted: make(map[string]bool), done: make(chan struct{})}
	s.current = f
	s.done.Go(func() { s.run(f) })
	return f
}

func (s *RemoteKeySet) run(f *fetch) {
	ctx, cancel := context.WithTimeout(s.ctx, s.config.Timeout)
	defer cancel()
	keys, err := s.fetch(ctx)

	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failed, s.failure = f.began, err
		s.config.Logger.Error("fetching an issuer's keys failed", "issuer", s.config.Issuer, "error", err,
			"keys_in_use", len(s.keys), "next_try_after", s.config.Cooldown)
	} else {
		s.keys, s.fetched, s.failure = keys, f.began, nil
		for id := range f.wanted {
			if _, found := keys[id]; !found {
				s.lastForKID = f.began
			}
		}
		s.config.Logger.Debug("fetched an issuer's keys", "issuer", s.config.Issuer, "keys", len(keys))
	}
	s.current = nil
	close(f.done)
}

// fetch turns a panic into an error: a document from outside must not end the
// process.
func (s *RemoteKeySet) fetch(ctx context.Context) (keys map[string]Key, err error) {
	defer func() {
		if p := recover(); p != nil {
			keys, err = nil, fmt.Errorf("reading keys: panic: %v", p)
		}
	}()
	return s.source.fetch(ctx)
}
