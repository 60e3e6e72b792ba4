package signing

import (
	"strings"
	"testing"
	"time"
)

// A clock that is set forward or back refuses nobody: what is signed fits what is
// published, then and later, and the keys rotate on.
func TestClockJumps(t *testing.T) {
	for what, jump := range map[string]time.Duration{
		"not at all": 0, "an hour forward": time.Hour, "an hour back": -time.Hour,
		"a year forward": 365 * 24 * time.Hour, "a year back": -365 * 24 * time.Hour,
	} {
		t.Run(what, func(t *testing.T) {
			m, c := newMemory(), newClock()
			keys := gateway(t, m, c, 0)
			sign(t, keys, ES256)
			c.advance(23*time.Hour + time.Minute) // with a successor on its way
			sign(t, keys, ES256)
			keys.settled()
			c.advance(jump)
			kids := make(map[string]bool)
			for range 3 * 24 * 6 {
				token := sign(t, keys, ES256)
				kids[kidOf(t, token)] = true
				keys.settled()
				p := publish(t, keys, ES256)
				if !fits(t, token, p.JWKS) {
					t.Fatal("what is signed does not fit what is published")
				}
				if n := strings.Count(string(p.JWKS), `"kid"`); n > 4 {
					t.Fatalf("%d keys are published", n)
				}
				c.advance(10 * time.Minute)
			}
			if len(kids) < 3 {
				t.Errorf("%d keys signed in three days", len(kids))
			}
		})
	}
}

// What was read in the future of a clock that was set back is read again before
// anything is signed.
func TestClockIsSetBack(t *testing.T) {
	for by, reads := range map[time.Duration]int{0: 0, time.Second: 1} {
		m, c := newMemory(), newClock()
		keys := gateway(t, m, c, 0)
		sign(t, keys, ES256)
		keys.settled()
		before := m.count("load")
		c.advance(-by)
		sign(t, keys, ES256)
		keys.settled()
		if n := m.count("load") - before; n != reads {
			t.Errorf("back by %s: read %d times, want %d", by, n, reads)
		}
	}
}

// The sequence of a bundle rises with each change, also when the clock does not.
func TestSequenceRises(t *testing.T) {
	now := newClock().Now()
	for before, want := range map[int64]int64{0: now.Unix(), now.Unix() - 1: now.Unix(), now.Unix(): now.Unix() + 1, now.Unix() + 1000: now.Unix() + 1001} {
		d, err := plan{}.carryOut(testIssuer, &document{sequence: before}, now)
		if err != nil || d.sequence != want {
			t.Errorf("after %d: %d, %v, want %d", before, d.sequence, err, want)
		}
	}
}

// One gateway whose clock is weeks ahead withdraws keys too early. The other goes
// on with what is there as soon as it has looked.
func TestClocksDiffer(t *testing.T) {
	m, right := newMemory(), newClock()
	wrong := newClock()
	wrong.advance(40 * 24 * time.Hour)
	one, other := gateway(t, m, right, 0), gateway(t, m, wrong, 0)
	sign(t, one, ES256)
	for range 24 * 12 {
		publish(t, other, ES256) // looks, and may rotate
		other.settled()
		sign(t, one, ES256)
		one.settled()
		token := sign(t, one, ES256)
		if !fits(t, token, publish(t, one, ES256).JWKS) {
			t.Fatal("what is signed does not fit what is published")
		}
		if n := len(one.current.Load().document.keys); n > 10 {
			t.Fatalf("%d keys are there", n)
		}
		right.advance(5 * time.Minute)
		wrong.advance(5 * time.Minute)
	}
}

func TestRotationBounds(t *testing.T) {
	for rotation, good := range map[time.Duration]bool{0: true, MinRotation: true, MinRotation - 1: false, -time.Hour: false, 1000 * time.Hour: true} {
		if _, err := newSchedule(rotation); (err == nil) != good {
			t.Errorf("%s: %v", rotation, err)
		}
	}
}
