package policytest

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// Text writes the report as go test writes its own: what failed, and a line for
// each file.
func (r *Report) Text(w io.Writer) error {
	p := printer{options: &r.options}
	warned := make(map[*Configuration]bool)
	for _, f := range r.Files {
		if c := f.configuration; c != nil && !warned[c] {
			warned[c] = true
			for _, warning := range c.Warnings {
				p.warning(warning)
			}
		}
		p.file(f)
	}
	if n := r.Totals.Warnings; r.options.Strict && n > 0 {
		p.line("%s\t%s: a strict run may have none", p.style(StyleFail, "FAIL"), terminal.Plural(n, "warning"))
	}
	if r.ranNothing() {
		p.line("%s\t%s", p.style(StyleFail, "FAIL"), nothingRan)
	}
	_, err := w.Write(p.out.Bytes())
	return err
}

type printer struct {
	options *Options
	out     bytes.Buffer
}

func (p *printer) style(kind, text string) string { return p.options.style(kind, text) }

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

func (p *printer) warning(text string) {
	p.line("%s %s", p.style(StyleWarning, "warning:"), terminal.Sentence(text))
}

func (p *printer) file(f *File) {
	name := terminal.Sentence(f.Name)
	for _, fault := range f.Faults {
		p.line("%s:%d: %s", name, fault.Line, fault.Text)
	}
	for _, c := range f.Cases {
		switch {
		case !c.Passed:
			p.line("%s %s (%s:%d)", p.style(StyleFail, "--- FAIL:"), terminal.Printable(c.Name), name, c.Line)
			p.failure(name, c)
		case p.options.Verbose:
			p.line("%s %s (%s:%d)", p.style(StylePass, "--- PASS:"), terminal.Printable(c.Name), name, c.Line)
		}
	}
	empty := ""
	if len(f.Cases) == 0 && f.Result == Passed {
		p.warning("no cases to run")
		empty = " [no cases to run]"
	}
	if c := f.configuration; c != nil && c.last == f {
		p.coverage(c.Coverage)
	}
	counts := terminal.Plural(len(f.Cases)+f.NotRun, "case")
	if n := f.failures(); n > 0 {
		counts += fmt.Sprintf(", %d failed", n)
	}
	if f.NotRun > 0 {
		counts += fmt.Sprintf(", %d not run", f.NotRun)
	}
	verdict := p.style(StylePass, "ok") + "  "
	if f.Result != Passed {
		verdict = p.style(StyleFail, "FAIL")
	}
	p.line("%s\t%s\t%s\t%.2fs%s", verdict, name, counts, f.Seconds, empty)
}

func (p *printer) coverage(c *Coverage) {
	line := c.line()
	switch {
	case line == "":
	case c.Both == c.Rules:
		p.line("%s", p.style(StyleFaint, line))
	default:
		p.line("%s", line)
	}
}

// failure writes what was wanted and what came, and what decided.
func (p *printer) failure(file string, c *Case) {
	for _, problem := range c.Problems {
		p.line("    %s:%d: %s", file, problem.Line, problem)
	}
	if c.walk == nil {
		return
	}
	p.line("    came: %s", c.came())
	if c.Hint != "" {
		p.line("    hint: %s", terminal.Sentence(c.Hint))
	}
	p.check("decisive", c.Decisive)
	p.check("the wanted rule", c.WantedRule)
}

// came is the outcome in a line.
func (c *Case) came() string {
	parts := []string{terminal.Printable(string(c.Outcome))}
	if c.Reason != "" {
		parts = append(parts, terminal.Printable(c.Reason))
	}
	if c.Rule != "" {
		parts = append(parts, "rule "+terminal.Quote(c.Rule))
	}
	if c.Status != 0 {
		parts = append(parts, fmt.Sprintf("status %d", c.Status))
	}
	return strings.Join(parts, ", ")
}

// readingsShown bounds how many attributes of a rule are shown.
const readingsShown = 8

func (p *printer) check(title string, c *walk.Check) {
	if c == nil {
		return
	}
	line := Rule{Kind: c.Kind, Name: c.Name, Shadow: c.Rule != nil && c.Rule.Shadow}.label()
	var pieces []string
	if c.Rule.Answered() {
		line += " is " + terminal.Printable(c.Rule.Result)
	}
	if c.Found != "" {
		pieces = append(pieces, "found "+terminal.Sentence(c.Found))
	}
	if c.Wanted != "" {
		pieces = append(pieces, "wanted "+terminal.Sentence(c.Wanted))
	}
	if len(pieces) > 0 {
		line += ": " + strings.Join(pieces, ", ")
	}
	p.line("    %s: %s", title, line)
	if c.Rule == nil {
		return
	}
	p.line("        %s", terminal.Sentence(strings.Join(strings.Fields(c.Rule.Expression), " ")))
	if c.Rule.Error != "" {
		p.line("        error: %s", terminal.Sentence(c.Rule.Error))
	}
	for i, reading := range c.Rule.Reads {
		switch {
		case i == readingsShown:
			p.line("        and %d more", len(c.Rule.Reads)-i)
			return
		case reading.Absent:
			p.line("        %s is absent", terminal.Printable(reading.Path))
		default:
			p.line("        %s is %s", terminal.Printable(reading.Path), terminal.Sentence(reading.Value))
		}
	}
}
