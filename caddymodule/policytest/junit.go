package policytest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// The elements of a JUnit report, as CI systems read them.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	File      string        `xml:"file,attr"`
	Line      int           `xml:"line,attr,omitempty"`
	Time      string        `xml:"time,attr"`
	Failure   *junitProblem `xml:"failure"`
	Error     *junitProblem `xml:"error"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report as JUnit XML: a suite for each file, in which each
// fault is an error of a case; and, when the run is strict, a suite for each
// configuration that has warnings, in which each is a failure, and one when no case
// was run.
func (r *Report) JUnit(w io.Writer) error {
	all := junitSuites{Name: "aws-jwt test", Time: junitTime(r.Totals.Seconds)}
	for _, f := range r.Files {
		all.add(f.junit())
	}
	for _, c := range r.Configurations {
		if r.options.Strict && len(c.Warnings) > 0 {
			all.add(c.junit())
		}
	}
	if r.ranNothing() {
		all.add(junitSuite{Name: "cases", Time: junitTime(0), Cases: []junitCase{{
			Name: "no case", ClassName: "cases", Time: junitTime(0), Failure: &junitProblem{nothingRan, nothingRan},
		}}})
	}
	var text bytes.Buffer
	text.WriteString(xml.Header)
	encoder := xml.NewEncoder(&text)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	text.WriteByte('\n')
	_, err := w.Write(text.Bytes())
	return err
}

func (all *junitSuites) add(s junitSuite) {
	s.Tests = len(s.Cases)
	for _, c := range s.Cases {
		if c.Failure != nil {
			s.Failures++
		}
		if c.Error != nil {
			s.Errors++
		}
	}
	all.Tests += s.Tests
	all.Failures += s.Failures
	all.Errors += s.Errors
	all.Suites = append(all.Suites, s)
}

func (f *File) junit() junitSuite {
	name := terminal.Escaped(f.Name)
	s := junitSuite{Name: name, Time: junitTime(f.Seconds)}
	for _, fault := range f.Faults {
		of := fault.Case
		if of == "" {
			of = "the file"
		}
		s.Cases = append(s.Cases, junitCase{
			Name: terminal.Escaped(of), ClassName: name, File: name, Line: fault.Line, Time: junitTime(0),
			Error: &junitProblem{fault.Text, fmt.Sprintf("%s:%d: %s", name, fault.Line, fault.Text)},
		})
	}
	for _, c := range f.Cases {
		each := junitCase{Name: terminal.Escaped(c.Name), ClassName: name, File: name, Line: c.Line, Time: junitTime(c.Seconds)}
		if !c.Passed {
			p := printer{options: &Options{}}
			p.failure(name, c)
			each.Failure = &junitProblem{c.Problems[0].String(), strings.TrimSuffix(p.out.String(), "\n")}
		}
		s.Cases = append(s.Cases, each)
	}
	return s
}

func (c *Configuration) junit() junitSuite {
	name := terminal.Escaped(c.Config)
	s := junitSuite{Name: name, Time: junitTime(0)}
	for i, warning := range c.Warnings {
		text := terminal.Sentence(warning)
		s.Cases = append(s.Cases, junitCase{
			Name: fmt.Sprintf("warning %d", i+1), ClassName: name, File: name, Time: junitTime(0),
			Failure: &junitProblem{text, text},
		})
	}
	return s
}

func junitTime(seconds float64) string { return fmt.Sprintf("%.3f", seconds) }
