package attack

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// boundedCost: a refusal costs a bounded amount of processor time and memory,
// whatever the token. The bounds are far from what is measured: they tell a
// linear cost from a quadratic one, and buffers that are given back from those
// that are kept.
func boundedCost(t *testing.T) {
	const (
		times       = 15 // of each
		mostMemory  = 192 << 20
		perRefusal  = 30 * time.Millisecond
		wholeMemory = "VmHWM:" // the most that it ever was
	)
	g := newGate(t, wide)
	good := mint(nil)
	g.passes(t, h1TLS, call(good))
	tokens := append(shapesWithin(good), hugeTokens(good)...)
	refuse := func(n int) (count int) {
		for _, each := range tokens {
			for range n {
				if a := g.send(t, h1TLS, call(each.token)); a.status != http.StatusUnauthorized {
					t.Fatalf("status %d, want 401", a.status)
				}
				count++
			}
		}
		return count
	}
	refuse(3) // so that the first buffers are there
	process := pidOf(t, g)
	memory, work := process.status(t, wholeMemory), process.worked(t)
	count := refuse(times)
	grown, took := process.status(t, wholeMemory)-memory, process.worked(t)-work
	t.Logf("%d refusals took %v of processor time and %d KiB at most", count, took, grown>>10)
	if grown > mostMemory {
		t.Errorf("%d refusals took %d MiB, want less than %d", count, grown>>20, mostMemory>>20)
	}
	if most := time.Duration(count) * perRefusal; took > most {
		t.Errorf("%d refusals took %v of processor time, want less than %v", count, took, most)
	}
	if seen := g.upstream.Seen(); len(seen) > 0 {
		t.Errorf("the upstream saw %+v", seen)
	}
	g.passes(t, h1TLS, call(good))
}

// pid is the gateway's process.
type pid int

// pidOf finds the process that runs in the gateway's own directory.
func pidOf(t *testing.T, g *gate) pid {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		// A process may end in between, or be somebody else's.
		if target, err := os.Readlink(link); err == nil && target == filepath.Dir(g.gateway.LogFile()) {
			number, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			if err != nil {
				t.Fatal(err)
			}
			return pid(number)
		}
	}
	t.Fatal("the gateway's process is not in /proc")
	return 0
}

// status is a size of /proc/<pid>/status, in bytes.
func (p pid) status(t *testing.T, label string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, label); found {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("there is no %s", label)
	return 0
}

// worked is how long the process has run on a processor. Unlike the time of
// day it does not depend on what else the machine does.
func (p pid) worked(t *testing.T) (sum time.Duration) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p))
	if err != nil || len(files) == 0 {
		t.Fatal("/proc does not tell processor time")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		nanoseconds, err := strconv.ParseInt(strings.Fields(string(text) + " 0")[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(nanoseconds)
	}
	return sum
}
