package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// The accounts of devsts' default configuration. The first two are trusted.
const (
	orders   = "111122223333"
	billing  = "444455556666"
	stranger = "999988887777"
)

// trusted are the accounts whose issuers are trusted, each for itself alone.
func trusted() []string { return []string{orders, billing} }

// audience is what tokens must be made out to.
const audience = "my-app"

// world is the STS, its issuers and keys, and somebody who has keys of his own.
type world struct {
	sts     *devsts.Server
	now     time.Time // whole seconds
	client  *http.Client
	issuers map[string]string // by account
	keys    map[string]keys   // by account
	forger  keys              // keys that no issuer has
	small   *ecdsa.PrivateKey // the forger's on P-256
}

// keys are a pair of private keys.
type keys struct {
	rsa, ec crypto.Signer
}

func newWorld(now time.Time) (*world, error) {
	now = now.Truncate(time.Second)
	c := devsts.DefaultConfig()
	c.BaseURL = "https://sts.example"
	c.Now = func() time.Time { return now }
	sts, err := devsts.New(c)
	if err != nil {
		return nil, fmt.Errorf("making the STS: %w", err)
	}
	w := &world{
		sts: sts, now: now, client: &http.Client{Transport: direct{sts.Handler()}},
		issuers: make(map[string]string), keys: make(map[string]keys),
	}
	for _, account := range append(trusted(), stranger) {
		if w.issuers[account], err = sts.IssuerURL(account); err != nil {
			return nil, fmt.Errorf("finding an issuer: %w", err)
		}
		if w.keys[account], err = w.keysOf(account); err != nil {
			return nil, err
		}
	}
	return w, w.makeForger()
}

func (w *world) keysOf(account string) (keys, error) {
	r, err := w.sts.SigningKey(account, devsts.RS256)
	if err != nil {
		return keys{}, fmt.Errorf("finding keys: %w", err)
	}
	e, err := w.sts.SigningKey(account, devsts.ES384)
	if err != nil {
		return keys{}, fmt.Errorf("finding keys: %w", err)
	}
	return keys{r.Signer, e.Signer}, nil
}

func (w *world) makeForger() error {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("generating keys: %w", err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generating keys: %w", err)
	}
	w.forger = keys{r, e}
	if w.small, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return fmt.Errorf("generating keys: %w", err)
	}
	return nil
}

// direct reaches a handler without a network.
type direct struct {
	handler http.Handler
}

// RoundTrip has the handler answer.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	d.handler.ServeHTTP(answer, r)
	return answer.Result(), nil
}
