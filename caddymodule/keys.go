package caddymodule

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// keyPool has the key sets of all handlers, of this configuration and of the
// one before, so that a reload goes on with the keys that are there.
var keyPool = caddy.NewUsagePool()

// keySettings are all that decides how keys are fetched and kept. Handlers with
// the same settings share key sets.
type keySettings struct {
	ttl, maxStale, cooldown, timeout time.Duration

	fetching  fetchSettings
	proxyUser string // the user information of the proxy's URL
	persist   bool
	storage   string // which storage it is
}

// fetchSettings are those of them that decide what can be fetched. Stored keys
// are kept apart by them.
type fetchSettings struct {
	ca           [sha256.Size]byte // zero is the system's
	proxy        string            // without user information, whose digest nobody needs to see
	allowPrivate bool
}

// directory is where keys are stored that were fetched so.
func (s fetchSettings) directory() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%x\n%s\n%t", s.ca, s.proxy, s.allowPrivate))
	return "aws_jwt/keys/" + hex.EncodeToString(sum[:16])
}

// sharedKeys are the key sets of all handlers with the same settings.
type sharedKeys struct {
	sets    *verifier.RemoteKeySets
	lenders lenders
}

// Destruct ends what the key sets have under way, when the last lease is
// released.
func (s *sharedKeys) Destruct() error { return s.sets.Close() }

// lease is a handler's share in key sets.
type lease struct {
	settings keySettings
	shared   *sharedKeys
	lender   *lender
}

// keys returns the leased key sets, or nil.
func (l *lease) keys() *verifier.RemoteKeySets {
	if l == nil {
		return nil
	}
	return l.shared.sets
}

// release gives back what was taken, and nothing else: another handler's share
// is what a running configuration lives on.
func (l *lease) release() error {
	if l == nil {
		return nil
	}
	_, err := keyPool.Delete(l.settings)
	l.shared.lenders.leave(l.lender)
	return err
}

// leaseKeys takes a share in the key sets of the handler's settings, or finds
// fault with them and returns nil.
func (h *Handler) leaseKeys(ctx caddy.Context, found *faults) *lease {
	settings, config, ok := h.JWKS.settings(found)
	if !ok {
		return nil
	}
	config.Now, config.Fetched, config.Dated = h.now, countFetch, h.clock.dated()
	own := &lender{logger: h.slogger}
	if settings.persist {
		own.storage = storageOf(ctx)
	}
	settings.persist = own.storage != nil
	settings.storage = nameOf(own.storage)
	value, _, err := keyPool.LoadOrNew(settings, func() (caddy.Destructor, error) {
		shared := new(sharedKeys)
		config.Logger = shared.lenders.logger()
		if settings.persist {
			config.Store = &keyStorage{&shared.lenders, settings.fetching.directory()}
		}
		var err error
		shared.sets, err = verifier.NewRemoteKeySets(config)
		return shared, err
	})
	if err != nil {
		found.add(err)
		return nil
	}
	shared, _ := value.(*sharedKeys) // the pool holds nothing else
	shared.lenders.enter(own)
	return &lease{settings, shared, own}
}

// nameOf tells storages apart as far as they say which they are. Caddy makes a
// new value of the same storage for each configuration.
func nameOf(storage certmagic.Storage) string {
	if named, ok := storage.(fmt.Stringer); ok {
		return named.String()
	}
	return fmt.Sprintf("%T", storage)
}

// settings resolves the defaults, so that writing one out changes nothing.
func (j *JWKS) settings(found *faults) (s keySettings, config verifier.RemoteConfig, ok bool) {
	if j == nil {
		j = new(JWKS)
	}
	before := len(found.messages)
	orDefault := func(path string, d *caddy.Duration, fallback time.Duration) time.Duration {
		if set := found.positive(path, d); set != 0 {
			return set
		}
		return fallback
	}
	s = keySettings{
		ttl:      orDefault("jwks.ttl", j.TTL, verifier.DefaultTTL),
		cooldown: orDefault("jwks.cooldown", j.Cooldown, verifier.DefaultCooldown),
		timeout:  orDefault("jwks.timeout", j.Timeout, verifier.DefaultTimeout),
		persist:  j.Persist == nil || *j.Persist,
	}
	s.maxStale = orDefault("jwks.max_stale", j.MaxStale, max(verifier.DefaultMaxStale, s.ttl))
	s.fetching.allowPrivate = j.AllowPrivateAddresses
	config = verifier.RemoteConfig{
		TTL: s.ttl, MaxStale: s.maxStale, Cooldown: s.cooldown, Timeout: s.timeout,
		AllowPrivateAddresses: j.AllowPrivateAddresses,
	}
	var err error
	if j.Proxy != "" {
		if config.Proxy, err = url.Parse(j.Proxy); err != nil {
			// The error of url.Parse would show a password.
			found.add(errors.New("jwks.proxy: it is not a URL such as http://host:3128"))
		} else {
			s.proxyUser = config.Proxy.User.String()
			s.fetching.proxy = (&url.URL{Scheme: config.Proxy.Scheme, Host: config.Proxy.Host}).String()
		}
	}
	if config.RootCAs, s.fetching.ca, err = readCAs(j.CA); err != nil {
		found.add(err)
	}
	return s, config, len(found.messages) == before
}

// readCAs also returns a digest of the certificates, so that a reload with
// others in the same file is another setting.
func readCAs(files []string) (*x509.CertPool, [sha256.Size]byte, error) {
	var digest [sha256.Size]byte
	if files == nil {
		return nil, digest, nil
	}
	if len(files) == 0 {
		return nil, digest, errors.New("jwks.ca: the list is empty; leave it out or fill it")
	}
	pool, all := x509.NewCertPool(), sha256.New()
	var faults []error
	for n, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && !pool.AppendCertsFromPEM(text) {
			err = fmt.Errorf("%s holds no certificate in PEM form", file)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("jwks.ca[%d]: %w", n, err))
		}
		fmt.Fprintf(all, "%d\n%s", len(text), text)
	}
	all.Sum(digest[:0])
	return pool, digest, errors.Join(faults...)
}
