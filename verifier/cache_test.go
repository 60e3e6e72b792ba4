package verifier

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// settable is a clock, and a key set, that a test changes.
type settable struct {
	sync.Mutex
	at   time.Time
	keys KeySet
}

func (s *settable) now() time.Time {
	s.Lock()
	defer s.Unlock()
	return s.at
}

func (s *settable) set(at time.Time) {
	s.Lock()
	defer s.Unlock()
	s.at = at
}

func (s *settable) Key(ctx context.Context, id string) (Key, error) {
	s.Lock()
	keys := s.keys
	s.Unlock()
	return keys.Key(ctx, id)
}

func (s *settable) publish(keys KeySet) {
	s.Lock()
	defer s.Unlock()
	s.keys = keys
}

// remembering is a Verifier with a clock and keys that can be changed, which has
// seen the good token.
func remembering(t *testing.T, change func(*Config)) (*Verifier, *settable) {
	t.Helper()
	s := &settable{at: epoch, keys: aws().keySet(t)}
	c := goodConfig(t)
	c.Now, c.Issuers[0].Keys = s.now, s
	if change != nil {
		change(&c)
	}
	v := mustNew(t, c)
	wantCached(t, v, goodOnce(), false)
	return v, s
}

// goodOnce is one good token, the same with every call: a new signature would be
// another token.
var goodOnce = sync.OnceValue(goodToken)

func wantCached(t *testing.T, v *Verifier, token string, cached bool) {
	t.Helper()
	result, err := v.Verify(t.Context(), token)
	if err != nil || result.Cached != cached || result.Token.AccountID != account || result.KeyID != "EC384_0" {
		t.Fatalf("got %+v, %v; want cached %v", result, err, cached)
	}
}

func TestCacheHit(t *testing.T) {
	v, _ := remembering(t, nil)
	wantCached(t, v, goodOnce(), true)
	wantCached(t, v, goodToken(), false) // the same claims under another signature
	if n := v.CachedTokens(); n != 2 {
		t.Errorf("%d tokens are remembered, want 2", n)
	}
	v.ForgetTokens()
	wantCached(t, v, goodOnce(), false)
	off, _ := remembering(t, func(c *Config) { c.CacheSize = -1 })
	wantCached(t, off, goodOnce(), false)
}

// A hit is held against the clock, the key set and the issuers each time.
func TestCacheHitIsCheckedAgain(t *testing.T) {
	both, none := aws().keySet(t), func() KeySet { s, _ := NewStaticKeySet(); return s }
	for _, tt := range []struct {
		name   string
		change func(*settable)
		back   func(*settable) // makes the token good again
		reason Reason
	}{
		{"ended", func(s *settable) { s.set(epoch.Add(331 * time.Second)) }, func(s *settable) { s.set(epoch) }, Expired},
		{"the clock was set back", func(s *settable) { s.set(epoch.Add(-time.Hour)) }, func(s *settable) { s.set(epoch) }, NotYetValid},
		{"key withdrawn", func(s *settable) { s.publish(without(t, both, "EC384_0")) }, func(s *settable) { s.publish(both) }, UnknownKey},
		{"another key of that ID", func(s *settable) { s.publish(stranger().keySet(t)) }, func(s *settable) { s.publish(both) }, BadSignature},
		{"keys unavailable", func(s *settable) { s.publish(failing{&KeysUnavailableError{time.Second, errors.New("down")}}) },
			func(s *settable) { s.publish(both) }, KeysUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, s := remembering(t, func(c *Config) { c.Leeway = 30 * time.Second })
			tt.change(s)
			for range 2 { // by what is remembered, and anew
				if _, err := v.Verify(t.Context(), goodOnce()); reasonOf(err) != tt.reason {
					t.Errorf("got %v, want %s", err, tt.reason)
				}
			}
			tt.back(s)
			wantCached(t, v, goodOnce(), false)
			wantCached(t, v, goodOnce(), true)
		})
	}
	_ = none
}

