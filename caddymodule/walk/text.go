package walk

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// Text writes the walk for a person. Its last line says what to change, when
// there is something to change.
func (w *Walk) Text(out io.Writer, style *terminal.Style) error {
	t := &text{style: style}
	for n, handler := range w.Handlers {
		if len(w.Handlers) > 1 {
			title := fmt.Sprintf("handler %d of %d", n+1, len(w.Handlers))
			if handler.Where != "" {
				title += ": " + terminal.Sentence(handler.Where)
			}
			t.line("%s", style.Bold(title))
		}
		t.handler(handler)
		t.line("")
	}
	for _, warning := range w.Warnings {
		t.line("%s %s", style.Warn("warning:"), terminal.Sentence(warning))
	}
	t.conclusion(w)
	_, err := io.WriteString(out, t.b.String())
	return err
}

type text struct {
	b     strings.Builder
	style *terminal.Style
}

func (t *text) line(format string, args ...any) {
	t.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (t *text) handler(h *Handler) {
	width := 0
	for _, c := range h.Checks {
		if c.State != NotAsked {
			width = max(width, len(c.label()))
		}
	}
	believed := h.Verified
	for n := 0; n < len(h.Checks); n++ {
		c := h.Checks[n]
		if !believed && c.Kind != Request && c.Kind != Token {
			believed = true
			t.line("%s", t.style.Warn("The token is not verified. What the policy would say of it:"))
		}
		if run := notAsked(h.Checks[n:]); len(run) > 1 {
			t.line("  %s %s", t.state(NotAsked), t.style.Dim("not asked: "+strings.Join(run, ", ")))
			n += len(run) - 1
			continue
		}
		t.check(c, min(width, 40))
	}
	if s := h.Shadow; s != nil {
		t.line("")
		t.line("%s", t.style.Warn("without the word shadow it would be "+string(s.Outcome)+by(s.Rule))+": "+terminal.Sentence(s.Hint))
	}
	for n, warning := range h.Warnings {
		if n == 0 && len(h.Checks) > 0 {
			t.line("")
		}
		t.line("%s %s", t.style.Warn("warning:"), terminal.Sentence(warning))
	}
}

// notAsked names the checks at the beginning that were not asked.
func notAsked(checks []Check) (names []string) {
	for _, c := range checks {
		if c.State != NotAsked {
			break
		}
		names = append(names, c.label())
	}
	return names
}

func by(rule string) string {
	if rule == "" {
		return ""
	}
	return " by " + terminal.Value(rule)
}

// label is what a check is called.
func (c Check) label() string {
	switch {
	case c.Rule != nil && c.Rule.Shadow:
		return string(c.Kind) + " shadow " + terminal.Printable(c.Name)
	case c.Kind == Deny, c.Kind == Allow:
		return string(c.Kind) + " " + terminal.Printable(c.Name)
	}
	return terminal.Printable(c.Name)
}

func (t *text) check(c Check, width int) {
	mark := "  "
	if c.Decisive {
		mark = t.style.Bad("> ")
	}
	label := fmt.Sprintf("%-*s", width, c.label())
	t.line("%s%s %s  %s", mark, t.state(c.State), label, t.finding(c))
	indent := strings.Repeat(" ", 7+width+2)
	if c.State == Failed {
		if c.Wanted != "" {
			t.line("%swanted %s", indent, terminal.Sentence(c.Wanted))
		}
		if c.Hint != "" && !c.Decisive && c.Rule == nil {
			t.line("%s%s", indent, t.style.Dim(terminal.Sentence(c.Hint)))
		}
	}
	if c.Rule != nil {
		t.rule(c, indent)
	}
}

func (t *text) state(s State) string {
	switch s {
	case Passed:
		return t.style.Good("ok  ")
	case Failed:
		return t.style.Bad("FAIL")
	case CouldNot:
		return t.style.Warn("?   ")
	default:
		return t.style.Dim("-   ")
	}
}

// finding is what stands beside the name of a check.
func (t *text) finding(c Check) string {
	switch {
	case c.Rule != nil && c.Rule.Result != "":
		return c.Rule.Result
	case c.State == NotAsked:
		return t.style.Dim("not asked")
	case c.Found != "":
		return terminal.Sentence(c.Found)
	case c.State == CouldNot:
		return terminal.Sentence(c.Hint)
	}
	return ""
}

func (t *text) rule(c Check, indent string) {
	for line := range strings.Lines(c.Rule.Expression) {
		t.line("%s%s", indent, t.style.Dim(terminal.Sentence(strings.TrimSpace(line))))
	}
	if c.Rule.Error != "" {
		t.line("%s%s", indent, t.style.Bad(terminal.Sentence(c.Rule.Error)))
	}
	t.parts(c.Rule.Parts, indent+"  ")
	for _, r := range c.Rule.Reads {
		value := terminal.Sentence(r.Value)
		if r.Absent {
			value = t.style.Warn("absent")
		}
		t.line("%s  %s = %s", indent, terminal.Sentence(r.Path), value)
	}
}

func (t *text) parts(parts []Part, indent string) {
	for _, part := range parts {
		t.line("%s%-5s  %s", indent, part.Result, terminal.Sentence(part.Expression))
		t.parts(part.Parts, indent+"       ")
	}
}

// conclusion is what became of the request, and what to change.
func (t *text) conclusion(w *Walk) {
	switch w.Outcome {
	case Answered:
		t.line("%s: %s", t.style.Bad("answered"), terminal.Sentence(w.Hint))
		t.line("%s %s", t.style.Bold("change:"), w.Remedy)
	case Unprotected:
		t.line("%s: %s", t.style.Warn("unprotected"), terminal.Sentence(w.Hint))
		t.line("%s %s", t.style.Bold("change:"), w.Remedy)
	case Refused, Unknown:
		word := t.style.Bad(string(w.Outcome))
		t.line("%s: %s, the client sees %d %s", word, w.Reason, w.Status, http.StatusText(w.Status))
		t.change(w)
	case Audited:
		t.line("%s: it passes since mode is audit; enforced it would be refused: %s", t.style.Warn("audited"), w.Reason)
		t.change(w)
	default:
		t.line("%s%s", t.style.Good(string(w.Outcome)), by(w.Rule))
		if w.Ended {
			t.line("%s: %s", t.style.Bad("and yet"), terminal.Sentence(w.Hint))
		}
	}
}

func (t *text) change(w *Walk) {
	if w.Hint != "" {
		t.line("why: %s", terminal.Sentence(w.Hint))
	}
	if w.Remedy != "" {
		t.line("%s %s", t.style.Bold("change:"), w.Remedy)
	}
}
