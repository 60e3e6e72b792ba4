package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// occasion is something by which connections break rightly.
type occasion string

const (
	ordinary   occasion = ""
	loading    occasion = "loading"
	restarting occasion = "restarting"
)

// windows are the times of these.
type windows struct {
	mu  sync.Mutex
	all []window
}

type window struct {
	of         occasion
	began, end time.Time // the end is zero while it lasts
}

// open begins a window; what it returns ends it.
func (w *windows) open(of occasion) (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, window{of: of, began: time.Now()})
	n := len(w.all) - 1
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.all[n].end = time.Now()
	}
}

// during returns the occasion of a span, of a restart before that of a load.
func (w *windows) during(began, ended time.Time) occasion {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := ordinary
	for _, each := range w.all {
		over := !each.end.IsZero() && began.After(each.end.Add(loadGrace))
		if over || ended.Before(each.began) {
			continue
		}
		if found = each.of; found == restarting {
			break
		}
	}
	return found
}

// awaitLoad waits until the load that is under way, if there is one, has returned
// and a little longer.
func (w *windows) awaitLoad(ctx context.Context) {
	for w.loading() && sleep(ctx, 2*time.Millisecond) {
	}
	sleep(ctx, 20*time.Millisecond)
}

func (w *windows) loading() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.all, func(each window) bool { return each.of == loading && each.end.IsZero() })
}
