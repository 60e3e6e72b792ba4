package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// packages are measured in this order, each floor in the process of what it is
// the floor of.
var packages = []string{"awstoken", "verifier", "celpolicy", "identity", "caddymodule", "caddymodule/policytest", "caddymodule/signing"}

// left are benchmarks that are no part of a request and take long: they have
// ten thousand issuers to read.
const left = "BenchmarkLoadIssuersFile"

// build builds the packages' benchmarks.
func build(ctx context.Context, directory string, progress io.Writer) error {
	for _, name := range packages {
		fmt.Fprintf(progress, "%s  building the benchmarks of %s\n", time.Now().Format(time.TimeOnly), name)
		build := exec.CommandContext(ctx, "go", "test", "-c", "-o", testProgram(directory, name), "./"+name)
		build.Dir = root
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building the benchmarks of %s: %w\n%s", name, err, output)
		}
	}
	return nil
}

// measure runs each package's benchmarks several times and writes what they
// print to a file.
func measure(ctx context.Context, o options, directory, file string, progress io.Writer) error {
	var printed bytes.Buffer
	for round := range o.rounds {
		fmt.Fprintf(progress, "%s  round %d of %d\n", time.Now().Format(time.TimeOnly), round+1, o.rounds)
		for _, name := range packages {
			if err := benchmark(ctx, o, directory, name, &printed); err != nil {
				return err
			}
		}
	}
	if err := os.WriteFile(file, printed.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing what was measured: %w", err)
	}
	return nil
}

func testProgram(directory, name string) string {
	return filepath.Join(directory, strings.ReplaceAll(name, "/", "-")+".test")
}

// benchmark runs one package's benchmarks once.
func benchmark(ctx context.Context, o options, directory, name string, printed io.Writer) error {
	output, err := runBenchmarks(ctx, directory, name, "-test.bench=.", "-test.skip="+left, "-test.benchmem", "-test.benchtime="+o.time.String())
	if err != nil {
		return err
	}
	_, err = printed.Write(output)
	return err
}

// runBenchmarks runs some of a package's benchmarks in the package's directory,
// as go test does.
func runBenchmarks(ctx context.Context, directory, name string, flags ...string) ([]byte, error) {
	var output, faults bytes.Buffer
	bench := exec.CommandContext(ctx, testProgram(directory, name), append(flags, "-test.run=^$", "-test.timeout=10m")...)
	bench.Dir = filepath.Join(root, name)
	// What a handler logs goes to standard error, away from the figures.
	bench.Stdout, bench.Stderr = &output, &faults
	if err := bench.Run(); err != nil {
		return nil, fmt.Errorf("running the benchmarks of %s: %w\n%s%s", name, err, output.Bytes(), faults.Bytes())
	}
	return output.Bytes(), nil
}

// benchstat has benchstat write its summary of a file to another.
func benchstat(ctx context.Context, file, to string) error {
	output, err := exec.CommandContext(ctx, "go", "tool", "benchstat", file).Output()
	if err == nil {
		err = os.WriteFile(to, output, 0o600)
	}
	if err != nil {
		return fmt.Errorf("running benchstat: %w", err)
	}
	return nil
}
