package assertion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// cachedKeys is a key set that is kept for its max-age and then fetched again. It
// is strict: a key that it does not have is none, and makes it ask for nothing. It
// is an oidc.KeySet.
type cachedKeys struct {
	url     string
	client  *http.Client
	forever bool // it is never fetched again

	mu      sync.Mutex
	set     jose.JSONWebKeySet
	until   time.Time
	fetches int
	known   map[string]bool // all key IDs that it ever had
	signed  map[string]int  // what it verified, by key ID
}

func newCachedKeys(url string, client *http.Client) *cachedKeys {
	return &cachedKeys{url: url, client: client, known: make(map[string]bool), signed: make(map[string]int)}
}

// VerifySignature returns the payload if a key of the set has signed it.
func (k *cachedKeys) VerifySignature(ctx context.Context, text string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(text, algorithms)
	if err != nil {
		return nil, err
	}
	kid := jws.Signatures[0].Header.KeyID
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(ctx); err != nil {
		return nil, err
	}
	keys := k.set.Key(kid)
	if len(keys) != 1 {
		return nil, fmt.Errorf("the set has %d keys of kid %s", len(keys), kid)
	}
	payload, err := jws.Verify(keys[0].Key)
	if err == nil {
		k.signed[kid]++
	}
	return payload, err
}

// refresh fetches what may not be kept any longer. That is counted from the moment
// at which it was asked for (RFC 9111, section 4.2.3).
func (k *cachedKeys) refresh(ctx context.Context) error {
	asked := time.Now()
	if asked.Before(k.until) || k.forever && k.fetches > 0 {
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return err
	}
	a, err := answerOf(k.client, request)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("fetching keys: status %d", a.status)
	}
	seconds, there := strings.CutPrefix(a.header.Get("Cache-Control"), "public, max-age=")
	age, err := strconv.Atoi(seconds)
	if !there || err != nil {
		return errors.New("fetching keys: there is no max-age")
	}
	k.set = jose.JSONWebKeySet{}
	if err := json.Unmarshal([]byte(a.body), &k.set); err != nil {
		return err
	}
	for _, each := range k.set.Keys {
		k.known[each.KeyID] = true
	}
	k.until = asked.Add(time.Duration(age) * time.Second)
	k.fetches++
	return nil
}

// verifier takes the assertions of an issuer for the upstream.
func (k *cachedKeys) verifier(issuer string) *oidc.IDTokenVerifier {
	return oidc.NewVerifier(issuer, k, &oidc.Config{ClientID: upstream, SupportedSigningAlgs: []string{oidc.ES256, oidc.RS256}})
}

// counts are how many keys were seen, and how many have signed.
func (k *cachedKeys) counts() (known, signed, fetches int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.known), len(k.signed), k.fetches
}
