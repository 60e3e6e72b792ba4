package signing

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// document are all keys of an issuer, those of each algorithm in the order in
// which they become active. It is shared, and never changed: what becomes of it is
// a new one.
type document struct {
	issuer   string
	sequence int64 // rises with each version
	keys     []*key
}

// stored is the form in which a document is stored.
type stored struct {
	Version  int         `json:"version"`
	Issuer   string      `json:"issuer"`
	Sequence int64       `json:"sequence"`
	Keys     []storedKey `json:"keys"`
}

type storedKey struct {
	KeyID      string    `json:"kid"`
	Algorithm  Algorithm `json:"algorithm"`
	Created    time.Time `json:"created"`
	ActiveFrom time.Time `json:"active_from"`
	Private    string    `json:"private_key"` // PKCS #8, PEM
}

const storedVersion = 1

// maxKeys is the most of a document: AWS takes 100 of each kind, and a rotation
// leaves three.
const maxKeys = 100

func (d *document) marshal() ([]byte, error) {
	s := stored{storedVersion, d.issuer, d.sequence, make([]storedKey, 0, len(d.keys))}
	for _, k := range d.keys {
		private, err := marshalPrivate(k.private)
		if err != nil {
			return nil, err
		}
		s.Keys = append(s.Keys, storedKey{k.id, k.algorithm, k.created.UTC(), k.activeFrom.UTC(), private})
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing signing keys: %w", err)
	}
	return text, nil
}

// parseDocument reads a document of the issuer. A key that cannot be read is an
// error, since what it signed would be worth nothing without it.
func parseDocument(issuer string, text []byte) (*document, error) {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, errors.New("it is not the JSON of signing keys") // the error could quote a key
	}
	switch {
	case s.Version != storedVersion:
		return nil, fmt.Errorf("it is of version %d, and only %d is known", s.Version, storedVersion)
	case s.Issuer != issuer:
		return nil, fmt.Errorf("it has the keys of %.128q and not of %q", s.Issuer, issuer)
	case len(s.Keys) == 0 || len(s.Keys) > maxKeys:
		return nil, fmt.Errorf("it has %d keys; 1 to %d may be there", len(s.Keys), maxKeys)
	}
	d := &document{issuer: issuer, sequence: s.Sequence}
	for i, each := range s.Keys {
		k, err := each.parse()
		if err != nil {
			return nil, fmt.Errorf("keys[%d]: %w", i, err)
		}
		if slices.ContainsFunc(d.keys, func(other *key) bool { return other.id == k.id }) {
			return nil, fmt.Errorf("keys[%d]: it stands there twice", i)
		}
		d.keys = append(d.keys, k)
	}
	d.sort()
	return d, nil
}

func (s storedKey) parse() (*key, error) {
	if err := s.Algorithm.Check(); err != nil {
		return nil, err
	}
	if s.ActiveFrom.IsZero() || s.Created.IsZero() {
		return nil, errors.New("it does not say when it was made or becomes active")
	}
	private, err := parsePrivate(s.Private)
	if err != nil {
		return nil, err
	}
	k, err := newKey(s.Algorithm, private, s.Created, s.ActiveFrom)
	if err != nil {
		return nil, err
	}
	if k.id != s.KeyID {
		return nil, fmt.Errorf("its private key is not that of kid %.128q", s.KeyID)
	}
	return k, nil
}

func (d *document) sort() {
	slices.SortStableFunc(d.keys, func(a, b *key) int { return a.activeFrom.Compare(b.activeFrom) })
}

// key returns the key of an ID, or nil.
func (d *document) key(id string) *key {
	for _, k := range d.keys {
		if k.id == id {
			return k
		}
	}
	return nil
}

// of returns the keys of an algorithm.
func (d *document) of(algorithm Algorithm) (keys []*key) {
	for _, k := range d.keys {
		if k.algorithm == algorithm {
			keys = append(keys, k)
		}
	}
	return keys
}

// algorithms returns those that there are keys of, in the order of their names.
func (d *document) algorithms() (all []Algorithm) {
	for _, k := range d.keys {
		if !slices.Contains(all, k.algorithm) {
			all = append(all, k.algorithm)
		}
	}
	slices.Sort(all)
	return all
}

// signer returns the key that signs now, or nil if there is none of the
// algorithm. Where the clock stands before all of them, that is the first one:
// it is published as well as any.
func (d *document) signer(algorithm Algorithm, now time.Time) (signs *key) {
	for _, k := range d.keys {
		if k.algorithm == algorithm && (signs == nil || !k.activeFrom.After(now)) {
			signs = k
		}
	}
	return signs
}
