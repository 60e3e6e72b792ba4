// Package terminal is how the commands read and write: colour where a person
// looks, plain text everywhere else, and nothing from outside that a terminal
// would obey.
package terminal

import (
	"io"

	"golang.org/x/term"
)

// Style writes text in colour, or leaves it as it is. The zero value and nil
// leave it.
type Style struct {
	coloured bool
}

// NewStyle returns a Style that colours when w is a terminal, TERM is not dumb
// and NO_COLOR is not set (https://no-color.org). Getenv reads the environment,
// as os.Getenv does.
func NewStyle(w io.Writer, getenv func(string) string) *Style {
	return &Style{IsTerminal(w) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

// IsTerminal reports whether w, or a reader, is a file that is a terminal.
func IsTerminal(w any) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}

// Good is the style of what passes.
func (s *Style) Good(text string) string { return s.paint("32", text) }

// Bad is the style of what fails.
func (s *Style) Bad(text string) string { return s.paint("31", text) }

// Warn is the style of what may be wrong.
func (s *Style) Warn(text string) string { return s.paint("33", text) }

// Dim is the style of what matters less.
func (s *Style) Dim(text string) string { return s.paint("2", text) }

// Bold is the style of headings.
func (s *Style) Bold(text string) string { return s.paint("1", text) }

// paint uses the codes of ECMA-48, section 8.3.117 (SGR), of the eight colours
// that each terminal has its own taste of.
func (s *Style) paint(code, text string) string {
	if s == nil || !s.coloured || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
