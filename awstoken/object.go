package awstoken

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	// The token reader below is lax about where commas and colons stand.
	if !json.Valid(text) {
		return nil, &SyntaxError{"it is not JSON"}
	}
	if err := checkSurrogates(text); err != nil {
		return nil, err
	}
	r := objectReader{json.NewDecoder(bytes.NewReader(text))}
	r.dec.UseNumber()
	value, err := r.value()
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &SyntaxError{"something follows the JSON value"}
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, &SyntaxError{"it is not a JSON object"}
	}
	return object, nil
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

type objectReader struct {
	dec *json.Decoder
}

func (r objectReader) value() (any, error) {
	tok, err := r.dec.Token()
	if err != nil {
		return nil, &SyntaxError{"it is not JSON"}
	}
	switch tok {
	case json.Delim('{'):
		return r.object()
	case json.Delim('['):
		return r.array()
	}
	return tok, nil
}

func (r objectReader) object() (map[string]any, error) {
	object := make(map[string]any)
	for r.dec.More() {
		tok, err := r.dec.Token()
		if err != nil {
			return nil, &SyntaxError{"it is not JSON"}
		}
		name, ok := tok.(string)
		if !ok {
			return nil, &SyntaxError{"a name is not a string"}
		}
		if _, twice := object[name]; twice {
			return nil, &SyntaxError{"a name occurs twice in one object"}
		}
		if object[name], err = r.value(); err != nil {
			return nil, err
		}
	}
	_, err := r.dec.Token()
	if err != nil {
		return nil, &SyntaxError{"an object does not end"}
	}
	return object, nil
}

func (r objectReader) array() ([]any, error) {
	array := []any{}
	for r.dec.More() {
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	if _, err := r.dec.Token(); err != nil {
		return nil, &SyntaxError{"an array does not end"}
	}
	return array, nil
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
