package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// findProcess returns the ID of the process that runs in a directory.
func findProcess(directory string) (int, error) {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return 0, fmt.Errorf("finding the gateway's process: %w", err)
	}
	for _, link := range links {
		// A process may end in between, or be somebody else's.
		if target, err := os.Readlink(link); err == nil && target == directory {
			return strconv.Atoi(filepath.Base(filepath.Dir(link)))
		}
	}
	return 0, errors.New("finding the gateway's process: none runs in its directory, by /proc; this needs Linux")
}

// resident is how much memory the process has, in bytes.
func (g *gateway) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.pid))
	if err != nil {
		return 0, fmt.Errorf("reading memory: %w", err)
	}
	kib, err := field(string(text), "VmRSS:")
	return kib << 10, err
}

// cpu is how long the process has run on a processor. /proc/<pid>/stat has it,
// too, but in hundredths of a second.
func (g *gateway) cpu() (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", g.pid))
	if err != nil || len(files) == 0 {
		return 0, errors.Join(errors.New("reading processor time: /proc does not tell"), err)
	}
	var sum int64
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, fmt.Errorf("reading processor time: %w", err)
		}
		nanoseconds, err := strconv.ParseInt(strings.Fields(string(text) + " ")[0], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading processor time: %w", err)
		}
		sum += nanoseconds
	}
	return time.Duration(sum), nil
}

// collections have the pools emptied and what they held freed.
const collections = 3

// heap is how much memory is in use on the process's heap after a garbage
// collection, in bytes.
func (g *gateway) heap() (bytes int64, err error) {
	for range collections {
		if bytes, err = g.collect(); err != nil {
			return 0, err
		}
	}
	return bytes, nil
}

func (g *gateway) collect() (int64, error) {
	client := http.Client{Timeout: callTimeout}
	response, err := client.Get("http://" + g.admin + "/debug/pprof/heap?debug=1&gc=1")
	if err != nil {
		return 0, fmt.Errorf("reading the heap: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, fmt.Errorf("reading the heap: %w", err)
	}
	return field(string(text), "# HeapAlloc =")
}

// field is the number behind a label that begins a line.
func field(text, label string) (int64, error) {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, label); found {
			if words := strings.Fields(rest); len(words) > 0 {
				return strconv.ParseInt(words[0], 10, 64)
			}
		}
	}
	return 0, fmt.Errorf("reading %q: there is no such line", label)
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
