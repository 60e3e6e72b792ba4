package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// report prints what came of a trial.
func (r *tally) report(w io.Writer, verbose bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(w, "\n%d tokens\n", r.tokens)
	for i, name := range r.names {
		fmt.Fprintf(w, "  accepted by %-12s %6d  (%4.1f %%)\n", name, r.accepted[i], 100*float64(r.accepted[i])/float64(max(r.tokens, 1)))
	}
	fmt.Fprintln(w, "accepted by all, of each issuer and algorithm")
	for _, of := range r.expects {
		fmt.Fprintf(w, "  %s  %s  %6d of %6d\n", of.account, of.alg, r.byAll[of], r.of[of])
	}
	r.differences(w, verbose)
	lines(w, "not on the list", r.unlisted)
	if len(r.laxerBy) > 0 {
		fmt.Fprintf(w, "ours accepts and another refuses (%d)\n", len(r.laxerBy))
	}
	for _, changes := range slices.Sorted(maps.Keys(r.laxerBy)) {
		fmt.Fprintf(w, "  %s  %d\n", changes, r.laxerBy[changes])
	}
	gone := r.gone()
	if len(gone) > 0 {
		fmt.Fprintf(w, "on the list, and did not occur (%d)\n", len(gone))
	}
	for _, k := range gone {
		fmt.Fprintf(w, "  %v\n", k)
	}
	for _, f := range r.faults {
		fmt.Fprintln(w)
		f.print(w, r.names[1:])
	}
}

// differences prints those of the list: a line for each reason in words, or all.
func (r *tally) differences(w io.Writer, verbose bool) {
	total, changes := make(map[string]int), make(map[string]map[string]bool)
	for k, why := range r.listed {
		total[why] += r.alone[k] + r.company[k]
		if changes[why] == nil {
			changes[why] = make(map[string]bool)
		}
		changes[why][k.mutation] = true
	}
	fmt.Fprintln(w, "ours refuses and another accepts: verdicts, changes that have the reason, and why")
	for _, why := range slices.Sorted(maps.Keys(total)) {
		fmt.Fprintf(w, "  %6d  %3d  %s\n", total[why], len(changes[why]), why)
		if !verbose {
			continue
		}
		var each []string
		for k, of := range r.listed {
			if of == why {
				each = append(each, fmt.Sprintf("%v  %5d alone, %5d with others", k, r.alone[k], r.company[k]))
			}
		}
		slices.Sort(each)
		for _, line := range each {
			fmt.Fprintln(w, "               "+line)
		}
	}
}

func lines(w io.Writer, heading string, counts map[key]int) {
	if len(counts) == 0 {
		return
	}
	fmt.Fprintf(w, "%s (%d)\n", heading, len(counts))
	var all []string
	for k, n := range counts {
		all = append(all, fmt.Sprintf("%v  %d", k, n))
	}
	slices.Sort(all)
	for _, each := range all {
		fmt.Fprintln(w, "  "+each)
	}
}

// print shows a token decoded, with what was changed and what each has said.
func (f fault) print(w io.Writer, others []string) {
	fmt.Fprintf(w, "%s: %s\n", f.kind, f.what)
	f.outcome.print(w, others)
}

// maxShown is how much of a text is shown, in bytes. -only shows all.
const maxShown = 4 << 10

func (o outcome) print(w io.Writer, others []string) {
	fmt.Fprintf(w, "  token     %d (-only %d), %s, account %s\n", o.number, o.number, o.order.alg, o.account)
	fmt.Fprintf(w, "  changes   %s\n", strings.Join(o.order.names(), " + "))
	for _, each := range []struct{ name, text string }{{"header", o.header}, {"payload", o.payload}, {"token", o.token}} {
		fmt.Fprintf(w, "  %-9s %q\n", each.name, each.text[:min(len(each.text), maxShown)])
	}
	fmt.Fprintf(w, "  ours      %s\n", o.ours)
	for i, v := range o.others {
		fmt.Fprintf(w, "  %s: %s\n", others[i], v)
	}
}

func (v verdict) String() string {
	if v.accepted() {
		return fmt.Sprintf("accepts; subject %q, account %q", v.reading.subject, v.reading.account)
	}
	return "refuses: " + v.err.Error()
}
