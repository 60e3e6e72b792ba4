package verifier

import (
	"context"
	"testing"
	"time"
)

// slowKeys moves the clock on while they are asked, as a fetch does.
type slowKeys struct {
	KeySet
	clock *settable
	took  time.Duration
}

func (k *slowKeys) Key(ctx context.Context, id string) (Key, error) {
	k.clock.set(k.clock.now().Add(k.took))
	return k.KeySet.Key(ctx, id)
}

// A token that is remembered is held against the time at which its key was had,
// for which it may have waited.
func TestHitThatWaitedForItsKey(t *testing.T) {
	for took, want := range map[time.Duration]Reason{5 * time.Second: Expired, 500 * time.Millisecond: ""} {
		v, clock := remembering(t, func(c *Config) { c.Leeway = 0 })
		clock.set(epoch.Add(299 * time.Second)) // it ends at 300
		clock.publish(&slowKeys{aws().keySet(t), clock, took})
		if _, err := v.Verify(t.Context(), goodOnce()); reasonOf(err) != want || want == "" && err != nil {
			t.Errorf("after %v: got %v, want %q", took, err, want)
		}
	}
}
