package awstoken

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may nest in a text that
// [ParseObject] accepts, the outermost object included.
const MaxDepth = 16

// MaxValues is how many values a text that [ParseObject] accepts may hold, names
// not counted. A token of AWS with all its tags stays far below it; without it
// a small text of many values would be dear to read.
const MaxValues = 1024

// ParseObject reads one JSON object as strictly as a signed text deserves. It
// refuses bytes that are not UTF-8, escapes of lone surrogates, a name that
// occurs twice in one object (after unescaping), nesting over [MaxDepth], more
// values than [MaxValues], and anything behind the object but white space (RFC
// 8259; RFC 7493 for names and surrogates). Values are map[string]any, []any,
// string, [json.Number], bool and nil. The error is a [*SyntaxError].
func ParseObject(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, &SyntaxError{"it is not UTF-8"}
	}
	if err := checkShape(text); err != nil {
		return nil, err
	}
	r := objectReader{text: string(text)}
	if r.next() != '{' {
		return nil, &SyntaxError{"it is not a JSON object"}
	}
	object, err := r.object()
	if err != nil {
		return nil, err
	}
	if r.next(); r.at != len(r.text) {
		return nil, &SyntaxError{"something stands behind the object"}
	}
	return object, nil
}

// checkShape runs before anything recurses or allocates by what the text says.
// The values are those behind a comma and those that an object or array begins
// with.
func checkShape(text []byte) error {
	opened := bytes.Count(text, []byte{'{'}) + bytes.Count(text, []byte{'['})
	if opened <= MaxDepth && opened+bytes.Count(text, []byte{','}) <= MaxValues {
		return nil // as in most texts, whatever stands in their strings
	}
	depth, values, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			values++
		case c == '{' || c == '[':
			values++
			if depth++; depth > MaxDepth {
				return &SyntaxError{fmt.Sprintf("it nests deeper than %d", MaxDepth)}
			}
		case c == '}' || c == ']':
			depth--
		}
		if values > MaxValues {
			return &SyntaxError{fmt.Sprintf("it holds more than %d values", MaxValues)}
		}
	}
	return nil
}

// UnknownCase returns the one of known that name equals when case is ignored
// but not when it counts, or "". A reader that ignores case would take such a
// name for the known one, so whoever reads a signed text refuses it.
func UnknownCase(name string, known []string) string {
	if slices.Contains(known, name) {
		return "" // no two known names differ in case alone
	}
	for _, k := range known {
		if strings.EqualFold(name, k) {
			return k
		}
	}
	return ""
}
