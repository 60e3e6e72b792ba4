package policytest

import (
	"regexp"
	"time"
)

// Options say what is run and how it is told. The zero Options run all cases
// and know no reason.
type Options struct {
	// Config is the path of the configuration that all files are run against,
	// relative to the working directory. "" takes that of each file.
	Config string

	// Run selects the cases whose name it matches; nil selects all. With it there
	// is no coverage.
	Run *regexp.Regexp

	Verbose bool // cases that pass are told, too
	Strict  bool // a warning of a configuration fails the run, and so does a run of no case

	// Reasons are those that a want may name. Any other is a fault of its file.
	Reasons []string

	Style Style            // of [Report.Text]; nil leaves the text as it is
	Clock func() time.Time // measures how long cases take; nil is time.Now
}

// Style dresses a piece of a line, such as with colour. The text holds no
// control characters.
type Style func(kind, text string) string

// The kinds that a [Style] is asked for.
const (
	StylePass    = "pass"    // PASS and ok
	StyleFail    = "fail"    // FAIL
	StyleWarning = "warning" // the word before a warning
	StyleFaint   = "faint"   // the line of the coverage when there is nothing to say
)

func (o *Options) style(kind, text string) string {
	if o.Style == nil {
		return text
	}
	return o.Style(kind, text)
}

func (o *Options) clock() time.Time {
	if o.Clock == nil {
		return time.Now()
	}
	return o.Clock()
}

func (o *Options) selects(name string) bool { return o.Run == nil || o.Run.MatchString(name) }
