package inspection

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// maxKeysShown is how many of an issuer's keys a line names, and how many that
// are not usable are explained beneath it.
const maxKeysShown = 6

// Text writes a line for each issuer, what is wrong and what to change beneath
// it, and a summary.
func (p Probes) Text(out io.Writer, s *terminal.Style) error {
	var w bytes.Buffer
	for _, each := range p {
		each.text(&w, s)
	}
	fmt.Fprintln(&w, p.summary(s))
	_, err := out.Write(w.Bytes())
	return err
}

func (p Probed) text(w io.Writer, s *terminal.Style) {
	line := map[Outcome]string{OK: s.Good("ok  "), Warned: s.Warn("warn"), Failed: s.Bad("FAIL"), NotProbed: s.Bad("?   ")}[p.Outcome()]
	line += "  " + terminal.Value(p.URL)
	if p.Report != nil {
		if keys := usableKeys(p.Report); keys != "" {
			line += "  " + keys
		}
		if took := timeOf(p.Report); took != "" {
			line += "  " + s.Dim(took)
		}
	}
	fmt.Fprintln(w, line)
	beneath := func(text string) { fmt.Fprintln(w, "      "+text) }
	if p.Outcome() != OK && p.Where != "" {
		beneath(s.Dim(terminal.Sentence(p.Where)))
	}
	if p.Err != nil {
		beneath(s.Bad(terminal.Sentence(p.Err.Error())))
	}
	if p.Report == nil {
		return
	}
	for _, f := range p.Report.Problems {
		beneath(s.Bad("problem: " + terminal.Sentence(f.Text)))
		beneath("  → " + terminal.Sentence(f.Remedy))
	}
	for _, f := range p.Report.Warnings {
		beneath(s.Warn("warning: " + terminal.Sentence(f.Text)))
		beneath("  → " + terminal.Sentence(f.Remedy))
	}
	unusable(p.Report, func(text string) { beneath(s.Dim(text)) })
}

// usableKeys names the keys that tokens can be verified with.
func usableKeys(r *verifier.ProbeReport) string {
	var names []string
	count := 0
	for _, k := range r.Keys {
		if !k.Usable() {
			continue
		}
		if count++; count > maxKeysShown {
			continue
		}
		name := fmt.Sprintf("%s %s", terminal.Value(k.ID), k.Algorithm)
		if k.Bits > 0 {
			name += fmt.Sprintf(" (%d bits)", k.Bits)
		}
		names = append(names, name)
	}
	switch {
	case count == 0 && len(r.Keys) == 0:
		return ""
	case count == 0:
		return "no usable key"
	case count > maxKeysShown:
		names = append(names, "…")
	}
	return terminal.Plural(count, "key") + ": " + strings.Join(names, ", ")
}

// unusable explains the keys that are passed over.
func unusable(r *verifier.ProbeReport, tell func(string)) {
	told, left := 0, r.MoreKeys
	for _, k := range r.Keys {
		switch {
		case k.Usable():
		case told == maxKeysShown:
			left++
		default:
			told++
			tell(fmt.Sprintf("key %s%s is not used: %s", terminal.Value(k.ID), kindOf(k), terminal.Sentence(k.Problem)))
		}
	}
	if left > 0 {
		tell(fmt.Sprintf("and %s more; --json names them", terminal.Plural(left, "key")))
	}
}

func kindOf(k verifier.PublishedKey) string {
	switch {
	case k.Bits > 0:
		return fmt.Sprintf(" (%s, %d bits)", terminal.Value(k.Kind), k.Bits)
	case k.Curve != "":
		return fmt.Sprintf(" (%s, %s)", terminal.Value(k.Kind), terminal.Value(k.Curve))
	case k.Kind != "":
		return fmt.Sprintf(" (%s)", terminal.Value(k.Kind))
	}
	return ""
}

// timeOf is how long the documents took, "" when there were none.
func timeOf(r *verifier.ProbeReport) string {
	if r.Discovery == nil && r.Document == nil {
		return ""
	}
	return milliseconds(took(r))
}

func took(r *verifier.ProbeReport) (all time.Duration) {
	for _, f := range []*verifier.Fetched{r.Discovery, r.Document} {
		if f != nil {
			all += f.Took
		}
	}
	return all
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

// summary counts.
func (p Probes) summary(s *terminal.Style) string {
	counts := p.count()
	parts := []string{}
	for _, each := range []struct {
		outcome Outcome
		words   string
		paint   func(string) string
	}{{OK, "ok", s.Good}, {Warned, "with warnings", s.Warn}, {Failed, "with problems", s.Bad}, {NotProbed, "not probed", s.Bad}} {
		if n := counts[each.outcome]; n > 0 {
			parts = append(parts, each.paint(fmt.Sprintf("%d %s", n, each.words)))
		}
	}
	if len(p) == 0 {
		return "no issuer to probe"
	}
	line := terminal.Plural(len(p), "issuer") + ": " + strings.Join(parts, ", ")
	var slowest Probed
	for _, each := range p {
		if each.Report != nil && (slowest.Report == nil || took(each.Report) > took(slowest.Report)) {
			slowest = each
		}
	}
	if slowest.Report != nil && len(p) > 1 {
		line += s.Dim(fmt.Sprintf("; the slowest took %s: %s", milliseconds(took(slowest.Report)), terminal.Value(slowest.URL)))
	}
	return line
}
