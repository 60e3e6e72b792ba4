package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// snapshot is how much processor time was used until now, by whom.
type snapshot struct {
	at                       time.Time
	proxy, upstream, machine time.Duration
}

func (s *stage) look(proxy int) (snapshot, error) {
	now := snapshot{at: time.Now()}
	var failed [3]error
	now.proxy, failed[0] = cpuTime(proxy)
	now.upstream, failed[1] = cpuTime(s.upstreamPID)
	text, err := os.ReadFile("/proc/stat")
	if failed[2] = err; err == nil {
		now.machine, failed[2] = parseBusy(string(text))
	}
	return now, errors.Join(failed[:]...)
}

// parseBusy is the time that all processors were not idle, by the first line of
// /proc/stat. What a hypervisor took for others counts as busy.
func parseBusy(text string) (time.Duration, error) {
	first, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(first)
	const idle, wait, steal = 4, 5, 8
	if len(fields) <= steal || fields[0] != "cpu" {
		return 0, errors.New("reading processor time: /proc/stat does not begin with it")
	}
	var sum time.Duration
	for i, field := range fields[:steal+1] {
		if i == 0 || i == idle || i == wait {
			continue
		}
		number, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading processor time: %w", err)
		}
		sum += time.Duration(number) * tick
	}
	return sum, nil
}

// others is the share of the machine that programs used between two snapshots
// that have no part in the load. client is what wrk used.
func others(before, after snapshot, client time.Duration) float64 {
	ours := after.proxy - before.proxy + after.upstream - before.upstream + client
	all := after.at.Sub(before.at) * time.Duration(runtime.NumCPU())
	return max(0, float64(after.machine-before.machine-ours)/float64(all))
}
