package main

import (
	"fmt"
	"strings"
)

// report is what a run found.
type report struct {
	options options
	proxies []*proxy          // all that were asked for
	left    map[string]string // why some of them have no figures, by key
	failed  map[string]int    // how many of their loads they did not live through
	found   results
	machine machine
}

// text is the report as Markdown.
func (r *report) text() string {
	var b strings.Builder
	b.WriteString(r.machine.text())
	fmt.Fprintf(&b, "\n%d rounds, loads of at most %d s, %d connections; %d known tokens, and at most %d new ones. %s %s\n",
		r.options.rounds, r.options.seconds, r.options.connections, r.options.known, r.options.fresh, r.busyText(), r.othersText())
	b.WriteString("\n| | checks |\n|---|---|\n")
	for _, p := range r.proxies {
		checks := p.checks
		if why, out := r.left[p.key]; out {
			checks = "Left out: " + why + "."
		}
		if n := r.failed[p.key]; n > 0 {
			checks += fmt.Sprintf(" %d of its loads failed and do not count.", n)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", p.name, checks)
	}
	for _, alg := range []string{es384, rs256} {
		for _, how := range patterns {
			r.table(&b, alg, how)
		}
	}
	return b.String()
}

// table writes the medians of one load. Ratios are medians, too: of the ratios
// to the bare Caddy of the same round.
func (r *report) table(b *strings.Builder, alg string, how pattern) {
	fmt.Fprintf(b, "\n### %s, %s\n\n", alg, how.title)
	b.WriteString("| | requests/s | of bare | p50 | p99 | CPU a request | of bare | memory |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	base := r.found[cell{r.proxies[0].key, alg, how.key}]
	for _, p := range r.proxies {
		all := r.found[cell{p.key, alg, how.key}]
		if len(all) == 0 {
			fmt.Fprintf(b, "| %s | left out | | | | | | |\n", p.name)
			continue
		}
		name := p.name
		if share := medianOf(all, refusedOf); share > 0 {
			name += fmt.Sprintf(" (%.1f %% not answered with 200)", share*100)
		}
		fmt.Fprintf(b, "| %s | %.0f | %s | %s | %s | %s | %s | %s |\n", name,
			medianOf(all, perSecond), ratioText(medianRatio(all, base, perSecond)),
			duration(medianOf(all, p50Of)), duration(medianOf(all, p99Of)),
			duration(medianOf(all, cpuOf)), ratioText(medianRatio(all, base, cpuOf)),
			mebibytes(medianOf(all, residentOf)))
	}
}

// busyText says how much of their processors the proxies used: where it was
// little, a load waited for the client or for other programs.
func (r *report) busyText() string {
	workers := float64(max(1, len(r.machine.proxyCPUs)))
	least := 1.0
	var who string
	for _, alg := range []string{es384, rs256} {
		for _, how := range patterns {
			for _, p := range r.proxies {
				all := r.found[cell{p.key, alg, how.key}]
				busy := medianOf(all, perSecond) * medianOf(all, cpuOf) / 1e9 / workers
				if len(all) > 0 && busy < least {
					least, who = busy, fmt.Sprintf("%s with %s, %s", p.name, alg, how.title)
				}
			}
		}
	}
	if who == "" {
		return ""
	}
	return fmt.Sprintf("Each proxy used at least %.0f %% of its processors (least: %s).", least*100, who)
}

// othersText says how much of the machine went to programs that have no part in
// this. With more than a few per cent the throughputs are not to be trusted.
func (r *report) othersText() string {
	var all []result
	most := 0.0
	for _, some := range r.found {
		for _, one := range some {
			all = append(all, one)
			most = max(most, one.others)
		}
	}
	share := func(one result) float64 { return one.others }
	return fmt.Sprintf("Other programs used %.0f %% of the machine meanwhile (median of the loads; at most %.0f %%).", medianOf(all, share)*100, most*100)
}
