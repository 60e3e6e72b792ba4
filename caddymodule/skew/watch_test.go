package skew

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// world is the true time, and a machine's clock that is off by something.
type world struct {
	*Watch
	truth  time.Time
	began  time.Time
	offset time.Duration // by which the clock is ahead
	minted int
}

func newWorld(offset time.Duration) *world {
	began := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	w := &world{truth: began, began: began, offset: offset}
	w.Watch = New(func() time.Time { return w.truth.Add(w.offset) }, func() time.Duration { return w.truth.Sub(w.began) })
	return w
}

func (w *world) pass(d time.Duration) { w.truth = w.truth.Add(d) }

// fresh has so many tokens seen the moment after they were issued; the issuer's
// clock is off, too.
func (w *world) fresh(from string, n int, off time.Duration) { w.kept(from, n, off, 0) }

// kept has them seen after they were kept for some time.
func (w *world) kept(from string, n int, off, keptFor time.Duration) {
	for range n {
		w.pass(200 * time.Millisecond)
		w.minted++
		w.Token(from, strconv.Itoa(w.minted), w.truth.Add(off-keptFor).Truncate(time.Second))
	}
}

// fetched has keys fetched, which takes a while.
func (w *world) fetched(from string, off, took time.Duration) {
	sent := w.now()
	w.pass(took / 2)
	date := w.truth.Add(off).Truncate(time.Second)
	w.pass(took / 2)
	w.Date(from, date, sent, w.now())
}

func (w *world) check(t *testing.T, want time.Duration, suspected bool, hint ...string) {
	t.Helper()
	offset, got, text := w.Estimate()
	if got != suspected || (offset-want).Abs() > 1500*time.Millisecond {
		t.Errorf("%v, suspected %v; want %v, %v (%s)", offset, got, want, suspected, text)
	}
	if (text != "") != suspected {
		t.Errorf("hint %q", text)
	}
	for _, each := range hint {
		if !strings.Contains(text, each) {
			t.Errorf("%q is not in %q", each, text)
		}
	}
}

const minute = time.Minute

// Each story differs in the clock alone from one in which it is right.
func TestStories(t *testing.T) {
	three := []string{"https://a", "https://b", "https://c"}
	tokens := func(w *world) {
		for _, each := range three {
			w.fresh(each, 5, 0)
		}
	}
	fetches := func(w *world) {
		for _, each := range three {
			w.fetched(each, 0, 100*time.Millisecond)
		}
	}
	for _, tt := range []struct {
		name   string
		offset time.Duration
		tell   func(*world)
		want   time.Duration
		hint   string
	}{
		{"slow, tokens", -40 * time.Second, tokens, -40 * time.Second, "40s behind, by 3 of 3 issuers"},
		{"slow, fetches", -40 * time.Second, fetches, -40 * time.Second, "behind"},
		{"slow, both", -5 * minute, func(w *world) { tokens(w); fetches(w) }, -5 * minute, "5m0s behind"},
		{"fast, fetches", 40 * time.Second, fetches, 40 * time.Second, "40s ahead, by 3 of 3 issuers"},
		{"fast, both", 5 * minute, func(w *world) { tokens(w); fetches(w) }, 5 * minute, "as expired"},
		{"slow, one issuer's tokens", -minute, func(w *world) { w.fresh("https://a", 3, 0) }, -minute, "by https://a alone"},
		{"fast, one issuer's fetch", minute, func(w *world) { w.fetched("https://a", 0, minute/30) }, minute, "by https://a alone"},
		{"slow, three tokens of three", -minute, func(w *world) {
			for _, each := range three {
				w.fresh(each, 1, 0)
			}
		}, -minute, "3 of 3"},
		{"slow, some callers keep tokens", -minute, func(w *world) {
			for _, each := range three {
				w.kept(each, 8, 0, 4*minute)
				w.fresh(each, 3, 0)
			}
		}, -minute, "3 of 3"},
		{"slow, and one issuer says that it is right", -minute, func(w *world) {
			w.fetched("https://a", -minute, 0)
			w.fresh("https://b", 3, 0)
			w.fetched("https://c", 0, 0)
		}, -minute, "2 of 3"},
		{"fast, and one issuer says that it is right", minute, func(w *world) {
			w.fetched("https://a", minute, 0)
			w.fetched("https://b", 0, 0)
			w.fetched("https://c", 0, 0)
		}, minute, "2 of 3"},
		{"just beyond the threshold", -Threshold - 2*time.Second, fetches, -Threshold - 2*time.Second, "12s behind"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(tt.offset)
			tt.tell(w)
			w.check(t, tt.want, true, tt.hint)
		})
	}
}

