package verifier

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"time"
)

// Algorithm is a JWS algorithm (RFC 7518, section 3.1).
type Algorithm string

// The algorithms that AWS STS signs with. There are no others here: which key
// goes with which algorithm is decided by this table and never by the token.
const (
	RS256 Algorithm = "RS256" // RSA of 2048 bits or more
	ES384 Algorithm = "ES384" // P-384
)

// Algorithms returns the supported algorithms.
func Algorithms() []Algorithm { return []Algorithm{RS256, ES384} }

func (a Algorithm) supported() bool { return a == RS256 || a == ES384 }

// Key is a public key of an issuer. The zero value verifies nothing.
type Key struct {
	id        string
	algorithm Algorithm
	public    crypto.PublicKey

	// fingerprint tells keys apart that bear the same ID.
	fingerprint [sha256.Size]byte
}

// ID returns the key's ID (kid), which means something only at its issuer.
func (k Key) ID() string { return k.id }

// signatureSize is how long the key's signatures are, in bytes.
func (k Key) signatureSize() int {
	if p, ok := k.public.(*rsa.PublicKey); ok {
		return p.Size()
	}
	return 96
}

// Algorithm returns the one algorithm that the key verifies.
func (k Key) Algorithm() Algorithm { return k.algorithm }

const (
	minRSABits = 2048
	// maxRSABits bounds what one signature check may cost.
	maxRSABits = 8192
)

// NewKey makes a key of an [*rsa.PublicKey] of 2048 to 8192 bits (RS256) or an
// [*ecdsa.PublicKey] on P-384 (ES384), and refuses any other.
func NewKey(id string, public crypto.PublicKey) (Key, error) {
	if id == "" {
		return Key{}, errors.New("making key: it has no ID (kid)")
	}
	k := Key{id: id, public: public}
	switch p := public.(type) {
	case *rsa.PublicKey:
		if bits := p.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return Key{}, fmt.Errorf("making key: an RSA key of %d bits, %d to %d are accepted", bits, minRSABits, maxRSABits)
		}
		if p.E < 3 || p.E%2 == 0 || p.E > math.MaxInt32 {
			return Key{}, errors.New("making key: an RSA key whose exponent is even, below 3 or over 31 bits")
		}
		k.algorithm = RS256
	case *ecdsa.PublicKey:
		if p.Curve != elliptic.P384() {
			return Key{}, errors.New("making key: an EC key that is not on P-384")
		}
		// ECDH also checks that the point is on the curve.
		if _, err := p.ECDH(); err != nil {
			return Key{}, fmt.Errorf("making key: %w", err)
		}
		k.algorithm = ES384
	default:
		return Key{}, fmt.Errorf("making key: keys of type %T are not used", public)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Key{}, fmt.Errorf("making key: %w", err)
	}
	k.fingerprint = sha256.Sum256(der)
	return k, nil
}

// KeySet holds the keys of one issuer.
type KeySet interface {
	// Key returns the key with the ID. The error is [ErrUnknownKey] when the
	// issuer does not have it, a [*KeysUnavailableError] when the issuer's keys
	// cannot be had, and the context's when that ends first.
	Key(ctx context.Context, id string) (Key, error)
}

// ErrUnknownKey says that an issuer has no key with the ID.
var ErrUnknownKey = errors.New("finding key: the issuer has no key with this ID")

// KeysUnavailableError says that an issuer's keys cannot be had at present. It
// is never the token's fault.
type KeysUnavailableError struct {
	RetryAfter time.Duration // when the next try is due, at least a second
	Err        error
}

func (e *KeysUnavailableError) Error() string { return fmt.Sprintf("getting keys: %v", e.Err) }

// Unwrap returns the cause.
func (e *KeysUnavailableError) Unwrap() error { return e.Err }

// StaticKeySet is a KeySet that never changes.
type StaticKeySet struct {
	keys map[string]Key
}

// NewStaticKeySet makes a KeySet of the keys. Two keys with one ID are an error.
func NewStaticKeySet(keys ...Key) (*StaticKeySet, error) {
	s := &StaticKeySet{make(map[string]Key, len(keys))}
	for _, k := range keys {
		if k.public == nil {
			return nil, errors.New("making key set: a key is the zero value")
		}
		if _, twice := s.keys[k.id]; twice {
			return nil, fmt.Errorf("making key set: two keys have the ID %q", k.id)
		}
		s.keys[k.id] = k
	}
	return s, nil
}

// Key returns the key with the ID, or ErrUnknownKey.
func (s *StaticKeySet) Key(_ context.Context, id string) (Key, error) {
	return findKey(s.keys, id)
}

func findKey(keys map[string]Key, id string) (Key, error) {
	k, ok := keys[id]
	if !ok {
		return Key{}, ErrUnknownKey
	}
	return k, nil
}
