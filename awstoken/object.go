package awstoken

import (
	"encoding/json"
	"fmt"
	"strconv"
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
	if !json.Valid(text) {
		return nil, &SyntaxError{"it is not JSON"}
	}
	if err := checkSurrogates(text); err != nil {
		return nil, err
	}
	return readObject(text)
}

// UnknownCase returns the one of known that name equals when case is ignored
// but not when it counts, or "". A reader that ignores case would take such a
// name for the known one, so whoever reads a signed text refuses it.
func UnknownCase(name string, known []string) string {
	for _, k := range known {
		if name != k && strings.EqualFold(name, k) {
			return k
		}
	}
	return ""
}

// checkShape runs before any reader that recurses or allocates sees the text.
// The values are those behind a comma and those that an object or array begins
// with.
func checkShape(text []byte) error {
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

// checkSurrogates refuses what encoding/json would replace by U+FFFD, which
// would let two spellings become one. The text is valid JSON, so a backslash
// stands in a string and is followed by a whole escape.
func checkSurrogates(text []byte) error {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		if text[i] != 'u' {
			continue
		}
		unit := hexUnit(text[i+1:])
		i += 4
		if unit < 0xD800 || unit > 0xDFFF {
			continue
		}
		rest := text[i+1:]
		if unit > 0xDBFF || len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
			return &SyntaxError{"it escapes a lone surrogate"}
		}
		if low := hexUnit(rest[2:]); low < 0xDC00 || low > 0xDFFF {
			return &SyntaxError{"it escapes a lone surrogate"}
		}
		i += 6
	}
	return nil
}

func hexUnit(text []byte) uint64 {
	unit, err := strconv.ParseUint(string(text[:4]), 16, 32)
	if err != nil {
		return 0
	}
	return unit
}
