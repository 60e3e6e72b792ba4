package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxShown is how much of a text from outside is shown, in bytes, and
// maxSentence how much of a sentence of ours that quotes such texts.
const (
	maxShown    = 128
	maxSentence = 1024
)

// Quote shows a text from outside as Go writes a string, cut at 128 bytes.
func Quote(text string) string {
	return `"` + cut(text, maxShown-len(`""`), escape) + `"`
}

// Value shows a text from outside as it is when it is one word of printable
// ASCII, such as an ARN, and quoted otherwise. It is cut at 128 bytes.
func Value(text string) string {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return Quote(text)
		}
	}
	if text == "" {
		return Quote(text)
	}
	return Printable(text)
}

// Printable shows a text from outside on one line, cut at 128 bytes. What a
// terminal would obey or turn round, what cannot be seen, what ends a line and
// what is not UTF-8 is escaped.
func Printable(text string) string { return cut(text, maxShown, escapeUnprintable) }

// Sentence is Printable for words of ours that hold text from outside, such as
// a hint or an error. It is cut at 1024 bytes.
func Sentence(text string) string { return cut(text, maxSentence, escapeUnprintable) }

// Escaped is Printable without a limit, for what must stay whole, such as a
// name that another program reads.
func Escaped(text string) string { return cut(text, math.MaxInt, escapeUnprintable) }

// cut escapes a text character by character, until the limit.
func cut(text string, limit int, escape func(character string) string) string {
	const ellipsis = "…"
	var b strings.Builder
	fits := 0 // how much, with the ellipsis behind it
	for len(text) > 0 {
		_, size := utf8.DecodeRuneInString(text)
		b.WriteString(escape(text[:size]))
		text = text[size:]
		if b.Len() > limit {
			return b.String()[:fits] + ellipsis
		}
		if b.Len() <= limit-len(ellipsis) {
			fits = b.Len()
		}
	}
	return b.String()
}

func escape(character string) string {
	quoted := strconv.Quote(character)
	return quoted[1 : len(quoted)-1]
}

func escapeUnprintable(character string) string {
	if character == `"` || character == `\` {
		return character
	}
	return escape(character)
}

// WriteJSON writes a value as indented JSON, in which what a terminal would obey
// or turn round is escaped, so that nothing needs to be cut.
func WriteJSON(w io.Writer, value any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	if _, err := w.Write(escapeJSON(text.Bytes())); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// escapeJSON escapes what can only stand in strings there.
func escapeJSON(text []byte) []byte {
	escaped := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n' || unicode.IsPrint(r):
			escaped = append(escaped, text[:size]...)
		case r <= 0xFFFF:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		}
		text = text[size:]
	}
	return escaped
}
