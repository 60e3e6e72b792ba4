package devsts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxDocument bounds a provider's document, in bytes; 200 keys fit well.
const maxDocument = 1 << 20

// errUnreachable tells a provider that does not answer from one whose answer is
// no good.
var errUnreachable = errors.New("the provider does not answer")

// providerKey is a key of a provider, with what AWS looks at.
type providerKey struct {
	Kid    string          `json:"kid"`
	Kty    string          `json:"kty"`
	Use    string          `json:"use"`
	Alg    string          `json:"alg"`
	KeyOps json.RawMessage `json:"key_ops"`
	Crv    string          `json:"crv"`
	N      string          `json:"n"`
	E      string          `json:"e"`
	X      string          `json:"x"`
	Y      string          `json:"y"`
}

// errProvider is what a provider's documents are refused with. AWS tells no
// more than its first sentence; what stands behind it is for whoever develops.
func errProvider(err error) *apiError {
	if errors.Is(err, errUnreachable) {
		return newError(http.StatusBadRequest, "IDPCommunicationError",
			"The identity provider could not be reached: "+err.Error())
	}
	return errIdentityToken("Couldn't retrieve verification key from your identity provider,  " +
		"please reference AssumeRoleWithWebIdentity documentation for requirements: " + err.Error())
}

// findKey fetches a provider's documents and returns the key of a token. They
// are fetched anew for each call, so that a rotation shows at once.
func (p *provider) findKey(ctx context.Context, kid string) (providerKey, error) {
	keySet, err := p.discover(ctx)
	if err != nil {
		return providerKey{}, err
	}
	var set struct {
		Keys []providerKey `json:"keys"`
	}
	if err := p.fetch(ctx, keySet, &set); err != nil {
		return providerKey{}, err
	}
	if err := checkKeyCount(set.Keys); err != nil {
		return providerKey{}, err
	}
	why := fmt.Errorf("no key has the token's kid %q", kid)
	for _, key := range set.Keys {
		if key.Kid != kid || kid == "" {
			continue
		}
		if why = key.check(); why == nil {
			return key, nil
		}
	}
	return providerKey{}, why
}

// discover returns the URL of the key set. The document lies at
// <issuer>/.well-known/openid-configuration and its issuer is the provider's
// URL: OpenID Connect Discovery 1.0, sections 4.1 and 4.3, the standard that an
// identity provider "supports" by the IAM User Guide, "Create an OpenID Connect
// (OIDC) identity provider in IAM". That AWS's STS reads jwks_uri there is in the
// re:Post article of fetchTimeout.
func (p *provider) discover(ctx context.Context) (string, error) {
	var document struct {
		Issuer string `json:"issuer"`
		KeySet string `json:"jwks_uri"`
	}
	if err := p.fetch(ctx, strings.TrimSuffix(p.URL, "/")+"/.well-known/openid-configuration", &document); err != nil {
		return "", err
	}
	if document.Issuer != p.URL {
		return "", fmt.Errorf("the discovery document's issuer is %q, not %q", document.Issuer, p.URL)
	}
	// The URL may be of another host; those of Google's keys are.
	if !strings.HasPrefix(document.KeySet, "https://") && checkProviderURL(document.KeySet, p.AllowLoopback) != nil {
		return "", fmt.Errorf("the discovery document's jwks_uri %q does not begin with https://", document.KeySet)
	}
	return document.KeySet, nil
}

// fetch reads a JSON document.
func (p *provider) fetch(ctx context.Context, address string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("fetching %s: %w", address, err)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("fetching %s: status %d", address, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w: reading %s: %w", errUnreachable, address, err)
	case len(body) > maxDocument:
		return fmt.Errorf("fetching %s: more than %d bytes", address, maxDocument)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("reading %s: %w", address, err)
	}
	return nil
}

// maxKeys is how many RSA keys, and how many EC keys, a key set may have, by the
// IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM".
const maxKeys = 100

func checkKeyCount(keys []providerKey) error {
	count := map[string]int{}
	for _, key := range keys {
		count[key.Kty]++
	}
	for _, kind := range []string{"RSA", "EC"} {
		if count[kind] > maxKeys {
			return fmt.Errorf("the key set has %d %s keys, more than %d", count[kind], kind, maxKeys)
		}
	}
	return nil
}

// check is what the same page asks of a key: kid, which findKey has seen, use: sig,
// and no key_ops. Other keys of the set do not matter: there are providers that
// AWS takes though they publish keys for encryption, too.
func (k providerKey) check() error {
	if k.Use != "sig" {
		return fmt.Errorf("the key %q has use %q, not sig", k.Kid, k.Use)
	}
	if k.KeyOps != nil {
		return fmt.Errorf("the key %q has key_ops", k.Kid)
	}
	return nil
}
