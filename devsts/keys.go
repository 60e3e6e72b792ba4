package devsts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
	"sync"
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
	// rsa makes the RSA key when it is first asked for: that takes some 100 ms,
	// which a server with many accounts, or an ES384 token, need not wait for.
	rsa func() (*rsa.PrivateKey, error)
}

func newGeneration(n int) (*generation, error) {
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating a P-384 key: %w", err)
	}
	return &generation{n: n, ec: ec, rsa: sync.OnceValues(newRSA)}, nil
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
		g, err := newGeneration(0)
		if err != nil {
			return nil, err
		}
		k.generations = []*generation{g}
	}
	return k.generations, nil
}

func (k *keyRing) current() (*generation, error) {
	all, err := k.published()
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// rotate puts a new generation in front; withdraw drops the ones before it.
func (k *keyRing) rotate(withdraw bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	old, err := k.fill()
	if err != nil {
		return err
	}
	g, err := newGeneration(old[0].n + 1)
	if err != nil {
		return err
	}
	// A new slice: readers may still hold the old one.
	if withdraw {
		old = nil
	}
	k.generations = append([]*generation{g}, old...)
	return nil
}

// The members of AWS's keys: the RSA key has no alg.
type rsaJWK struct {
	E   string `json:"e"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	N   string `json:"n"`
	Use string `json:"use"`
}

type ecJWK struct {
	Alg string `json:"alg"`
	Crv string `json:"crv"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	Use string `json:"use"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

func (g *generation) rsaJWK() (rsaJWK, error) {
	key, err := g.rsa()
	if err != nil {
		return rsaJWK{}, err
	}
	return rsaJWK{
		E:   b64(big.NewInt(int64(key.E)).Bytes()),
		Kid: g.rsaID(), Kty: "RSA", Use: "sig",
		N: b64(key.N.Bytes()),
	}, nil
}

func (g *generation) ecJWK() (ecJWK, error) {
	point, err := g.ec.PublicKey.Bytes()
	if err != nil {
		return ecJWK{}, fmt.Errorf("encoding a P-384 key: %w", err)
	}
	half := (len(point) - 1) / 2 // behind the 0x04 of an uncompressed point
	return ecJWK{
		Alg: ES384, Crv: "P-384", Kid: g.ecID(), Kty: "EC", Use: "sig",
		X: b64(point[1 : 1+half]), Y: b64(point[1+half:]),
	}, nil
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
