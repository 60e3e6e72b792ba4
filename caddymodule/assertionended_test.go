package caddymodule

import (
	"context"
	"net/http"
	"testing"
)

// loadingStorage does something whenever it is read.
type loadingStorage struct {
	*memoryStorage
	load func()
}

func (s *loadingStorage) Load(ctx context.Context, key string) ([]byte, error) {
	s.load()
	return s.memoryStorage.Load(ctx, key)
}

// Whoever waits for signing keys while the configuration ends has nothing signed by
// it: the new one may have another policy.
func TestNothingIsSignedByAnEndedConfiguration(t *testing.T) {
	for _, ends := range []bool{false, true} {
		storage := &loadingStorage{newStorage(), func() {}}
		h := &Handler{Issuers: []Issuer{{URL: issuerOf(t, ordersAccount)}}, Audiences: []string{audience}}
		asserting(h, "")
		h.storage = storage
		provisioned(t, h)
		storage.load = func() {
			if ends {
				h.ended.Store(true)
			}
		}
		if got := serve(t, get(goodToken(t)), h); got.passed() == ends || ends && got.reason() != "keys_unavailable" {
			t.Errorf("ends %v: %s", ends, got.reason())
		}
	}
}

func TestNothingIsTradedByAnEndedConfiguration(t *testing.T) {
	for _, ends := range []bool{false, true} {
		storage := &loadingStorage{newStorage(), func() {}}
		p := newPublisher(t, storage.memoryStorage, func(p *Publisher) { p.Exchange, p.storage = goodExchange(t), storage })
		storage.load = func() {
			if ends {
				p.Exchange.Handler.ended.Store(true)
			}
		}
		status, _, answer := traded(t, p, post(goodForm(goodToken(t)).Encode()))
		if (status == http.StatusOK) == ends || (answer["access_token"] == nil) != ends || ends && status != http.StatusServiceUnavailable {
			t.Errorf("ends %v: %d %v", ends, status, answer)
		}
	}
}
