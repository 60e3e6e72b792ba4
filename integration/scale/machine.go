package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is the unit of /proc/stat (USER_HZ).
const ticksPerSecond = 100

// worked is how long processors have, until now.
type worked struct {
	at   time.Time
	all  time.Duration // for anybody
	ours time.Duration // for this program and those that it started, which have ended
}

func processorsWorked() (w worked, err error) {
	w.at = time.Now()
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return w, fmt.Errorf("reading what processors do: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	columns := strings.Fields(line)
	if len(columns) < 8 {
		return w, errors.New("reading what processors do: /proc/stat does not tell")
	}
	// user, nice, system, idle, iowait, irq, softirq; what follows is in these.
	for n, column := range columns[1:8] {
		ticks, err := strconv.ParseInt(column, 10, 64)
		if err != nil {
			return w, fmt.Errorf("reading what processors do: %w", err)
		}
		if n != 3 && n != 4 {
			w.all += time.Duration(ticks) * time.Second / ticksPerSecond
		}
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if err := syscall.Getrusage(who, &r); err != nil {
			return w, fmt.Errorf("reading what processors do: %w", err)
		}
		w.ours += time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return w, nil
}

// reportMachine tells how much of the machine others took meanwhile: the more
// it was, the less the figures say.
func (b *bench) reportMachine(before worked) error {
	after, err := processorsWorked()
	if err != nil {
		return err
	}
	others := (after.all - before.all) - (after.ours - before.ours)
	b.table.begin("the machine")
	b.table.note("processors", strconv.Itoa(runtime.NumCPU()))
	b.table.note("kept busy by others", fmt.Sprintf("%.1f of them on average", max(others.Seconds()/after.at.Sub(before.at).Seconds(), 0)))
	return nil
}
