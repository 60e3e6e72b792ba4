package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// rowWithin is how long the attacks of a row may take; a mutant that makes them
// hang is noticed by that.
const rowWithin = "5m"

// workingCopy is a copy of the tree, in which one control is switched off at a
// time.
type workingCopy struct {
	root    string
	attacks string // the attacks, compiled
}

// copies are several of them, with the attacks compiled once.
type copies struct {
	directory string
	each      []*workingCopy
}

func newCopies(ctx context.Context, root string, n int) (*copies, error) {
	directory, err := os.MkdirTemp("", "caddy-awsjwt-mutants-")
	if err != nil {
		return nil, fmt.Errorf("copying the tree: %w", err)
	}
	c := &copies{directory: directory}
	fmt.Println("copying the tree and compiling the attacks")
	for i := range n {
		w := &workingCopy{filepath.Join(directory, strconv.Itoa(i)), filepath.Join(directory, "attack.test")}
		if err := copyTree(ctx, root, w.root); err != nil {
			c.remove()
			return nil, err
		}
		c.each = append(c.each, w)
	}
	first := c.each[0]
	if output, err := first.command(ctx, first.root, "go", "test", "-c", "-o", first.attacks, "./integration/attack"); err != nil {
		c.remove()
		return nil, fmt.Errorf("compiling the attacks: %w\n%s", err, output)
	}
	return c, nil
}

func (c *copies) remove() { _ = os.RemoveAll(c.directory) }

// tryAll tries the mutants, as many at once as there are copies.
func (c *copies) tryAll(ctx context.Context, chosen []mutant) ([]outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	outcomes := make([]outcome, len(chosen))
	var next atomic.Int64
	var workers sync.WaitGroup
	for _, w := range c.each {
		workers.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(chosen)) && ctx.Err() == nil; n = next.Add(1) - 1 {
				began := time.Now()
				noticedBy, err := w.try(ctx, chosen[n])
				if err != nil {
					cancel(err)
					return
				}
				outcomes[n] = outcome{chosen[n], noticedBy}
				fmt.Printf("%3d/%d  %s (%v)\n", n+1, len(chosen), outcomes[n], time.Since(began).Round(time.Second))
			}
		})
	}
	workers.Wait()
	return outcomes, context.Cause(ctx)
}

func (o outcome) String() string {
	verdict := "noticed by " + o.noticedBy
	if o.noticedBy == "" {
		verdict = "SURVIVED"
	}
	return fmt.Sprintf("%-3s %-60s %s", o.row, o.control, verdict)
}

// copyTree copies what git has or would take.
func copyTree(ctx context.Context, from, to string) error {
	list := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = from
	files, err := list.Output()
	if err != nil {
		return fmt.Errorf("listing the tree's files: %w", err)
	}
	for file := range strings.SplitSeq(strings.TrimSuffix(string(files), "\x00"), "\x00") {
		if err := copyFile(filepath.Join(from, file), filepath.Join(to, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("copying the tree: %w", err)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// prove runs the rows with every control in place: they must pass.
func (c *workingCopy) prove(ctx context.Context, chosen []mutant) error {
	fmt.Println("running the attacks with every control in place")
	var rows []string
	for _, m := range chosen {
		if m.unit != nil {
			if noticedBy, err := c.tryUnit(ctx, m.unit); err != nil || noticedBy != "" {
				return fmt.Errorf("%s fails with every control in place: %w", m.unit.name, err)
			}
			continue
		}
		if !slices.Contains(rows, m.row) {
			rows = append(rows, m.row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if output, err := c.attack(ctx, strings.Join(rows, "|")); err != nil {
		return fmt.Errorf("the attacks fail with every control in place: %w\n%s", err, output)
	}
	return nil
}

// try runs the attacks of the mutant's row against it, and says which noticed.
func (c *workingCopy) try(ctx context.Context, m mutant) (noticedBy string, err error) {
	undo, err := m.apply(c.root)
	defer func() { err = errors.Join(err, undo()) }()
	if err != nil {
		return "", err
	}
	// The packages alone, since linking takes longer and the attacks do it.
	if output, err := c.command(ctx, c.root, "go", "build", "./caddymodule/..."); err != nil {
		return "", fmt.Errorf("building %q: %w\n%s", m.control, err, output)
	}
	if m.unit != nil {
		return c.tryUnit(ctx, m.unit)
	}
	output, err := c.attack(ctx, m.row)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err == nil {
		return "", nil
	}
	return noticers(m.row, output)
}

func (c *workingCopy) tryUnit(ctx context.Context, u *unitTest) (noticedBy string, err error) {
	output, err := c.command(ctx, c.root, "go", "test", "-count=1", "-timeout="+rowWithin, "-run=^"+u.name+"$", u.pkg)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil:
		return "", nil
	case !strings.Contains(output, "--- FAIL: "+u.name):
		return "", fmt.Errorf("running %s: %w\n%s", u.name, err, output)
	}
	return u.name + " of " + strings.TrimPrefix(u.pkg, "./"), nil
}

func (c *workingCopy) attack(ctx context.Context, rows string) (string, error) {
	return c.command(ctx, filepath.Join(c.root, "integration", "attack"), c.attacks,
		"-test.run=^TestRows$/^("+rows+")$", "-test.timeout="+rowWithin)
}

func (c *workingCopy) command(ctx context.Context, directory, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = directory
	command.Env = append(os.Environ(), "GOFLAGS=-ldflags=-w") // without what only debuggers read, programs link faster
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return output.String(), err
}

// noticers names the first probe that failed, and how many more did. A failure
// that is none of a probe's is an error: a disk that is full notices nothing.
func noticers(row, output string) (string, error) {
	var probes []string
	for _, match := range regexp.MustCompile(`(?m)^\s*--- FAIL: TestRows/`+row+`/([^/\s]+)`).FindAllStringSubmatch(output, -1) {
		if name := strings.ReplaceAll(match[1], "_", " "); !slices.Contains(probes, name) {
			probes = append(probes, name)
		}
	}
	slices.Sort(probes)
	switch {
	case len(probes) > 1:
		return fmt.Sprintf("%s and %d more", probes[0], len(probes)-1), nil
	case len(probes) == 1:
		return probes[0], nil
	case strings.Contains(output, "LEAK"):
		return "the search for canaries", nil
	case strings.Contains(output, "panic: test timed out"):
		return "a probe that never ended", nil
	}
	return "", fmt.Errorf("reading what the attacks of %s say: no probe failed, and yet they did:\n%s", row, output)
}
