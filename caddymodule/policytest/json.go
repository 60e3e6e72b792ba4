package policytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
)

// JSON writes the report as one document: a [Report], indented. Characters that
// a terminal would obey or turn round are escaped.
func (r *Report) JSON(w io.Writer) error {
	var text, safe bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	for _, c := range text.String() {
		// Outside of strings, JSON is ASCII.
		switch {
		case c < 0x7F || strconv.IsPrint(c):
			safe.WriteRune(c)
		case c > 0xFFFF:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&safe, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&safe, `\u%04x`, c)
		}
	}
	_, err := w.Write(safe.Bytes())
	return err
}
