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
	"strings"
)

// rowWithin is how long the attacks of a row may take; a mutant that makes them
// hang is noticed by that.
const rowWithin = "5m"

// workingCopy is a copy of the tree, in which controls are switched off, with
// the attacks compiled.
type workingCopy struct {
	root    string
	attacks string
}

func newCopy(ctx context.Context, root string) (*workingCopy, error) {
	directory, err := os.MkdirTemp("", "caddy-awsjwt-mutants-")
	if err != nil {
		return nil, fmt.Errorf("copying the tree: %w", err)
	}
	c := &workingCopy{root: filepath.Join(directory, "tree"), attacks: filepath.Join(directory, "attack.test")}
	fmt.Println("copying the tree and compiling the attacks")
	err = copyTree(ctx, root, c.root)
	if err == nil {
		_, err = c.command(ctx, c.root, "go", "test", "-c", "-o", c.attacks, "./integration/attack")
	}
	if err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

func (c *workingCopy) remove() { _ = os.RemoveAll(filepath.Dir(c.root)) }

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
		if !slices.Contains(rows, m.row) {
			rows = append(rows, m.row)
		}
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
	if output, err := c.command(ctx, c.root, "go", "build", "-o", os.DevNull, "./cmd/caddy-awsjwt"); err != nil {
		return "", fmt.Errorf("building %q: %w\n%s", m.control, err, output)
	}
	output, err := c.attack(ctx, m.row)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err == nil {
		return "", nil
	}
	return noticers(m.row, output), nil
}

func (c *workingCopy) attack(ctx context.Context, rows string) (string, error) {
	return c.command(ctx, filepath.Join(c.root, "integration", "attack"), c.attacks,
		"-test.run=^TestRows$/^("+rows+")$", "-test.timeout="+rowWithin)
}

func (c *workingCopy) command(ctx context.Context, directory, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = directory
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return output.String(), err
}

// noticers names the first probe that failed, and how many more did.
func noticers(row, output string) string {
	var probes []string
	for _, match := range regexp.MustCompile(`(?m)^\s*--- FAIL: TestRows/`+row+`/([^/\s]+)`).FindAllStringSubmatch(output, -1) {
		if name := strings.ReplaceAll(match[1], "_", " "); !slices.Contains(probes, name) {
			probes = append(probes, name)
		}
	}
	switch {
	case len(probes) > 1:
		return fmt.Sprintf("%s and %d more", probes[0], len(probes)-1)
	case len(probes) == 1:
		return probes[0]
	case strings.Contains(output, "LEAK"):
		return "the search for canaries"
	case strings.Contains(output, "panic: test timed out"):
		return "a probe that never ended"
	}
	return "the gateway, which did not start"
}
