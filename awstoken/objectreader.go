package awstoken

import (
	"encoding/json"
	"strings"
)

// objectReader reads JSON (RFC 8259) in one pass. The text is UTF-8, and no
// deeper than checkShape lets it be. Every new token waits for it; encoding/json
// would take several times as long, with a pass for each thing that it accepts
// and we do not. FuzzParseObject holds one against the other.
type objectReader struct {
	text string
	at   int
}

// errNotJSON is what is wrong with most texts. There is no position in it, since
// errors reach logs and the text is the caller's.
var errNotJSON = &SyntaxError{"it is not JSON"}

// next skips white space and returns what follows, or 0 at the end.
func (r *objectReader) next() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// take steps over a byte that has to be next.
func (r *objectReader) take(c byte) error {
	if r.next() != c {
		return errNotJSON
	}
	r.at++
	return nil
}

func (r *objectReader) value() (any, error) {
	switch r.next() {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '"':
		return r.string()
	case 't':
		return true, r.literal("true")
	case 'f':
		return false, r.literal("false")
	case 'n':
		return nil, r.literal("null")
	}
	return r.number()
}

func (r *objectReader) object() (map[string]any, error) {
	r.at++ // {
	object := make(map[string]any)
	if r.next() == '}' {
		r.at++
		return object, nil
	}
	for {
		if r.next() != '"' {
			return nil, errNotJSON
		}
		name, err := r.string()
		if err != nil {
			return nil, err
		}
		if _, twice := object[name]; twice {
			return nil, &SyntaxError{"a name occurs twice in one object"}
		}
		if err := r.take(':'); err != nil {
			return nil, err
		}
		if object[name], err = r.value(); err != nil {
			return nil, err
		}
		if more, err := r.more('}'); !more {
			return object, err
		}
	}
}

func (r *objectReader) array() ([]any, error) {
	r.at++ // [
	array := []any{}
	if r.next() == ']' {
		r.at++
		return array, nil
	}
	for {
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		array = append(array, value)
		if more, err := r.more(']'); !more {
			return array, err
		}
	}
}

// more steps over a comma and says that there is one, or over what ends the
// object or array.
func (r *objectReader) more(end byte) (bool, error) {
	switch r.next() {
	case ',':
		r.at++
		return true, nil
	case end:
		r.at++
		return false, nil
	}
	return false, errNotJSON
}

func (r *objectReader) literal(word string) error {
	if !strings.HasPrefix(r.text[r.at:], word) {
		return errNotJSON
	}
	r.at += len(word)
	return nil
}

// number reads a number of RFC 8259, section 6, as it is written.
func (r *objectReader) number() (json.Number, error) {
	begin := r.at
	r.skip('-')
	if !r.skip('0') && !r.digits() {
		return "", errNotJSON
	}
	if r.skip('.') && !r.digits() {
		return "", errNotJSON
	}
	if r.skip('e') || r.skip('E') {
		if !r.skip('+') {
			r.skip('-')
		}
		if !r.digits() {
			return "", errNotJSON
		}
	}
	return json.Number(r.text[begin:r.at]), nil
}

func (r *objectReader) skip(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

// digits steps over digits, and reports whether there are any.
func (r *objectReader) digits() bool {
	begin := r.at
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at > begin
}
