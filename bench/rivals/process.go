package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc/<pid>/stat: Linux shows
// hundredths of a second to programs, on every machine.
const tick = time.Second / 100

// family is the process and all that descend from it, by /proc.
func family(pid int) ([]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		return nil, errors.Join(errors.New("finding processes: there is no /proc; this needs Linux"), err)
	}
	children := make(map[int][]int)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it ended in between
		}
		if s, err := parseStat(string(text)); err == nil {
			children[s.parent] = append(children[s.parent], s.pid)
		}
	}
	found := []int{pid}
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found, nil
}

// stat is the part of /proc/<pid>/stat that matters here.
type stat struct {
	pid, parent int
	cpu         time.Duration // in user and kernel mode
}

// parseStat reads a line of proc(5). The name of the program, in parentheses,
// may hold spaces and parentheses.
func parseStat(text string) (stat, error) {
	before, after, ok := strings.Cut(text, " (")
	end := strings.LastIndex(after, ") ")
	if !ok || end < 0 {
		return stat{}, errors.New("reading a process: its stat has no name")
	}
	fields := strings.Fields(after[end+2:]) // from the third on
	const parent, user, system = 1, 11, 12
	if len(fields) <= system {
		return stat{}, errors.New("reading a process: its stat is short")
	}
	var numbers [4]int
	for i, field := range []string{before, fields[parent], fields[user], fields[system]} {
		number, err := strconv.Atoi(field)
		if err != nil {
			return stat{}, fmt.Errorf("reading a process: %w", err)
		}
		numbers[i] = number
	}
	return stat{numbers[0], numbers[1], time.Duration(numbers[2]+numbers[3]) * tick}, nil
}

// cpuTime is what the process and its descendants have used.
func cpuTime(pid int) (time.Duration, error) {
	pids, err := family(pid)
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, fmt.Errorf("reading processor time: %w", err)
		}
		s, err := parseStat(string(text))
		if err != nil {
			return 0, err
		}
		sum += s.cpu
	}
	return sum, nil
}

// resident is the memory of the process and its descendants, in bytes. What
// several of them share counts once.
func resident(pid int) (int64, error) {
	pids, err := family(pid)
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, fmt.Errorf("reading memory: %w", err)
		}
		pss, err := kibibytes(string(text), "Pss:")
		if err != nil {
			return 0, err
		}
		sum += pss
	}
	return sum, nil
}

// kibibytes reads a line of /proc such as "Pss:   123 kB", as bytes.
func kibibytes(text, name string) (int64, error) {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name && fields[2] == "kB" {
			number, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("reading memory: %w", err)
			}
			return number << 10, nil
		}
	}
	return 0, fmt.Errorf("reading memory: there is no line %s", name)
}
