package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestTable: a figure that is over its bound is told, a count that is wrong is
// an error, too.
func TestTable(t *testing.T) {
	var got table
	got.begin("1  part")
	got.note("seen", "7 ms")
	got.figure("slower by", "3 s", "at most 1 s", false)
	got.count("fetches", "1", "1", true)
	if err := got.wrongCounts(); err != nil {
		t.Errorf("a figure decides: %v", err)
	}
	got.count("good requests that did not pass", "2", "0", false)
	if err := got.wrongCounts(); err == nil || err.Error() != "good requests that did not pass: 2; want 0" {
		t.Errorf("got %v", err)
	}
	var printed bytes.Buffer
	got.print(&printed)
	want := `
1  part
   seen                             7 ms
   slower by                        3 s   at most 1 s  OVER
 # fetches                          1     1            ok
 # good requests that did not pass  2     0            OVER
`
	if !strings.HasPrefix(printed.String(), want) {
		t.Errorf("got %s\nwant %s", printed.String(), want)
	}
}

func TestPercentile(t *testing.T) {
	var hundred []int64
	for n := range int64(100) {
		hundred = append(hundred, 100-n)
	}
	for p, want := range map[int]int64{0: 1, 1: 1, 50: 50, 99: 99, 100: 100} {
		if got := percentile(hundred, p); got != want {
			t.Errorf("percentile %d of 1 to 100 is %d", p, got)
		}
	}
	if got := median([]time.Duration{3, 1, 2}); got != 2 {
		t.Errorf("median %d", got)
	}
	if got := median([]int64(nil)); got != 0 {
		t.Errorf("median of nothing %d", got)
	}
}

func TestMostWithin(t *testing.T) {
	at := func(seconds ...int) (times []time.Time) {
		for _, s := range seconds {
			times = append(times, time.Unix(int64(s), 0))
		}
		return times
	}
	for _, each := range []struct {
		times []time.Time
		want  int
	}{
		{nil, 0},
		{at(1), 1},
		{at(0, 59, 118), 1}, // a window does not hold both of its ends
		{at(0, 58, 59, 117), 2},
		{at(0, 1, 2, 60, 61, 62, 63), 4},
		{at(0, 50, 51, 52, 100, 101), 5},
	} {
		if got := mostWithin(each.times, 59*time.Second); got != each.want {
			t.Errorf("%v: got %d, want %d", each.times, got, each.want)
		}
	}
}
