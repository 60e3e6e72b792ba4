package main

import (
	"math"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const line = "4242 (odd) name (x)) S 4200 4242 4242 0 -1 4194560 2611 0 10 0 150 25 0 0 20 0 8 0 98765 1 2 3\n"
	got, err := parseStat(line)
	if want := (stat{4242, 4200, 1750 * time.Millisecond}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, bad := range []string{"", "1 name S 1", "1 (name) S 1 2", "1 (name) S x 0 0 0 0 0 0 0 0 0 0 1 1"} {
		if got, err := parseStat(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, got)
		}
	}
}

func TestKibibytes(t *testing.T) {
	const text = "55cc-7ffe ---p 00000000 00:00 0  [rollup]\nRss:     9000 kB\nPss:     1234 kB\nPss_Anon:  1 kB\n"
	if got, err := kibibytes(text, "Pss:"); err != nil || got != 1234<<10 {
		t.Errorf("got %d, %v", got, err)
	}
	if got, err := kibibytes(text, "Swap:"); err == nil {
		t.Errorf("a line that is missing was read as %d", got)
	}
}

// This process is there, and uses what it uses.
func TestOwnProcess(t *testing.T) {
	pid := os.Getpid()
	pids, err := family(pid)
	if err != nil || !slices.Contains(pids, pid) {
		t.Errorf("the family of %d is %v, %v", pid, pids, err)
	}
	if memory, err := resident(pid); err != nil || memory < 1<<20 {
		t.Errorf("resident: %d, %v", memory, err)
	}
	if _, err := cpuTime(pid); err != nil {
		t.Error(err)
	}
}

func TestParseBusy(t *testing.T) {
	got, err := parseBusy("cpu  100 20 30 9000 400 5 6 7 0 0\ncpu0 1 2 3\n")
	if want := 1680 * time.Millisecond; err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8 9", "cpu a b c d e f g h i"} {
		if got, err := parseBusy(bad); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

func TestOthers(t *testing.T) {
	now := time.Now()
	before := snapshot{now, time.Second, time.Second, 10 * time.Second}
	after := snapshot{now.Add(time.Second), 1500 * time.Millisecond, 1200 * time.Millisecond, 11 * time.Second}
	if got, want := others(before, after, 200*time.Millisecond), 0.1/float64(runtime.NumCPU()); math.Abs(got-want) > 1e-9 {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := others(before, after, time.Minute); got != 0 {
		t.Errorf("got %v, want none", got)
	}
}

func TestCPUs(t *testing.T) {
	for list, want := range map[string][]int{"0-3,8": {0, 1, 2, 3, 8}, "5": {5}, "": nil, "a-b": nil} {
		if got := parseCPUs(list); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", list, got, want)
		}
	}
	client, proxy := splitCPUs([]int{0, 1, 2})
	if !slices.Equal(proxy, []int{0}) || !slices.Equal(client, []int{1, 2}) {
		t.Errorf("three were split into %v and %v", client, proxy)
	}
	if client, proxy := splitCPUs([]int{0}); client != nil || proxy != nil {
		t.Errorf("one was split into %v and %v", client, proxy)
	}
	if got := pinned([]int{1, 3}); !slices.Equal(got, []string{"taskset", "-c", "1,3"}) {
		t.Errorf("pinned: %v", got)
	}
	if got := pinned(nil); len(got) != 0 {
		t.Errorf("pinned to none: %v", got)
	}
}
