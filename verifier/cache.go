package verifier

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

const (
	// DefaultCacheSize is how many verified tokens are remembered.
	DefaultCacheSize = 100_000

	// DefaultCacheTTL is how long they are, whatever life they have left.
	DefaultCacheTTL = time.Hour

	// failedTTL is how long it is remembered that a signature does not fit, and
	// maxFailed of how many tokens: of each, 64 bytes that nobody can choose.
	failedTTL = time.Minute
	maxFailed = 16_384

	// maxRemembered is the longest token that is remembered, in bytes. AWS's have
	// about 1.5 kB; those with all the tags that a caller may add would take the
	// memory of ten.
	maxRemembered = 4 << 10

	// sweepTokensEvery is how often tokens that have ended are let go.
	sweepTokensEvery = time.Minute
)

// digest stands for a token's text: its HMAC-SHA-256 under a key that this
// process has drawn, so that nobody else can tell which tokens share a place.
type digest [sha256.Size]byte

// cache remembers tokens whose signature was checked, by their digest and never
// by their text. It is one Verifier's own, so that a token means nothing to
// another configuration. Each hit is held against the clock, the issuers that
// are trusted and their keys anew.
type cache struct {
	ttl      time.Duration
	swept    atomic.Int64 // Unix nanoseconds
	states   sync.Pool    // of *hashing
	verified *otter.Cache[digest, *remembered]
	failed   *otter.Cache[digest, *failure]
}

// remembered is a token that was verified. It does not change.
type remembered struct {
	result      *Result
	from        *issuer
	algorithm   Algorithm
	fingerprint [sha256.Size]byte // of the key that signed it
	at          time.Time
}

// failure is a token whose signature does not fit a key.
type failure struct {
	fingerprint [sha256.Size]byte
	at          time.Time
}

// hashing is what one digest takes.
type hashing struct {
	mac  hash.Hash
	text []byte
	sum  digest
}

func newCache(size int, ttl time.Duration) (*cache, error) {
	key := make([]byte, sha256.Size)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("drawing the cache's key: %w", err)
	}
	c := &cache{ttl: ttl}
	c.states.New = func() any { return &hashing{mac: hmac.New(sha256.New, key)} }
	// What is to be done beside is done by the caller who gives rise to it: there
	// is no goroutine that would outlive the Verifier.
	here := func(do func()) { do() }
	var err error
	if size > 0 {
		if c.verified, err = otter.New(&otter.Options[digest, *remembered]{MaximumSize: size, Executor: here}); err != nil {
			return nil, fmt.Errorf("making the cache: %w", err)
		}
	}
	if c.failed, err = otter.New(&otter.Options[digest, *failure]{MaximumSize: maxFailed, Executor: here}); err != nil {
		return nil, fmt.Errorf("making the cache: %w", err)
	}
	return c, nil
}

// sum returns a token's digest.
func (c *cache) sum(token string) digest {
	h, _ := c.states.Get().(*hashing) // the pool holds nothing else
	h.mac.Reset()
	h.text = append(h.text[:0], token...)
	h.mac.Write(h.text)
	h.mac.Sum(h.sum[:0])
	clear(h.text) // no token stays in memory for longer than its request
	d := h.sum
	c.states.Put(h)
	return d
}

// lookUp returns the result of a token that was verified before and is still
// good, or nil: then it is to be verified anew, which says what is wrong with it.
func (v *Verifier) lookUp(ctx context.Context, d digest) *Result {
	if v.cache == nil || v.cache.verified == nil {
		return nil
	}
	r, found := v.cache.verified.GetIfPresent(d)
	if found && v.stillGood(ctx, r) {
		v.lookups.hits.Add(1)
		return r.result
	}
	v.lookups.misses.Add(1)
	if found {
		v.cache.verified.Invalidate(d)
	}
	return nil
}

func (v *Verifier) stillGood(ctx context.Context, r *remembered) bool {
	from := v.trust.again(r.from)
	if from == nil || !from.allows(r.algorithm) {
		return false
	}
	key, err := from.Keys.Key(ctx, r.result.KeyID)
	if err != nil || key.fingerprint != r.fingerprint {
		return false
	}
	now := v.now() // and not before: the key may have been waited for
	if age := now.Sub(r.at); age < 0 || age >= v.cache.ttl {
		return false
	}
	for _, c := range claimChecks {
		if c.check(v, now, from, r.result.Token) != nil {
			return false
		}
	}
	return true
}

// remember notes a token that was verified.
func (v *Verifier) remember(d digest, a *attempt) {
	if v.cache == nil || v.cache.verified == nil || len(a.token) > maxRemembered {
		return
	}
	v.cache.sweep(v.now(), v.leeway)
	v.cache.verified.Set(d, &remembered{
		result: &Result{Token: a.decoded, KeyID: a.compact.keyID, Cached: true},
		from:   a.from, algorithm: a.compact.algorithm, fingerprint: a.key.fingerprint, at: v.now(),
	})
}

// sweep lets go of tokens that have ended. One caller in a minute does it, so
// that there need be no goroutine.
func (c *cache) sweep(now time.Time, leeway time.Duration) {
	last := c.swept.Load()
	if now.Sub(time.Unix(0, last)).Abs() < sweepTokensEvery || !c.swept.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	for d, r := range c.verified.All() {
		if now.Sub(r.at) >= c.ttl || !now.Before(r.result.Token.Expiry.Add(leeway)) {
			c.verified.Invalidate(d)
		}
	}
}

// failedBefore reports whether the token's signature did not fit this very key a
// moment ago.
func (c *cache) failedBefore(d digest, key Key, now time.Time) bool {
	f, found := c.failed.GetIfPresent(d)
	if !found {
		return false
	}
	age := now.Sub(f.at)
	return age >= 0 && age < failedTTL && f.fingerprint == key.fingerprint
}

// noteFailure remembers a signature that does not fit. What else goes wrong is
// found again at next to no cost, or may be over.
func (c *cache) noteFailure(d digest, key Key, now time.Time, err error) {
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Reason == BadSignature {
		c.failed.Set(d, &failure{key.fingerprint, now})
	}
}

// CachedTokens returns about how many verified tokens are remembered.
func (v *Verifier) CachedTokens() int {
	if v.cache == nil || v.cache.verified == nil {
		return 0
	}
	return v.cache.verified.EstimatedSize()
}

// ForgetTokens has every token verified anew when it is sent next.
func (v *Verifier) ForgetTokens() {
	if v.cache == nil {
		return
	}
	if v.cache.verified != nil {
		v.cache.verified.InvalidateAll()
	}
	v.cache.failed.InvalidateAll()
}
