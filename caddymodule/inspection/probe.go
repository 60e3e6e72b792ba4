package inspection

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// probedAtOnce is how many issuers are fetched from at once.
const probedAtOnce = 8

// Target is an issuer to probe.
type Target struct {
	URL   string
	Where string // where it is written, for people: the site, and issuers[0]
}

// Outcome is what became of a probe.
type Outcome string

// The outcomes.
const (
	OK        Outcome = "ok"
	Warned    Outcome = "warning"    // its tokens are verified, and something may be wrong
	Failed    Outcome = "failed"     // some or all of its tokens are refused
	NotProbed Outcome = "not_probed" // it is not trusted, or the probe was ended before
)

// Probed is an issuer that was probed.
type Probed struct {
	Target
	Report *verifier.ProbeReport // nil when Err is not
	Err    error
}

// Outcome says what became of it.
func (p Probed) Outcome() Outcome {
	switch {
	case p.Report == nil:
		return NotProbed
	case len(p.Report.Problems) > 0:
		return Failed
	case len(p.Report.Warnings) > 0:
		return Warned
	}
	return OK
}

// Probes are issuers that were probed. Several may be appended to one another.
type Probes []Probed

// Worst is the worst of the outcomes: [Failed], [NotProbed], [Warned] or [OK].
func (p Probes) Worst() Outcome {
	counts := p.count()
	for _, outcome := range []Outcome{Failed, NotProbed, Warned} {
		if counts[outcome] > 0 {
			return outcome
		}
	}
	return OK
}

func (p Probes) count() map[Outcome]int {
	counts := make(map[Outcome]int)
	for _, each := range p {
		counts[each.Outcome()]++
	}
	return counts
}

// errNotAsked says that the probe was ended before the issuer's turn.
var errNotAsked = errors.New("it was not asked: the probe was ended before")

// ProbeAll probes the targets, eight at once, and tells how far it is. The
// function is Verifier.Probe, or one like it. The order is that of the targets.
// When ctx ends, those that are left are not probed.
func ProbeAll(ctx context.Context, targets []Target, probe func(ctx context.Context, url string) (*verifier.ProbeReport, error), progress *terminal.Progress) Probes {
	probed := make(Probes, len(targets))
	var (
		workers   sync.WaitGroup
		telling   sync.Mutex
		done, bad int
		positions = make(chan int)
	)
	tell := func(finished *Probed) {
		telling.Lock()
		defer telling.Unlock()
		if finished != nil {
			done++
			if outcome := finished.Outcome(); outcome == Failed || outcome == NotProbed {
				bad++
			}
		}
		if step := max(len(targets)/100, 1); done%step == 0 {
			progress.Show(fmt.Sprintf("probed %d of %d issuers, %d with problems", done, len(targets), bad))
		}
	}
	tell(nil)
	for range min(probedAtOnce, len(targets)) {
		workers.Go(func() {
			for n := range positions {
				each := &probed[n]
				if each.Target = targets[n]; ctx.Err() != nil {
					each.Err = errNotAsked
				} else {
					each.Report, each.Err = probe(ctx, targets[n].URL)
				}
				tell(each)
			}
		})
	}
	for n := range targets {
		positions <- n
	}
	close(positions)
	workers.Wait()
	progress.Clear()
	return probed
}
