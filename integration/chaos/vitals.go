package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// vitals are what a gateway's process takes up.
type vitals struct {
	goroutines int
	heap       int64 // bytes in use after a garbage collection
	resident   int64 // bytes
}

func (v vitals) String() string {
	return fmt.Sprintf("%d goroutines, %.1f MiB of heap, %.1f MiB resident", v.goroutines, mebibytes(v.heap), mebibytes(v.resident))
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// excess says what there is more of than at another time, beyond the margins.
func (v vitals) excess(before vitals) []string {
	var found []string
	for _, each := range []struct {
		what               string
		got, before, spare int64
	}{
		{"goroutines", int64(v.goroutines), int64(before.goroutines), goroutineMargin},
		{"bytes of heap", v.heap, before.heap, heapMargin},
		{"bytes of resident memory", v.resident, before.resident, residentMargin},
	} {
		if each.got > each.before+each.spare {
			found = append(found, fmt.Sprintf("%d %s, at most %d are right (%d before, and a margin of %d)",
				each.got, each.what, each.before+each.spare, each.before, each.spare))
		}
	}
	return found
}

// settled looks at the gateway until its goroutines stand and it is within the
// margins of before, if that is not nil, or time is up. The Go runtime gives
// memory back with some delay.
func (t *trial) settled(ctx context.Context, before *vitals, within time.Duration) (vitals, error) {
	deadline, last, same := time.Now().Add(within), 0, 0
	for {
		now, err := t.vitals(ctx)
		if err != nil {
			return now, err
		}
		// The admin API's own come and go.
		if same++; max(now.goroutines-last, last-now.goroutines) > 2 {
			same = 0
		}
		last = now.goroutines
		done := same == 2 && (before == nil || len(now.excess(*before)) == 0)
		if done || time.Now().After(deadline) || !sleep(ctx, 400*time.Millisecond) {
			return now, ctx.Err()
		}
	}
}

// vitals asks the gateway, after a garbage collection. The process's id is found
// by its program, which no other process runs.
func (t *trial) vitals(ctx context.Context) (v vitals, err error) {
	memory, err := t.adminGet(ctx, "/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return v, err
	}
	if v.heap, err = numberAfter(memory, "# HeapInuse = "); err != nil {
		return v, err
	}
	stacks, err := t.adminGet(ctx, "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return v, err
	}
	total, err := numberAfter(stacks, "goroutine profile: total ")
	if err != nil {
		return v, err
	}
	v.goroutines = int(total)
	process, err := t.process()
	if err != nil {
		return v, err
	}
	status, err := os.ReadFile(filepath.Join(process, "status"))
	if err != nil {
		return v, fmt.Errorf("reading the gateway's memory: %w", err)
	}
	kibibytes, err := numberAfter(status, "VmRSS:")
	v.resident = kibibytes << 10
	return v, err
}

// numberAfter finds the line that begins with a text, and the number behind it.
func numberAfter(text []byte, prefix string) (int64, error) {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), prefix); found {
			number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			return strconv.ParseInt(number, 10, 64)
		}
	}
	return 0, fmt.Errorf("looking at the gateway: no line begins with %q", prefix)
}

// process is the gateway's directory in /proc.
func (t *trial) process() (string, error) {
	program := filepath.Join(t.binaries, "caddy-awsjwt")
	all, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return "", fmt.Errorf("finding the gateway's process: %w", err)
	}
	for _, exe := range all {
		if target, err := os.Readlink(exe); err == nil && target == program {
			return filepath.Dir(exe), nil
		}
	}
	return "", fmt.Errorf("finding the gateway's process: none runs %s", program)
}
