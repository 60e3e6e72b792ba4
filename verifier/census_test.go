package verifier

import (
	"fmt"
	"maps"
	"strconv"
	"testing"
	"time"
)

// kindCounts are how many issuers there are of each kind.
type kindCounts map[string]int

// kind is all of a status that a count is made for.
func kind(s Status) string {
	return fmt.Sprintf("%s %s age %v, error %v", s.State, s.KeysFrom, s.Age, s.Err)
}

// walked counts by looking at each issuer that each Verifier trusts, which is what
// a Census does not. Of issuers that share keys, the first one counts.
func walked(verifiers []*Verifier) (all kindCounts, total int) {
	all = make(kindCounts)
	met := make(map[keyPlace]bool)
	for _, v := range verifiers {
		for s := range v.Statuses() {
			place := keyPlace{v.trust.remote, s.Issuer, s.KeysFrom, s.KeysAt}
			if s.Candidate || met[place] {
				continue
			}
			met[place] = true
			total++
			all[kind(s)]++
		}
	}
	return all, total
}

// neverUsed is the kind of those that a Census does not tell of, whatever it is
// that their keys come from.
const neverUsed = "never used"

// want compares a Census with the walk.
func (c *Census) want(t *testing.T, verifiers []*Verifier) kindCounts {
	t.Helper()
	want, total := walked(verifiers)
	got := make(kindCounts)
	others := c.Count(func(s Status) {
		total--
		if s.Keys != nil || s.Candidate {
			t.Errorf("it tells of %+v", s)
		}
		got[kind(s)]++
	})
	if others != total {
		t.Errorf("%d others, want %d", others, total)
	}
	for from := range map[KeySource]bool{KeysByDiscovery: true, KeysByURL: true, KeysByFile: true, KeysByProgram: true} {
		unused := kind(Status{State: StateUnfetched, KeysFrom: from})
		want[neverUsed] += want[unused] - got[unused]
		delete(want, unused)
		delete(got, unused)
	}
	if got[neverUsed] = others; others == 0 {
		delete(got, neverUsed)
	}
	maps.DeleteFunc(want, func(_ string, n int) bool { return n == 0 })
	if !maps.Equal(got, want) {
		t.Fatalf("it counts\n%v, the walk\n%v", got, want)
	}
	return got
}

// Whatever is trusted and used, and however that changes, a Census comes to the
// same as a look at each issuer.
func TestCensusIsTheWalk(t *testing.T) {
	seen := make(kindCounts)
	for seed := range uint64(40) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			w := newCensusWorld(t, seed, seen)
			for range 100 {
				w.step()
			}
		})
	}
	for _, state := range []KeyState{StateFresh, StateStale, StateUnavailable} {
		for _, from := range []KeySource{KeysByDiscovery, KeysByURL, KeysByFile} {
			if seen[string(state)+" "+string(from)] == 0 {
				t.Errorf("nothing was %s by %s", state, from)
			}
		}
	}
	if seen["never used"] == 0 {
		t.Error("there was nothing that nobody used")
	}
}

// A key file that only an earlier version of the issuers file names is not counted,
// also when a request that began before looks at it now, and is not remembered.
func TestCensusOfKeyFilesThatAreGone(t *testing.T) {
	keys := keyFile(t)
	listed := "[" + entry("https://a.example", keys, "") + "]"
	w := newFileWorld(t, listed)
	census := NewCensus(w.Verifier)
	want := func(used int) {
		t.Helper()
		told := 0
		others := census.Count(func(s Status) {
			if s.KeysFrom == KeysByFile {
				told++
			}
		})
		if files := len(w.trust.file.opened.sets); others+told != 2 || told != used || files != used {
			t.Errorf("%d are used, %d are not, %d files are remembered; want %d used", told, others, files, used)
		}
	}
	reread := func(text string) {
		w.write(text)
		w.clock.advance(time.Second)
		w.trust.file.refresh()
	}
	want(0)
	before := w.trust.find("https://a.example")
	reread("[]")
	reread(listed)
	if _, err := before.Keys.Key(t.Context(), "RSA_0"); err != nil {
		t.Fatal(err)
	}
	told := 0
	if others := census.Count(func(Status) { told++ }); others != 2 || told != 0 {
		t.Errorf("the old version's: %d are used, %d are not", told, others)
	}
	reread(listed + "\n")
	want(0)
	if err := w.AwaitKeys(t.Context(), "https://a.example"); err != nil { // the control
		t.Fatal(err)
	}
	want(1)
}

// Nobody, and those who are not there, trust nobody.
func TestCensusOfNobody(t *testing.T) {
	for _, census := range []*Census{new(Census), NewCensus(), NewCensus(nil, new(Verifier))} {
		if n := census.Count(func(s Status) { t.Errorf("%+v", s) }); n != 0 {
			t.Errorf("%d issuers", n)
		}
	}
}

// Once they are counted, issuers that nobody used are not looked at: they could as
// well be gone. A new version of the issuers file is counted anew.
func TestCensusLooksAtWhatIsUsed(t *testing.T) {
	keys := keyFile(t)
	text := "[" + entry("https://a.example", keys, "") + "," + entry("https://b.example", keyFile(t), "") + "]"
	w := newFileWorld(t, text)
	if err := w.AwaitKeys(t.Context(), "https://a.example"); err != nil {
		t.Fatal(err)
	}
	census := NewCensus(w.Verifier)
	want := func(used, others int) {
		t.Helper()
		if n := census.Count(func(Status) { used-- }); n != others || used != 0 {
			t.Errorf("%d more are used, %d are not; want %d", used, n, others)
		}
	}
	want(1, 2)
	delete(w.trust.file.version.Load().issuers, "https://b.example")
	want(1, 2)
	w.write(text[:len(text)-1] + `,{"url":"https://c.example","jwks_file":"` + keys + `"}]`)
	w.clock.advance(time.Second)
	want(2, 2) // two have the file that is in use
}
