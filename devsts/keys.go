package devsts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"slices"
	"sync"
	"time"
)

// SigningKey is the private key that an issuer signs with at the moment.
type SigningKey struct {
	KeyID     string // such as RSA_0 or EC384_0
	Algorithm string // RS256 or ES384
	Signer    crypto.Signer
}

// rsaBits is the size of the keys that AWS publishes.
const rsaBits = 2048

// generation is one pair of keys: RSA_n and EC384_n.
type generation struct {
	n  int
	ec *ecdsa.PrivateKey
	// signsFrom is when it takes over from the generations before it, which is
	// later than its publication when the rotation had an overlap.
	signsFrom time.Time
	// rsa makes the RSA key when it is first asked for: that takes some 100 ms,
	// which a server with many accounts, or an ES384 token, need not wait for.
	rsa func() (*rsa.PrivateKey, error)
}

func newGeneration(n int, signsFrom time.Time) (*generation, error) {
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating a P-384 key: %w", err)
	}
	return &generation{n: n, ec: ec, signsFrom: signsFrom, rsa: sync.OnceValues(newRSA)}, nil
}

func newRSA() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return nil, fmt.Errorf("generating an RSA key: %w", err)
	}
	return key, nil
}

func (g *generation) signingKey(alg string) (SigningKey, error) {
	switch alg {
	case RS256:
		key, err := g.rsa()
		if err != nil {
			return SigningKey{}, err
		}
		return SigningKey{KeyID: g.rsaID(), Algorithm: alg, Signer: key}, nil
	case ES384:
		return SigningKey{KeyID: g.ecID(), Algorithm: alg, Signer: g.ec}, nil
	}
	return SigningKey{}, fmt.Errorf("choosing a key: no key for algorithm %q", alg)
}

func (g *generation) rsaID() string { return fmt.Sprintf("RSA_%d", g.n) }
func (g *generation) ecID() string  { return fmt.Sprintf("EC384_%d", g.n) }

// ids are the kids of both keys.
func (g *generation) ids() []string { return []string{g.rsaID(), g.ecID()} }

// keyRing holds an issuer's generations, the newest first. The first is made
// when it is asked for.
type keyRing struct {
	mu          sync.Mutex
	generations []*generation
}

// published returns every generation that the key set lists.
func (k *keyRing) published() ([]*generation, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.fill()
}

func (k *keyRing) fill() ([]*generation, error) {
	if len(k.generations) == 0 {
		g, err := newGeneration(0, time.Time{})
		if err != nil {
			return nil, err
		}
		k.generations = []*generation{g}
	}
	return k.generations, nil
}

// current returns the generation that signs at the given time.
func (k *keyRing) current(now time.Time) (*generation, error) {
	all, err := k.published()
	if err != nil {
		return nil, err
	}
	return all[signing(all, now)], nil
}

// signing is the index of the newest generation whose time has come. When a
// clock was set back there may be none; then the oldest one signs.
func signing(all []*generation, now time.Time) int {
	for i, g := range all {
		if !now.Before(g.signsFrom) {
			return i
		}
	}
	return len(all) - 1
}

// rotate puts a new generation in front, which signs from the given time on;
// the zero time is at once. alone drops those before it in the same step, so
// that no key set ever lists both.
func (k *keyRing) rotate(signsFrom time.Time, alone bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	old, err := k.fill()
	if err != nil {
		return err
	}
	g, err := newGeneration(old[0].n+1, signsFrom)
	if err != nil {
		return err
	}
	// A new slice: readers may still hold the old one.
	if alone {
		old = nil
	}
	k.generations = append([]*generation{g}, old...)
	return nil
}

// withdraw drops the generations that are older than the one that signs, and
// leaves those that are still to take over.
func (k *keyRing) withdraw(now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.fill()
	if err != nil {
		return err
	}
	k.generations = slices.Clone(all[:signing(all, now)+1])
	return nil
}
