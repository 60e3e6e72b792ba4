package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// width is how many columns the output has at most. Words are never cut.
const width = 100

// printer writes for people.
type printer struct {
	w      io.Writer
	colour bool
	began  time.Time
}

func newPrinter(w io.Writer) *printer {
	return &printer{w: w, colour: isTerminal(w), began: time.Now()}
}

// isTerminal reports whether colours can be seen and are wanted
// (https://no-color.org).
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const (
	bold  = "1"
	dim   = "2"
	red   = "1;31"
	green = "1;32"
)

func (p *printer) paint(colour, text string) string {
	if !p.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// line writes one line. Who reads standard output may be gone; the signal that
// comes with that ends the demonstration.
func (p *printer) line(text string) { _, _ = fmt.Fprintln(p.w, text) }

func (p *printer) heading(text string) {
	p.line("")
	p.line(p.paint(bold, printable(text)))
	p.line("")
}

// step says what is being done, and when, in one line.
func (p *printer) step(text string) {
	at := fmt.Sprintf("[%7.2f s]", time.Since(p.began).Seconds())
	p.line(p.paint(dim, at) + " " + printable(text))
}

// field writes lines beside a label.
func (p *printer) field(label string, lines ...string) { p.paintedField(dim, label, lines...) }

func (p *printer) paintedField(colour, label string, lines ...string) {
	const indent = 14
	for _, text := range lines {
		for _, line := range wrap(printable(text), width-indent) {
			p.line(p.paint(colour, fmt.Sprintf("   %-*s", indent-3, label)) + line)
			label = ""
		}
	}
}

// verbatim writes a text as it is, but for tabs.
func (p *printer) verbatim(text string) {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		p.line(strings.TrimRight("    "+strings.ReplaceAll(line, "\t", "    "), " "))
	}
}

// paragraph writes wrapped text.
func (p *printer) paragraph(text string) {
	for _, line := range wrap(text, width) {
		p.line(line)
	}
}

// printable replaces what a terminal would obey: parts of requests are shown.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
}

// wrap breaks a text between words. A text that fits stays as it is.
func wrap(text string, columns int) []string {
	if utf8.RuneCountInString(text) <= columns {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= columns:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
