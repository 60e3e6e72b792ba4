package verifier

import (
	"sync/atomic"
	"time"
)

// Lookups counts how often tokens were remembered by the caches of those
// Verifiers that share it. The zero value is ready for use.
type Lookups struct {
	hits, misses atomic.Uint64
}

// Hits returns how often a token was remembered and still good, so that its
// signature was not checked again.
func (l *Lookups) Hits() uint64 { return l.hits.Load() }

// Misses returns how often a token was not remembered, or no longer good.
func (l *Lookups) Misses() uint64 { return l.misses.Load() }

// FetchResult is how a fetch of an issuer's keys ended. The set is closed.
type FetchResult string

// The results of a fetch.
const (
	FetchOK        FetchResult = "ok"        // there are keys now, or others than before
	FetchUnchanged FetchResult = "unchanged" // the keys are those that were there
	FetchFailed    FetchResult = "failed"
)

// FetchResults returns the closed set.
func FetchResults() []FetchResult { return []FetchResult{FetchOK, FetchFailed, FetchUnchanged} }

// resultOf says what a good fetch has brought.
func resultOf(before, now map[string]Key) FetchResult {
	if before == nil || len(before) != len(now) {
		return FetchOK
	}
	for id, key := range now {
		if old, there := before[id]; !there || old.fingerprint != key.fingerprint {
			return FetchOK
		}
	}
	return FetchUnchanged
}

// observed tells the Config's Observe how long it took to verify a token that
// was not remembered, since began.
func (v *Verifier) observed(began time.Time) {
	if v.observe != nil {
		v.observe(v.now().Sub(began))
	}
}
