package main

import (
	"testing"
	"time"
)

func TestParseFigures(t *testing.T) {
	const output = `Running 3s test @ http://127.0.0.1:20001
  1 threads and 32 connections
  Latency     2.31ms
figures requests=6000 us=3000000 p50_us=2100 p99_us=9000 refused=600 failed=2
`
	got, err := parseFigures(output)
	want := figures{6000, 3 * time.Second, 2100 * time.Microsecond, 9 * time.Millisecond, 600, 2, 0}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got.perSecond() != 1800 {
		t.Errorf("%v passed in a second, want 1800", got.perSecond())
	}
	for _, bad := range []string{
		"unable to connect to 127.0.0.1:1\n",
		"figures requests=0 us=3000000\n",
		"figures requests=5 us=3000000 refused=5\n",
		"figures requests=many us=3000000\n",
	} {
		if got, err := parseFigures(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, got)
		}
	}
}
