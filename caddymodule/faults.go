package caddymodule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// faults collects what is wrong with a configuration, each fault once.
type faults struct {
	messages []string
}

// add takes an error, or several joined ones.
func (f *faults) add(err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, each := range joined.Unwrap() {
			f.add(each)
		}
		return
	}
	if message := err.Error(); !slices.Contains(f.messages, message) {
		f.messages = append(f.messages, message)
	}
}

// addIn adds an error, or several joined ones, whose paths begin within another.
func (f *faults) addIn(path string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, each := range joined.Unwrap() {
			f.addIn(path, each)
		}
	} else if err != nil {
		f.add(fmt.Errorf("%s.%w", path, err))
	}
}

// setting is one of an aws_jwt that stands in the block of another directive.
type setting struct {
	name string
	set  bool
}

// misplaced finds fault with settings that mean nothing where they stand.
func (f *faults) misplaced(path, why string, settings ...setting) {
	for _, each := range settings {
		if each.set {
			f.add(fmt.Errorf("%s.%s: %s; leave it out", path, each.name, why))
		}
	}
}

// positive returns the duration, or 0 for the default when it is not set.
func (f *faults) positive(path string, d *caddy.Duration) time.Duration {
	if d == nil {
		return 0
	}
	if *d <= 0 {
		f.add(fmt.Errorf("%s: %v is not positive", path, time.Duration(*d)))
		return 0
	}
	return time.Duration(*d)
}

// faultsBegin is how the error of a configuration begins.
const faultsBegin = "configuring aws_jwt: "

func (f *faults) err() error { return f.errOf("aws_jwt") }

// errOf is the error of another directive's configuration.
func (f *faults) errOf(directive string) error {
	begin := "configuring " + directive + ": "
	switch len(f.messages) {
	case 0:
		return nil
	case 1:
		return errors.New(begin + f.messages[0])
	}
	return fmt.Errorf("%s%d faults:\n\t%s", begin, len(f.messages), strings.Join(f.messages, "\n\t"))
}
