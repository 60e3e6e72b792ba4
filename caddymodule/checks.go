package caddymodule

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// Cache says how verified tokens are remembered, so that a signature is checked
// once. Everything else is checked each time.
type Cache struct {
	// How many tokens are remembered, each in some 2.5 kB. Default: 100000.
	Size int `json:"size,omitempty"`

	// How long, at most; none is remembered beyond its end. Default: 1h.
	TTL *caddy.Duration `json:"ttl,omitempty"`

	// Check the signature of each token each time it is sent. Default: false.
	Off bool `json:"off,omitempty"`
}

// defaultSignatureShare is which share of the processors may check signatures,
// in per cent.
const defaultSignatureShare = 50

// checksPool has the bounds on signature checks, by how many may go on at once:
// they are for the process and not for each handler.
var checksPool = caddy.NewUsagePool()

// sharedChecks is a bound that handlers share.
type sharedChecks struct{ *verifier.SignatureChecks }

// Destruct has nothing to end.
func (sharedChecks) Destruct() error { return nil }

// leaseChecks takes a share in the bound of as many checks at once as the
// handler lets there be. It records what it took.
func (h *Handler) leaseChecks(found *faults) *verifier.SignatureChecks {
	share := h.SignatureShare
	if share == 0 {
		share = defaultSignatureShare
	}
	if share < 1 || share > 100 {
		found.add(fmt.Errorf("signature_share: %d%% is not between 1%% and 100%%", share))
		return nil
	}
	atOnce := max(runtime.GOMAXPROCS(0)*share/100, 1)
	value, _, err := checksPool.LoadOrNew(atOnce, func() (caddy.Destructor, error) {
		return sharedChecks{verifier.NewSignatureChecks(atOnce)}, nil
	})
	if err != nil {
		found.add(err)
		return nil
	}
	h.checksAtOnce = atOnce
	shared, _ := value.(sharedChecks) // the pool holds nothing else
	return shared.SignatureChecks
}

// releaseChecks gives back what leaseChecks took.
func (h *Handler) releaseChecks() error {
	if h.checksAtOnce == 0 {
		return nil
	}
	_, err := checksPool.Delete(h.checksAtOnce)
	h.checksAtOnce = 0
	return err
}

// configureCache sets the cache of a verifier's configuration.
func (h *Handler) configureCache(config *verifier.Config, found *faults) {
	c := h.Cache
	switch {
	case c == nil:
		return
	case c.Off:
		if c.Size != 0 || c.TTL != nil {
			found.add(errors.New("cache: size and ttl mean nothing when it is off"))
		}
		config.CacheSize = -1
		return
	case c.Size < 0:
		found.add(fmt.Errorf("cache.size: %d is not positive", c.Size))
	}
	config.CacheSize = c.Size
	if ttl := found.positive("cache.ttl", c.TTL); ttl != 0 {
		config.CacheTTL = ttl
	}
}

// cacheSize is how many tokens are remembered; 0 is none.
func (h *Handler) cacheSize() int {
	switch {
	case h.Cache == nil || h.Cache.Size == 0 && !h.Cache.Off:
		return verifier.DefaultCacheSize
	case h.Cache.Off || h.Cache.Size < 0:
		return 0
	}
	return h.Cache.Size
}
