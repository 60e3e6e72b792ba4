package main

import (
	"os"
	"strconv"
	"strings"
)

// allowedCPUs are the processors that this process may run on, by
// /proc/self/status; none when that does not tell.
func allowedCPUs() []int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		if list, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return parseCPUs(strings.TrimSpace(list))
		}
	}
	return nil
}

// parseCPUs reads a list such as 0-3,8; nothing when it is none.
func parseCPUs(list string) []int {
	var cpus []int
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.Atoi(from)
		if err != nil {
			return nil
		}
		last, err := strconv.Atoi(to)
		if err != nil {
			return nil
		}
		for cpu := first; cpu <= last; cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// splitCPUs gives one half to the client and the upstream, and the other to the
// proxy; with fewer than two, both are empty, and nothing is pinned.
func splitCPUs(cpus []int) (client, proxy []int) {
	if len(cpus) < 2 {
		return nil, nil
	}
	half := len(cpus) / 2
	return cpus[half:], cpus[:half]
}

// cpuList writes processors as taskset reads them.
func cpuList(cpus []int) string {
	list := make([]string, len(cpus))
	for i, cpu := range cpus {
		list[i] = strconv.Itoa(cpu)
	}
	return strings.Join(list, ",")
}
