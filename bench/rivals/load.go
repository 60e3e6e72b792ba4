package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// load is a way to send tokens.
type load struct {
	address     string
	tokens      string // file, a token a line
	once        bool   // stop when each was sent once
	seconds     int    // at most
	connections int
	threads     int
}

// figures are what wrk measured.
type figures struct {
	requests        int // answered, whatever the answer was
	took            time.Duration
	p50, p99        time.Duration
	refused, failed int           // answers of 400 and above; requests without an answer
	client          time.Duration // processor time of wrk itself
}

// good is how many requests passed.
func (f figures) good() int { return f.requests - f.refused }

func (f figures) perSecond() float64 { return float64(f.good()) / f.took.Seconds() }

// run sends the load with wrk, and the script that was written beside the
// tokens.
func (l load) run(ctx context.Context, script string, cpus []int) (figures, error) {
	mode := "again"
	if l.once {
		mode = "once"
	}
	command := append(pinned(cpus), "wrk", "-t", strconv.Itoa(l.threads), "-c", strconv.Itoa(l.connections),
		"-d", strconv.Itoa(l.seconds)+"s", "--timeout", "10s", "-s", script, "http://"+l.address, "--", l.tokens, mode)
	wrk := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // every part is ours
	output, err := wrk.CombinedOutput()
	if err != nil {
		return figures{}, fmt.Errorf("running wrk: %w\n%s", err, output)
	}
	f, err := parseFigures(string(output))
	f.client = wrk.ProcessState.UserTime() + wrk.ProcessState.SystemTime()
	return f, err
}

// parseFigures reads the line that the script printed.
func parseFigures(output string) (figures, error) {
	for line := range strings.Lines(output) {
		rest, ok := strings.CutPrefix(line, "figures ")
		if !ok {
			continue
		}
		named := make(map[string]int)
		for _, field := range strings.Fields(rest) {
			name, value, _ := strings.Cut(field, "=")
			number, err := strconv.Atoi(value)
			if err != nil {
				return figures{}, fmt.Errorf("reading wrk's figures: %s: %w", name, err)
			}
			named[name] = number
		}
		f := figures{
			requests: named["requests"], took: time.Duration(named["us"]) * time.Microsecond,
			p50: time.Duration(named["p50_us"]) * time.Microsecond, p99: time.Duration(named["p99_us"]) * time.Microsecond,
			refused: named["refused"], failed: named["failed"],
		}
		if f.good() <= 0 || f.took <= 0 {
			return figures{}, errors.New("reading wrk's figures: no request passed")
		}
		return f, nil
	}
	return figures{}, fmt.Errorf("reading wrk's figures: it printed none:\n%s", output)
}