// without is a key set that lacks one of another's keys.
func without(t *testing.T, keys *StaticKeySet, id string) KeySet {
	t.Helper()
	var left []Key
	for _, k := range keys.keys {
		if k.id != id {
			left = append(left, k)
		}
	}
	set, err := NewStaticKeySet(left...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestCacheTTL(t *testing.T) {
	v, s := remembering(t, func(c *Config) { c.CacheTTL = time.Minute })
	s.set(epoch.Add(time.Minute - 1))
	wantCached(t, v, goodOnce(), true)
	s.set(epoch.Add(time.Minute))
	wantCached(t, v, goodOnce(), false)
	c := goodConfig(t)
	c.CacheTTL = -1
	if _, err := New(c); err == nil {
		t.Error("a time below 0 is accepted")
	}
}

// An issuers file that changes takes what it says with it, for tokens that are
// remembered, too.
func TestCacheAndTheIssuersFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "issuers.json")
	keys := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(keys, aws().jwks(), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &settable{at: epoch}
	write := func(members string) {
		text := fmt.Sprintf(`[{"url":%q,"jwks_file":%q%s},{"url":"https://another.example","jwks_file":%q}]`, testIssuer, keys, members, keys)
		if members == "none" {
			text = fmt.Sprintf(`[{"url":"https://another.example","jwks_file":%q}]`, keys)
		}
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
		s.set(s.now().Add(2 * time.Second))
	}
	write("")
	v := mustNew(t, Config{IssuersFile: file, Audiences: []string{"my-app"}, Now: s.now})
	wantCached(t, v, goodOnce(), false)
	for members, reason := range map[string]Reason{
		"none": UnknownIssuer, `,"audiences":["x"]`: WrongAudience, `,"accounts":["999999999999"]`: AccountMismatch, `,"algorithms":["RS256"]`: AlgorithmNotAllowed,
	} {
		wantCachedSoon(t, v)
		write(members)
		if _, err := v.Verify(t.Context(), goodOnce()); reasonOf(err) != reason {
			t.Errorf("%s: got %v, want %s", members, err, reason)
		}
		write("")
	}
}

func wantCachedSoon(t *testing.T, v *Verifier) {
	t.Helper()
	if _, err := v.Verify(t.Context(), goodOnce()); err != nil {
		t.Fatal(err)
	}
	wantCached(t, v, goodOnce(), true)
}

// What one Verifier remembers means nothing to another.
func TestCacheIsOneVerifiers(t *testing.T) {
	first, _ := remembering(t, nil)
	second, _ := remembering(t, nil)
	if first.cache.sum(goodOnce()) == second.cache.sum(goodOnce()) {
		t.Error("two Verifiers have one digest of a token")
	}
	c := goodConfig(t)
	c.Audiences = []string{"another"}
	wantReason(t, c, goodOnce(), WrongAudience)
}

// Hits wait for nothing, and a forged token costs one check.
func TestCacheSparesChecks(t *testing.T) {
	checks := NewSignatureChecks(1)
	checks.maxWait = time.Millisecond
	v, s := remembering(t, func(c *Config) { c.Checks = checks })
	forged := goodToken()
	forged = forged[:len(forged)-8] + "AAAAAAAA"
	if _, err := v.Verify(t.Context(), forged); reasonOf(err) != BadSignature {
		t.Fatal(err)
	}
	checks.slots <- struct{}{} // from here on nothing is checked
	wantCached(t, v, goodOnce(), true)
	if _, err := v.Verify(t.Context(), forged); reasonOf(err) != BadSignature {
		t.Errorf("the same forged token: %v", err)
	}
	if _, err := v.Verify(t.Context(), goodToken()); reasonOf(err) != Overloaded {
		t.Errorf("a new token: %v", err)
	}
	// It is remembered for a moment, and of that key.
	s.set(epoch.Add(failedTTL))
	if _, err := v.Verify(t.Context(), forged); reasonOf(err) != Overloaded {
		t.Errorf("after a minute: %v", err)
	}
	s.set(epoch)
	s.publish(stranger().keySet(t))
	if _, err := v.Verify(t.Context(), forged); reasonOf(err) != Overloaded {
		t.Errorf("with another key: %v", err)
	}
}

// Tokens that have ended do not stay until others push them out, and one that is
// far longer than AWS's is not remembered at all.
func TestCacheLetsGo(t *testing.T) {
	v, s := remembering(t, nil)
	for n := range 100 {
		long := usualClaims(ES384, n)
		wantCached(t, v, long.signedBy(aws()), false)
	}
	if n := v.CachedTokens(); n != 101 {
		t.Fatalf("%d tokens are remembered, want 101", n)
	}
	s.set(epoch.Add(4 * time.Minute)) // all are good still
	c := goodClaims()
	c.top["iat"], c.top["exp"] = epoch.Unix()+240, epoch.Unix()+840
	wantCached(t, v, c.signedBy(aws()), false)
	if n := v.CachedTokens(); n != 102 {
		t.Errorf("%d tokens are remembered, want 102", n)
	}
	s.set(epoch.Add(10 * time.Minute))
	wantCached(t, v, c.signedBy(aws()), false)
	if n := v.CachedTokens(); n != 2 {
		t.Errorf("%d tokens are remembered once the others have ended, want 2", n)
	}
	c.aws["request_tags"] = map[string]any{"k": strings.Repeat("v", 4000)}
	long := c.signedBy(aws())
	wantCached(t, v, long, false)
	wantCached(t, v, long, false)
}

// number is the digest of no token.
func number(n int) (d digest) {
	binary.BigEndian.PutUint64(d[:], uint64(n)*0x9E3779B97F4A7C15)
	return d
}

// Tokens that are sent once do not push out those that are sent all the time.
func TestCacheOutlivesAScan(t *testing.T) {
	c, err := newCache(1000, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	const known = 500
	ask := func() (hits int) {
		for n := range known {
			if _, found := c.verified.GetIfPresent(number(n)); found {
				hits++
			} else {
				c.verified.Set(number(n), &remembered{})
			}
		}
		return hits
	}
	for range 20 {
		ask()
	}
	for n := range 50_000 {
		c.verified.Set(number(1_000_000+n), &remembered{})
		if n%1000 == 0 {
			ask()
		}
	}
	if hits := ask(); hits < known*9/10 {
		t.Errorf("%d of %d known tokens were left by a scan", hits, known)
	}
	c.verified.CleanUp()
	if n := c.verified.EstimatedSize(); n > 1000 {
		t.Errorf("%d entries in a cache of 1000", n)
	}
}

// A million forged tokens leave no more than the bound.
func TestFailuresAreBounded(t *testing.T) {
	c, err := newCache(-1, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 1_000_000 {
		c.noteFailure(number(n), Key{}, epoch, badSignature(Key{}, nil))
	}
	c.failed.CleanUp()
	if n := c.failed.EstimatedSize(); n > maxFailed {
		t.Errorf("%d failures are remembered, want %d at most", n, maxFailed)
	}
	c.failed.InvalidateAll()
	c.noteFailure(number(1), Key{}, epoch, &Error{Reason: Overloaded})
	if c.failed.EstimatedSize() != 0 {
		t.Error("what is our fault is remembered of the token")
	}
}

// A token of AWS's usual size takes 2.5 kB of memory at most, all told.
func TestMemoryOfACachedToken(t *testing.T) {
	const tokens, bound = 20_000, 2_500
	v := mustNew(t, goodConfig(t))
	payloads := make([][]byte, tokens)
	for n := range payloads {
		_, payloads[n] = usualClaims(ES384, n).json()
	}
	size := len(b64.EncodeToString(payloads[0])) + 60 + 128
	before := heap()
	for n, payload := range payloads {
		object, err := awstoken.ParseObject(payload)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := awstoken.DecodeObject(object)
		if err != nil {
			t.Fatal(err)
		}
		v.remember(number(n), &attempt{decoded: decoded, compact: &compact{keyID: "EC384_0", algorithm: ES384}, from: v.trust.listed[testIssuer]})
	}
	each := (heap() - before) / tokens
	t.Logf("%d bytes for each token of %d bytes", each, size)
	if each > bound {
		t.Errorf("a token of %d bytes takes %d, want %d at most", size, each, bound)
	}
	runtime.KeepAlive(payloads)
	if v.CachedTokens() != tokens {
		t.Errorf("%d tokens are remembered", v.CachedTokens())
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Many callers, a key that comes and goes: whoever passes had a key that was
// published when it was asked.
func TestCacheUnderChange(t *testing.T) {
	v, s := remembering(t, nil)
	both, withdrawn := aws().keySet(t), without(t, aws().keySet(t), "EC384_0")
	var done atomic.Bool
	var callers sync.WaitGroup
	var passed, refused atomic.Int64
	for range 4 {
		callers.Go(func() {
			for !done.Load() {
				switch _, err := v.Verify(t.Context(), goodOnce()); reasonOf(err) {
				case "":
					passed.Add(1)
				case UnknownKey:
					refused.Add(1)
				default:
					t.Errorf("got %v", err)
				}
			}
		})
	}
	for range 50 {
		s.publish(withdrawn)
		if _, err := v.Verify(t.Context(), goodOnce()); reasonOf(err) != UnknownKey {
			t.Errorf("after the key was withdrawn: %v", err)
		}
		s.publish(both)
		if _, err := v.Verify(t.Context(), goodOnce()); err != nil {
			t.Errorf("after it came back: %v", err)
		}
	}
	done.Store(true)
	callers.Wait()
	if passed.Load() == 0 {
		t.Error("nobody passed")
	}
}
