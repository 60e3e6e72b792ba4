package caddymodule

import (
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// What has served is let go within a minute.
func TestAssertionsAreLetGo(t *testing.T) {
	m, err := newAssertionMemory(100)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		now := instant.Add(time.Duration(i) * time.Minute)
		m.keep(new(awstoken.Token), minted{"x", now.Add(90 * time.Second)}, now)
		if n := m.made.EstimatedSize(); n > 3 {
			t.Fatalf("%d are kept", n)
		}
	}
}

// As many assertions are remembered as tokens, and none without a cache.
func TestSizeOfTheMemory(t *testing.T) {
	for size, cache := range map[int]*Cache{
		verifier.DefaultCacheSize: nil, 7: {Size: 7}, 0: {Off: true},
	} {
		h := newHandler(t, func(h *Handler) { asserting(h, ""); h.Cache = cache })
		made := 0
		if m := h.asserter.made; m != nil {
			made = int(m.made.GetMaximum())
		}
		if made != size {
			t.Errorf("%+v: %d are remembered, want %d", cache, made, size)
		}
		serve(t, get(goodToken(t)), h).upstreamSaw(t)
	}
}
