package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// bench is what the measurements share.
type bench struct {
	ctx       context.Context //nolint:containedctx // the life of the run, which every measurement lives in
	options   options
	extent    extent
	progress  io.Writer
	directory string
	issuers   *issuers
	upstream  *server
	table     *table
	gateways  int // that were started, to tell their directories apart
}

// extent is how much of everything that the command line does not say.
type extent struct {
	starts  int           // of a gateway, for the median
	settle  time.Duration // before memory is read
	warmUp  int           // requests that a gateway answers before it is measured
	rounds  int           // of the measurement of cost
	atOnce  int           // first requests
	perFile []int         // issuers in the files whose cost is compared, the first being the measure
	turns   int           // of a flood
}

// someIssuers is the file's size between one issuer and many.
const someIssuers = 100

func (o options) extent() extent {
	files := []int{1, someIssuers, o.issuers}
	if o.quick {
		return extent{starts: 1, settle: 100 * time.Millisecond, warmUp: 30, rounds: 3, turns: 1, atOnce: 200, perFile: files}
	}
	return extent{starts: 3, settle: time.Second, warmUp: 200, rounds: 100, turns: 5, atOnce: 1000, perFile: files}
}

// open builds the gateway and starts what it needs. What it returns is to be
// closed, with an error, too.
func open(ctx context.Context, o options, progress io.Writer) (*bench, error) {
	b := &bench{ctx: ctx, options: o, extent: o.extent(), progress: progress, table: new(table)}
	directory, err := os.MkdirTemp("", "caddy-awsjwt-scale-")
	if err == nil {
		// /proc knows directories by their true names.
		b.directory, err = filepath.EvalSymlinks(directory)
	}
	if err != nil {
		return b, fmt.Errorf("making a directory: %w", err)
	}
	b.say("building the gateway")
	if err := stack.Build(ctx, b.binaries(), "caddy-awsjwt"); err != nil {
		return b, err
	}
	if b.issuers, err = startIssuers(o.issuers); err != nil {
		return b, err
	}
	b.upstream, err = startUpstream()
	return b, err
}

func (b *bench) close() error {
	var faults []error
	if b.issuers != nil {
		b.issuers.close()
	}
	if b.upstream != nil {
		b.upstream.close()
	}
	switch {
	case b.directory == "":
	case b.options.keep:
		b.say("everything is in %s", b.directory)
	default:
		faults = append(faults, os.RemoveAll(b.directory))
	}
	return errors.Join(faults...)
}

func (b *bench) binaries() string { return filepath.Join(b.directory, "bin") }

// say tells what is done now.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// wait lets time pass, unless the run is to end.
func (b *bench) wait(d time.Duration) error {
	select {
	case <-b.ctx.Done():
		return b.ctx.Err()
	case <-time.After(d):
		return nil
	}
}
