package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/bench/page"
	"github.com/caddy-awsjwt/caddy-awsjwt/internal/program"
)

func main() { program.Main("micro", run) }

const usage = `micro runs the benchmarks that stand beside the hot code, several times over, and
prints them with their allocations, as ratios to raw cryptography and SHA-256 in
the same run. A full run takes about five minutes and wants the machine for itself.

	cd bench/micro && go run .          # the full run
	cd bench/micro && go run . -quick   # does it work at all?

Flags:
`

// root is the module whose packages are measured, seen from here.
const root = "../.."

// options are the command line.
type options struct {
	rounds int
	time   time.Duration
	write  bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := program.Flags("micro", usage, stderr)
	flags.IntVar(&o.rounds, "rounds", 10, "how `many` times each benchmark runs; from 6 on there is a confidence of 95 %")
	flags.DurationVar(&o.time, "time", 100*time.Millisecond, "how long each run of a benchmark takes")
	flags.BoolVar(&o.write, "write", false, "write the tables into docs/performance.md")
	quick := flags.Bool("quick", false, "two rounds of 10ms: does it work at all?")
	if err := program.Parse(flags, args); err != nil {
		return options{}, err
	}
	if *quick {
		o.rounds, o.time = 2, 10*time.Millisecond
	}
	if o.rounds < 1 || o.time <= 0 {
		return options{}, fmt.Errorf("-rounds %d -time %v: both must be above zero", o.rounds, o.time)
	}
	return o, nil
}

// run measures, prints progress to stderr and the table to stdout.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	out, err := filepath.Abs(filepath.Join(root, "bench", "out"))
	if err == nil {
		err = os.MkdirAll(out, 0o750)
	}
	if err != nil {
		return fmt.Errorf("making bench/out: %w", err)
	}
	directory, err := os.MkdirTemp("", "caddy-awsjwt-micro-")
	if err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(directory) }()
	if err := build(ctx, directory, stderr); err != nil {
		return err
	}
	raw := filepath.Join(out, "micro.txt")
	if err := measure(ctx, o, directory, raw, stderr); err != nil {
		return err
	}
	measured, err := read(raw)
	if err != nil {
		return err
	}
	table := measured.table(rows)
	table.print(stdout)
	full := filepath.Join(out, "micro.benchstat.txt")
	if err := benchstat(ctx, raw, full); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\nall benchmarks, by benchstat: %s\n", full)
	spent, err := tellProfiles(ctx, o, directory, out, stdout, stderr)
	if err != nil || !o.write {
		return err
	}
	performance := filepath.Join(root, "docs", "performance.md")
	if err := page.Fill(performance, "micro", measured.machine()+"\n\n"+table.markdown()); err != nil {
		return err
	}
	return page.Fill(performance, "profile", spent)
}

// tellProfiles prints where the time goes, and returns it as a page has it.
func tellProfiles(ctx context.Context, o options, directory, out string, stdout, progress io.Writer) (string, error) {
	var text strings.Builder
	for _, p := range profiles {
		fmt.Fprintf(progress, "%s  profiling %s\n", time.Now().Format(time.TimeOnly), p.of.name)
		t, err := p.measure(ctx, o, directory, out)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(stdout, "\n%s\n", p.title)
		t.print(stdout)
		fmt.Fprintf(&text, "%s:\n\n%s\n", p.title, t.markdown())
	}
	return text.String(), nil
}