// What is no reason to doubt the clock, which is right here or as good as.
func TestNoAlarm(t *testing.T) {
	for _, tt := range []struct {
		name   string
		offset time.Duration
		tell   func(*world)
		want   time.Duration
	}{
		{"nothing was heard", -minute, func(*world) {}, 0},
		{"a right clock", 0, func(w *world) { w.fresh("https://a", 9, 0); w.fetched("https://b", 0, 0) }, 0},
		{"off by less than the threshold", -Threshold + 2*time.Second, func(w *world) { w.fresh("https://a", 9, 0) }, -Threshold + 2*time.Second},
		{"callers that keep tokens", 0, func(w *world) {
			for n := range 200 {
				w.kept(fmt.Sprintf("https://%d", n%3), 1, 0, rand.N(55*minute))
			}
		}, 0},
		{"callers that all keep them for long", 0, func(w *world) { w.kept("https://a", 50, 0, 10*minute); w.kept("https://b", 50, 0, 10*minute) }, 0},
		{"one of three issuers ahead", 0, func(w *world) {
			w.fresh("https://a", 50, minute)
			w.fresh("https://b", 1, 0)
			w.fresh("https://c", 1, 0)
		}, 0},
		{"one of three issuers lies in all", 0, func(w *world) {
			w.fresh("https://a", 50, 5*minute)
			w.fetched("https://a", 5*minute, 0)
			w.fetched("https://b", 0, 0)
			w.fresh("https://c", 3, 0)
		}, 0},
		{"one of two issuers lies", 0, func(w *world) { w.fetched("https://a", -5*minute, 0); w.fetched("https://b", 0, 0) }, 0},
		{"two of three lie, each its own way", 0, func(w *world) {
			w.fetched("https://a", -5*minute, 0)
			w.fetched("https://b", 5*minute, 0)
			w.fetched("https://c", 0, 0)
		}, 0},
		{"one token that is odd", 0, func(w *world) { w.fresh("https://a", 2, 5*minute); w.fresh("https://a", 9, 0) }, 0},
		{"one odd token of each", 0, func(w *world) {
			for _, each := range []string{"https://a", "https://b", "https://c"} {
				w.fresh(each, 1, 5*minute)
				w.fresh(each, 3, 0)
			}
		}, 0},
		{"one token, sent again and again", -minute, func(w *world) {
			for range 50 {
				w.Token("https://a", "same", w.truth.Truncate(time.Second))
			}
		}, 0},
		{"signed ahead, by an issuer whose server is right", 0, func(w *world) { w.fresh("https://a", 9, minute); w.fetched("https://a", 0, 0) }, 0},
		{"fetches that took long", 0, func(w *world) { w.fetched("https://a", 20*time.Second, minute) }, 0},
		{"old answers from caches that hide it", 0, func(w *world) {
			for n, old := range []time.Duration{minute, 3 * minute, 5 * minute} {
				w.fetched(fmt.Sprintf("https://%d", n), -old, 0)
			}
		}, 0},
		{"an old answer beside fresh tokens", 0, func(w *world) { w.fetched("https://a", -3*minute, 0); w.fresh("https://a", 3, 0) }, 0},
		{"heard too long ago", -minute, func(w *world) { w.fresh("https://a", 9, 0); w.fetched("https://b", 0, 0); w.pass(Window + minute) }, 0},
		{"clock set while keys were fetched", 0, func(w *world) {
			sent := w.now()
			w.offset -= minute
			w.Date("https://a", w.truth, sent, w.now())
		}, 0},
		{"one lies, and the others' callers keep tokens for as long", 0, func(w *world) {
			w.fetched("https://a", -10*minute, 0)
			w.kept("https://b", 5, 0, 10*minute)
			w.kept("https://c", 5, 0, 10*minute)
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(tt.offset)
			tt.tell(w)
			w.check(t, tt.want, false)
		})
	}
}

// A clock that is set is another clock; one that is brought near slowly is
// noticed by what is heard next.
func TestMended(t *testing.T) {
	w := newWorld(-minute)
	w.fresh("https://a", 5, 0)
	w.check(t, -minute, true)
	w.offset = 0
	w.check(t, 0, false)
	w.fresh("https://a", 5, 0)
	w.check(t, 0, false)
	w.offset = 2 * minute // set wrongly
	w.fetched("https://a", 0, 0)
	w.check(t, 2*minute, true)

	w = newWorld(-minute)
	w.fresh("https://a", 5, 0)
	for w.offset < 0 {
		w.offset += time.Second
		w.fresh("https://a", 1, 0)
	}
	w.fresh("https://a", sightings, 0)
	w.check(t, 0, false)
}

// A suspicion is told once in ten minutes, and its end once.
func TestNews(t *testing.T) {
	w := newWorld(-minute)
	want := func(news News) {
		t.Helper()
		got, offset, hint := w.News()
		if got != news || (news == Suspected) != (hint != "" && got == Suspected) || news == Suspected && (offset+minute).Abs() > 2*time.Second {
			t.Errorf("at %v: news %d %v %q, want %d", w.truth.Sub(w.began), got, offset, hint, news)
		}
	}
	want(None)
	w.fresh("https://a", 2, 0)
	want(None)
	w.fresh("https://a", 1, 0)
	want(Suspected)
	want(None)
	w.pass(tellEvery - time.Second)
	want(None)
	w.pass(time.Second)
	want(Suspected)
	w.offset = 0
	want(Over)
	want(None)
	w.offset = -minute // at once again: not told of yet
	w.fresh("https://a", 3, 0)
	want(None)
	w.offset = 0
	want(None)
	w.pass(tellEvery)
	w.offset = -minute
	w.fresh("https://a", 3, 0)
	want(Suspected)
}

// What is remembered is bounded, and the issuer that was heard last stays.
func TestBounded(t *testing.T) {
	w := newWorld(0)
	for n := range 10 * maxIssuers {
		w.fresh(fmt.Sprint("https://", n), 1, 0)
		w.fresh("https://kept", 1, 0)
	}
	if len(w.issuers) != maxIssuers || w.issuers["https://kept"] == nil {
		t.Errorf("%d issuers, of which kept is %v", len(w.issuers), w.issuers["https://kept"])
	}
}

func TestElapsed(t *testing.T) {
	elapsed := Elapsed()
	if a, b := elapsed(), elapsed(); a < 0 || b < a {
		t.Errorf("%v, %v", a, b)
	}
}
