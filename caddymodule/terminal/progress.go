package terminal

import "io"

// Progress is a line on a terminal that is written over. Anywhere else, and as
// nil, it writes nothing.
type Progress struct {
	w io.Writer
}

// NewProgress returns a line on w, when that is a terminal and TERM is not dumb.
func NewProgress(w io.Writer, getenv func(string) string) *Progress {
	if !IsTerminal(w) || getenv("TERM") == "dumb" {
		return nil
	}
	return &Progress{w}
}

// Show writes the text over what was there. It must be printable.
func (p *Progress) Show(text string) {
	if p != nil {
		_, _ = io.WriteString(p.w, "\r\x1b[K"+text) // nobody can be told that telling failed
	}
}

// Clear takes the line away.
func (p *Progress) Clear() { p.Show("") }
