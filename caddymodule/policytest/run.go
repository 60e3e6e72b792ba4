package policytest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Run runs the cases of files, those of one file beside each other. What is
// wrong with a file or with its configuration is in the report. The error says
// that nothing could be run at all, or that ctx has ended.
func Run(ctx context.Context, files []string, open Open, o Options) (*Report, error) {
	switch {
	case len(files) == 0:
		return nil, errors.New("running policy tests: no file is named")
	case open == nil:
		return nil, errors.New("running policy tests: nothing opens configurations")
	}
	run := runner{open: open, report: &Report{Configurations: []*Configuration{}, options: o}}
	for _, name := range files {
		if err := run.file(ctx, name); err != nil {
			return nil, fmt.Errorf("running policy tests: %w", err)
		}
	}
	run.report.cover()
	run.report.finish()
	return run.report, nil
}

type runner struct {
	open   Open
	report *Report
}

// file returns an error when ctx has ended, and nothing else.
func (run *runner) file(ctx context.Context, name string) error {
	o := &run.report.options
	begun := o.clock()
	f := &File{Name: name, Cases: []*Case{}}
	run.report.Files = append(run.report.Files, f)
	s := run.read(f)
	var selected []*testCase
	for _, c := range s.cases {
		switch {
		case s.broken || c.faulty:
			f.NotRun++
		case o.selects(c.name):
			selected = append(selected, c)
		default:
			f.Skipped++
		}
	}
	f.Cases = make([]*Case, len(selected))
	if f.ask(ctx, selected, o.clock); ctx.Err() != nil {
		return ctx.Err()
	}
	f.Faults, f.Result = s.sorted(), Passed
	switch {
	case s.count > 0:
		f.Result = Unreadable
	case f.failures() > 0:
		f.Result = Failed
	}
	f.Seconds = o.clock().Sub(begun).Seconds()
	return nil
}

// read reads a file, opens its configuration and looks up the rules that its
// cases name.
func (run *runner) read(f *File) *suite {
	o := &run.report.options
	text, err := readFile(f.Name)
	if err != nil {
		s := &suite{reader: new(reader)}
		s.fault(1, "reading the file: %v", err)
		return s
	}
	s := parseSuite(text, o.Reasons, openBeside(f.Name))
	switch {
	case o.Config != "":
		f.Config, s.config.line = o.Config, 1
	case s.config.text != "":
		f.Config = beside(f.Name, s.config.text)
	case !s.broken:
		s.fault(1, "config: the file names no configuration")
	}
	if f.Config == "" {
		return s
	}
	f.configuration = run.configuration(f.Config)
	if f.configuration.err != nil {
		s.openFault(f.configuration)
		return s
	}
	f.configuration.last = f
	names := make([]string, 0, len(f.configuration.rules))
	for _, rule := range f.configuration.rules {
		names = append(names, rule.Name)
	}
	for _, c := range s.cases {
		before := s.count
		s.inCase = c.name
		s.checkRules(c.want, names)
		c.faulty = c.faulty || s.count > before
	}
	return s
}

// openFault tells an error of several lines as several faults.
func (s *suite) openFault(c *Configuration) {
	for i, line := range strings.Split(strings.TrimSpace(c.err.Error()), "\n") {
		line = strings.TrimSpace(line)
		if i == 0 {
			line = fmt.Sprintf("opening the configuration %s: %s", c.Config, line)
		}
		s.fault(s.config.line, "%s", line)
	}
}

// configuration opens each path once.
func (run *runner) configuration(path string) *Configuration {
	path = filepath.Clean(path)
	for _, c := range run.report.Configurations {
		if c.Config == path {
			return c
		}
	}
	c := &Configuration{Config: path, Warnings: []string{}}
	run.report.Configurations = append(run.report.Configurations, c)
	if c.gateway, c.err = run.open(path); c.err == nil {
		c.Warnings = append(c.Warnings, c.gateway.Warnings()...)
		c.rules = c.gateway.Rules()
	}
	return c
}

// ask runs the cases beside each other, and keeps their order.
func (f *File) ask(ctx context.Context, cases []*testCase, clock func() time.Time) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(cases)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(cases) || ctx.Err() != nil {
					return
				}
				begun := clock()
				f.Cases[i] = cases[i].ask(ctx, f.configuration.gateway)
				f.Cases[i].Seconds = clock().Sub(begun).Seconds()
			}
		})
	}
	workers.Wait()
}
