package verifier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Store keeps documents over restarts. A name has lower-case letters, digits,
// '.' and '-' only. One Store serves one way of fetching: with other RootCAs,
// another Proxy or other AllowPrivateAddresses use another, so that no keys come
// back that could not have been fetched.
//
// Whoever can write to a Store can make keys that are trusted.
type Store interface {
	// Load returns a document; the error wraps [fs.ErrNotExist] if there is none.
	Load(ctx context.Context, name string) ([]byte, error)

	// Save replaces a document. A reader never sees half of one.
	Save(ctx context.Context, name string, document []byte) error

	// Names returns the names of all documents.
	Names(ctx context.Context) ([]string, error)
}

// storedKeys is the form of a stored document.
type storedKeys struct {
	Issuer  string          `json:"issuer"`
	JWKSURL string          `json:"jwks_url,omitempty"`
	Fetched time.Time       `json:"fetched"`
	JWKS    json.RawMessage `json:"jwks"`
}

// name is the stored document's: readable, and of this location alone.
func (l location) name() string {
	sum := sha256.Sum256([]byte(l.issuer + "\n" + l.jwksURL))
	_, readable, _ := strings.Cut(l.issuer, "://")
	readable = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(readable))
	return readable[:min(len(readable), 64)] + "-" + hex.EncodeToString(sum[:16]) + ".json"
}

// errStore says that it was the store that failed.
var errStore = errors.New("loading stored keys")

// maxAhead is how far in the future a stored document may have been fetched:
// clocks that are set do that, but its age must mean something.
const maxAhead = time.Minute

// restore puts the stored keys in force, if they are still good for anything.
// Callers that they do not help go on to fetch.
func (s *remoteKeySet) restore(f *fetch) {
	ctx, cancel := context.WithTimeout(s.owner.ctx, s.owner.config.storeTimeout())
	defer cancel()
	keys, fetched, err := s.load(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restored, s.storeDown = true, false
	defer s.end(f)
	now := s.owner.config.Now()
	age := max(now.Sub(fetched), 0)
	log := s.owner.config.Logger.With("issuer", s.source.issuer)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		s.storeDown = errors.Is(err, errStore)
		log.Warn("ignoring stored keys; they are fetched anew", "document", s.source.name(), "error", err)
	case age > s.owner.config.MaxStale:
		log.Info("ignoring stored keys: they are too old", "age", age.Round(time.Second))
	default:
		// Counted from now, so that they age even if the clock is set back.
		s.keys, s.fetched, s.stored = keys, now.Add(-age), true
		s.fresh.Store(&freshKeys{s.keys, s.fetched})
		log.Debug("restored stored keys", "age", age.Round(time.Second), "kids", kidsOf(keys))
	}
}

func (s *remoteKeySet) load(ctx context.Context) (map[string]Key, time.Time, error) {
	text, err := s.owner.config.Store.Load(ctx, s.source.name())
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: %w", errStore, err)
	}
	var stored storedKeys
	if err := json.Unmarshal(text, &stored); err != nil {
		return nil, time.Time{}, fmt.Errorf("reading stored keys: %w", err)
	}
	if stored.Issuer != s.source.issuer || stored.JWKSURL != s.source.jwksURL {
		return nil, time.Time{}, fmt.Errorf("reading stored keys: they are those of %s", quote(stored.Issuer))
	}
	ahead := stored.Fetched.Sub(s.owner.config.Now())
	if stored.Fetched.IsZero() || ahead > maxAhead {
		return nil, time.Time{}, fmt.Errorf("reading stored keys: they say that they were fetched at %s", stored.Fetched)
	}
	keys, err := parseJWKS(stored.JWKS)
	return keys, stored.Fetched, err
}

// keep stores the document of a good fetch, unless a later one is there.
func (s *remoteKeySet) keep(fetched time.Time, text []byte) {
	if s.owner.config.Store == nil {
		return
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	sum := sha256.Sum256(text)
	if !s.needsSaving(fetched, sum) {
		return
	}
	if err := s.save(fetched, text); err != nil {
		s.owner.config.Logger.Warn("storing an issuer's keys failed; a restart has to fetch them", "issuer", s.source.issuer, "error", err)
		return
	}
	s.owner.names.add(s.source.name())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved, s.savedSum = fetched, sum
	s.stored = s.fetched.Equal(fetched)
}

func (s *remoteKeySet) save(fetched time.Time, text []byte) error {
	document, err := json.Marshal(storedKeys{s.source.issuer, s.source.jwksURL, fetched.Round(0), text})
	if err != nil {
		return fmt.Errorf("storing keys: %w", err)
	}
	// The end of the process, too, has time for that.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.owner.ctx), s.owner.config.storeTimeout())
	defer cancel()
	return s.owner.config.Store.Save(ctx, s.source.name(), document)
}

// needsSaving reports whether a document is the latest, and another than the
// stored one or so much later that its age matters. Unknown kids make a fetch a
// cooldown, which must not become as many writes.
func (s *remoteKeySet) needsSaving(fetched time.Time, sum [sha256.Size]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fetched.Equal(fetched) {
		return false
	}
	if s.savedSum == sum && fetched.Sub(s.saved) < s.owner.config.TTL {
		s.stored = true
		return false
	}
	return true
}
