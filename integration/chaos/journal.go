package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// journal writes what happens, and when, and knows what goes wrong at the moment.
type journal struct {
	mu     sync.Mutex
	w      io.Writer
	began  time.Time
	active map[string]string // by what it is about
}

func newJournal(w io.Writer) *journal {
	return &journal{w: w, began: time.Now(), active: make(map[string]string)}
}

// restart has times count from now on.
func (j *journal) restart() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.began = time.Now()
}

func (j *journal) since() time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return time.Since(j.began)
}

func (j *journal) write(format string, args ...any) {
	at := j.since()
	j.mu.Lock()
	defer j.mu.Unlock()
	// A file that cannot be written to is no reason to stop.
	_, _ = fmt.Fprintf(j.w, "%8.3f s  %s\n", at.Seconds(), fmt.Sprintf(format, args...))
}

// set says that something goes wrong from now on, and clear that it is over.
func (j *journal) set(about, what string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.active[about] = what
}

func (j *journal) clear(about string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.active, about)
}

// now is what goes wrong at the moment.
func (j *journal) now() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.active) == 0 {
		return "nothing"
	}
	return strings.Join(slices.Sorted(maps.Values(j.active)), ", ")
}
