package verifier

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"
)

// Defaults of a RemoteConfig.
const (
	DefaultTTL      = 15 * time.Minute
	DefaultMaxStale = 24 * time.Hour
	DefaultCooldown = 30 * time.Second
	DefaultTimeout  = 5 * time.Second
)

// RemoteConfig says how issuers' keys are fetched and kept. The zero value is
// the defaults.
type RemoteConfig struct {
	// TTL is the age from which keys are refreshed in the background while they
	// serve. The default is DefaultTTL.
	TTL time.Duration

	// MaxStale is the age up to which keys serve when they cannot be refreshed.
	// The default is DefaultMaxStale, or TTL when that is longer.
	MaxStale time.Duration

	// Cooldown is the shortest time between two fetches for key IDs that are
	// unknown, and after a fetch that failed, of one issuer. The default is
	// DefaultCooldown.
	Cooldown time.Duration

	// Timeout bounds one fetch, discovery included. When so many go on that one has
	// to wait before it begins, that is bounded by as much again. The default is
	// DefaultTimeout.
	Timeout time.Duration

	// RootCAs are the authorities that may vouch for issuers' servers. The
	// default is those of the system.
	RootCAs *x509.CertPool

	// Proxy is the http, https or socks5 proxy that every fetch goes through.
	// The default is what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.
	Proxy *url.URL

	// AllowPrivateAddresses lets keys be fetched from loopback, private,
	// link-local and multicast addresses. Without it they are fetched from
	// public addresses alone, or from loopback when the issuer's host is one.
	AllowPrivateAddresses bool

	// Store keeps the last good keys over restarts. The default is none.
	Store Store

	// Fetched is told how each fetch ended, but for those that Close ends. The key
	// set is locked meanwhile: it should take no time, and use no key set. The
	// default is nobody.
	Fetched func(FetchResult)

	// Dated is told when an issuer's answer says that it was made, and when on our
	// clock it was asked for and had: two clocks, to be compared. It is called from
	// fetches, several at once. The default is none.
	Dated func(issuer string, date, sent, received time.Time)

	// Now is the clock. The default is time.Now.
	Now func() time.Time

	// Logger is told of fetches that failed or changed the keys. The default
	// discards.
	Logger *slog.Logger
}

func (c *RemoteConfig) setDefaults() {
	for _, each := range []struct {
		field    *time.Duration
		fallback time.Duration
	}{
		{&c.TTL, DefaultTTL}, {&c.Cooldown, DefaultCooldown}, {&c.Timeout, DefaultTimeout},
		{&c.MaxStale, max(DefaultMaxStale, c.TTL)},
	} {
		if *each.field == 0 {
			*each.field = each.fallback
		}
	}
	if c.Fetched == nil {
		c.Fetched = func(FetchResult) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

func (c *RemoteConfig) validate() error {
	var faults []error
	for _, each := range []struct {
		name  string
		value time.Duration
	}{{"ttl", c.TTL}, {"max_stale", c.MaxStale}, {"cooldown", c.Cooldown}, {"timeout", c.Timeout}} {
		if each.value < 0 {
			faults = append(faults, fmt.Errorf("jwks.%s: %v is not positive", each.name, each.value))
		}
	}
	if c.MaxStale < c.TTL {
		faults = append(faults, fmt.Errorf("jwks.max_stale: %v is under the ttl of %v", c.MaxStale, c.TTL))
	}
	if c.Proxy != nil {
		if err := checkProxy(c.Proxy); err != nil {
			faults = append(faults, fmt.Errorf("jwks.proxy: %w", err))
		}
	}
	return errors.Join(faults...)
}

// checkProxy never names the whole URL: it may hold a password.
func checkProxy(proxy *url.URL) error {
	if proxy.Opaque != "" {
		// Such as user:password@host:3128, of which Redacted hides nothing.
		return errors.New("it is not a URL such as http://host:3128")
	}
	if _, known := proxyPorts[proxy.Scheme]; !known {
		return fmt.Errorf("%s is not a URL such as http://host:3128; https and socks5 are known, too", quote(proxy.Redacted()))
	}
	if proxy.Hostname() == "" || proxy.RawQuery != "" || proxy.Fragment != "" || proxy.Path != "" && proxy.Path != "/" {
		return fmt.Errorf("%s has no host, or a path, query or fragment", quote(proxy.Redacted()))
	}
	return nil
}
