package verifier

import (
	"testing"
	"time"
)

// In any minute there are sixty, however they are asked for.
func TestRation(t *testing.T) {
	var r ration
	now := epoch
	for range rationSize {
		if wait := r.take(now); wait != 0 {
			t.Fatalf("it is used up for %v", wait)
		}
		now = now.Add(100 * time.Millisecond)
	}
	if wait := r.take(now); wait != 54*time.Second {
		t.Errorf("wait %v, want what is left of the first one's minute", wait)
	}
	if now = now.Add(54 * time.Second); r.left(now) != 0 || r.take(now) != 0 {
		t.Error("the first one's minute is over, and there is none to take")
	}
	if wait := r.take(now); wait != 100*time.Millisecond {
		t.Errorf("wait %v, want until the second one's minute is over", wait)
	}
}
