package caddymodule

import (
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap/zapcore"
)

// Whether a token was verified before is in the log, and changes nothing else.
func TestCache(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cache *Cache
		want  []any
	}{
		{"by default", nil, []any{false, true}},
		{"with a size", &Cache{Size: 10, TTL: new(caddy.Duration(1e9))}, []any{false, true}},
		{"off", &Cache{Off: true}, []any{false, false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHandler(t, func(h *Handler) { h.Cache = tt.cache })
			token := goodToken(t)
			for _, cached := range tt.want {
				got := oneLine(t, zapcore.DebugLevel, h, get(token))
				if got.fields["msg"] != "allowed" || got.fields["cached"] != cached {
					t.Errorf("logged %v, want cached %v", got.fields, cached)
				}
			}
		})
	}
}

// The policy is asked each time, and a configuration remembers for itself alone.
func TestCacheIsOneConfigurations(t *testing.T) {
	token := goodToken(t)
	open, closed := newHandler(t, nil), newHandler(t, denyAll)
	for range 2 {
		if got := serve(t, get(token), open); !got.passed() {
			t.Errorf("reason %q", got.reason())
		}
		if got := serve(t, get(token), closed); got.reason() != "policy_denied" {
			t.Errorf("reason %q", got.reason())
		}
		other := newHandler(t, func(h *Handler) { h.Audiences = []string{"https://other.example"} })
		if got := serve(t, get(token), other); got.reason() != "wrong_audience" {
			t.Errorf("reason %q", got.reason())
		}
	}
}

func TestCacheConfiguration(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Handler)
		fault  string
	}{
		"a size":               {func(h *Handler) { h.Cache = &Cache{Size: 1} }, ""},
		"a size below 0":       {func(h *Handler) { h.Cache = &Cache{Size: -1} }, "cache.size: -1 is not positive"},
		"a time below 0":       {func(h *Handler) { h.Cache = &Cache{TTL: new(caddy.Duration(-1))} }, "cache.ttl: -1ns is not positive"},
		"off":                  {func(h *Handler) { h.Cache = &Cache{Off: true} }, ""},
		"off with a size":      {func(h *Handler) { h.Cache = &Cache{Off: true, Size: 1} }, "cache: size and ttl mean nothing when it is off"},
		"a share":              {func(h *Handler) { h.SignatureShare = 100 }, ""},
		"a share above all":    {func(h *Handler) { h.SignatureShare = 101 }, "signature_share: 101% is not between 1% and 100%"},
		"a share below none":   {func(h *Handler) { h.SignatureShare = -1 }, "signature_share: -1% is not between 1% and 100%"},
		"beside firewall_only": {func(h *Handler) { *h = Handler{FirewallOnly: true, Cache: new(Cache)} }, "firewall_only: only headers, default_headers, assertion and allow_upgrade may stand beside it"},
	} {
		t.Run(name, func(t *testing.T) {
			err := loadWith(t, tt.change)
			if tt.fault == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			checkFaults(t, err, tt.fault)
		})
	}
}

// Handlers share the bound on signature checks, and give it back.
func TestSignatureChecksAreShared(t *testing.T) {
	before := len(references())
	a, b := newHandler(t, nil), newHandler(t, nil)
	c := newHandler(t, func(h *Handler) { h.SignatureShare = 100 })
	if a.checksAtOnce != b.checksAtOnce || c.checksAtOnce <= a.checksAtOnce && c.checksAtOnce != 1 {
		t.Errorf("%d, %d and %d at once", a.checksAtOnce, b.checksAtOnce, c.checksAtOnce)
	}
	for _, h := range []*Handler{a, b, c} {
		if err := h.Cleanup(); err != nil {
			t.Error(err)
		}
		if err := h.Cleanup(); err != nil { // what was not taken is not given back
			t.Error(err)
		}
	}
	if after := len(references()); after > before {
		t.Errorf("%d bounds are left, there were %d", after, before)
	}
}

func references() (keys []any) {
	checksPool.Range(func(key, _ any) bool {
		keys = append(keys, key)
		return true
	})
	return keys
}
