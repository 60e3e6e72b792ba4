package caddymodule

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/identity"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

const (
	defaultLeeway = 30 * time.Second
	defaultRealm  = "aws"
)

// Provision checks the configuration and makes what the handler works with. It
// fetches nothing: an issuer that is down delays no start. The error names
// every fault.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger, h.slogger = ctx.Logger(), ctx.Slogger()
	if h.now == nil {
		h.now = time.Now
	}
	if h.Realm == "" {
		h.Realm = defaultRealm
	}
	var found faults
	h.provisionHeaders(&found)
	if h.FirewallOnly {
		if h.hasMoreThanHeaders() {
			found.add(errors.New("firewall_only: only headers and default_headers may stand beside it"))
		}
		return found.err()
	}
	found.add(checkRealm(h.Realm))
	h.provisionPolicy(&found)
	h.provisionVerifier(&found)
	return found.err()
}

// Cleanup ends what Provision began, also when Provision failed half-way.
func (h *Handler) Cleanup() error {
	var errs []error
	for _, keys := range h.keySets {
		errs = append(errs, keys.Close())
	}
	h.keySets = nil
	return errors.Join(errs...)
}

func (h *Handler) provisionHeaders(found *faults) {
	config := identity.Config{DefaultHeaders: h.DefaultHeaders == nil || *h.DefaultHeaders}
	for _, header := range h.Headers {
		config.Headers = append(config.Headers, identity.Header(header))
	}
	var err error
	h.headers, err = identity.New(config)
	found.add(err)
}

func (h *Handler) provisionPolicy(found *faults) {
	config := celpolicy.Config{
		Accounts: h.Accounts, Orgs: h.Orgs,
		PrincipalTags: h.PrincipalTags, RequestTags: h.RequestTags,
	}
	for _, rule := range h.Deny {
		config.Deny = append(config.Deny, celpolicy.Rule(rule))
	}
	for _, rule := range h.Allow {
		config.Allow = append(config.Allow, celpolicy.Rule(rule))
	}
	var err error
	h.policy, err = celpolicy.Compile(config)
	found.add(err)
	for _, warning := range h.policy.Warnings() {
		h.logger.Warn("a rule may not mean what it says", zap.String("warning", warning))
	}
}

func (h *Handler) provisionVerifier(found *faults) {
	config := verifier.Config{
		Audiences: h.Audiences, SingleAudience: h.SingleAudience,
		Algorithms: h.Algorithms, Leeway: defaultLeeway, Now: h.now,
	}
	if h.Leeway != nil {
		config.Leeway = time.Duration(*h.Leeway)
	}
	config.MaxLifetime = found.positive("max_lifetime", h.MaxLifetime)
	remote := h.remoteConfig(found)
	for i, each := range h.Issuers {
		keys, err := h.keySet(each, remote)
		if err != nil {
			found.addAt(fmt.Sprintf("issuers[%d].", i), err)
			keys = new(verifier.StaticKeySet) // so that New looks at the rest
		}
		if len(each.Accounts)+len(h.Accounts) == 0 {
			h.logger.Warn("an issuer is pinned to no account; name the accounts that it may speak for", zap.String("issuer", each.URL))
		}
		config.Issuers = append(config.Issuers, verifier.Issuer{
			URL: each.URL, Keys: keys, Accounts: each.Accounts,
			Audiences: each.Audiences, Algorithms: each.Algorithms,
		})
	}
	var err error
	h.verifier, err = verifier.New(config)
	found.add(err)
}

func (h *Handler) remoteConfig(found *faults) verifier.RemoteConfig {
	config := verifier.RemoteConfig{Now: h.now, Logger: h.slogger}
	if h.JWKS == nil {
		return config
	}
	config.TTL = found.positive("jwks.ttl", h.JWKS.TTL)
	config.Cooldown = found.positive("jwks.cooldown", h.JWKS.Cooldown)
	config.Timeout = found.positive("jwks.timeout", h.JWKS.Timeout)
	config.AllowPrivateAddresses = h.JWKS.AllowPrivateAddresses
	return config
}

func (h *Handler) keySet(issuer Issuer, remote verifier.RemoteConfig) (verifier.KeySet, error) {
	if issuer.JWKSFile != "" {
		if issuer.JWKSURL != "" {
			return nil, errors.New("jwks_file: it cannot stand beside jwks_url")
		}
		keys, err := verifier.NewFileKeySet(issuer.JWKSFile, h.now, h.slogger)
		if err != nil {
			return nil, fmt.Errorf("jwks_file: %w", err)
		}
		return keys, nil
	}
	remote.Issuer, remote.JWKSURL = issuer.URL, issuer.JWKSURL
	keys, err := verifier.NewRemoteKeySet(remote)
	if err != nil {
		return nil, err
	}
	h.keySets = append(h.keySets, io.Closer(keys))
	return keys, nil
}

func (h *Handler) hasMoreThanHeaders() bool {
	return len(h.Issuers)+len(h.Audiences)+len(h.Algorithms)+len(h.Accounts)+len(h.Orgs)+
		len(h.PrincipalTags)+len(h.RequestTags)+len(h.Deny)+len(h.Allow) > 0 ||
		h.JWKS != nil || h.SingleAudience || h.Leeway != nil || h.MaxLifetime != nil ||
		h.ForwardToken || h.ExplainErrors || h.Realm != defaultRealm
}

// checkRealm keeps the realm a quoted-string that needs no escaping (RFC 9110,
// section 5.6.4).
func checkRealm(realm string) error {
	for i := range len(realm) {
		if c := realm[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return fmt.Errorf("realm: %q has a character that is not printable ASCII, or a quote or a backslash", realm)
		}
	}
	return nil
}

// faults collects what is wrong with a configuration, each fault once.
type faults struct {
	messages []string
}

func (f *faults) add(err error) { f.addAt("", err) }

// addAt takes an error, or several joined ones, whose paths begin below prefix.
func (f *faults) addAt(prefix string, err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, each := range joined.Unwrap() {
			f.addAt(prefix, each)
		}
		return
	}
	message := prefix + err.Error()
	for _, known := range f.messages {
		// An issuer's URL is looked at by its key set and by the verifier.
		if known == message {
			return
		}
	}
	f.messages = append(f.messages, message)
}

// positive returns the duration, or 0 for the default when it is not set.
func (f *faults) positive(path string, d *caddy.Duration) time.Duration {
	if d == nil {
		return 0
	}
	if *d <= 0 {
		f.add(fmt.Errorf("%s: %v is not positive", path, time.Duration(*d)))
		return 0
	}
	return time.Duration(*d)
}

func (f *faults) err() error {
	switch len(f.messages) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("configuring aws_jwt: %s", f.messages[0])
	}
	return fmt.Errorf("configuring aws_jwt: %d faults:\n\t%s", len(f.messages), strings.Join(f.messages, "\n\t"))
}
