package awstoken

import "encoding/json"

// objectReader makes values of a text that is valid JSON of a bounded depth, so
// it asks for no more than where the values begin. encoding/json's own reader of
// tokens takes several times as long, and every new token waits for it.
type objectReader struct {
	text []byte
	at   int
}

func readObject(text []byte) (map[string]any, error) {
	r := objectReader{text: text}
	if r.next() != '{' {
		return nil, &SyntaxError{"it is not a JSON object"}
	}
	return r.object()
}

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

func (r *objectReader) value() (any, error) {
	switch r.next() {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '"':
		return r.string()
	case 't':
		r.at += len("true")
		return true, nil
	case 'f':
		r.at += len("false")
		return false, nil
	case 'n':
		r.at += len("null")
		return nil, nil
	}
	if number := r.number(); number != "" {
		return number, nil
	}
	return nil, &SyntaxError{"it is not JSON"}
}

func (r *objectReader) object() (map[string]any, error) {
	r.at++ // {
	object := make(map[string]any)
	for r.next() != '}' {
		name, err := r.string()
		if err != nil {
			return nil, err
		}
		if _, twice := object[name]; twice {
			return nil, &SyntaxError{"a name occurs twice in one object"}
		}
		r.next()
		r.at++ // :
		if object[name], err = r.value(); err != nil {
			return nil, err
		}
		if r.next() == ',' {
			r.at++
		}
	}
	r.at++ // }
	return object, nil
}

func (r *objectReader) array() ([]any, error) {
	r.at++ // [
	array := []any{}
	for r.next() != ']' {
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		array = append(array, value)
		if r.next() == ',' {
			r.at++
		}
	}
	r.at++ // ]
	return array, nil
}

// string reads the string at the quote. One with escapes is left to
// encoding/json.
func (r *objectReader) string() (string, error) {
	if r.next() != '"' {
		return "", &SyntaxError{"a name is not a string"}
	}
	begin, escaped := r.at, false
	for r.at++; r.at < len(r.text) && r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			escaped = true
			r.at++
		}
	}
	if r.at >= len(r.text) {
		return "", &SyntaxError{"a string does not end"}
	}
	r.at++
	quoted := r.text[begin:r.at]
	if !escaped {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return "", &SyntaxError{"it is not JSON"}
	}
	return text, nil
}

func (r *objectReader) number() json.Number {
	begin := r.at
	for r.at < len(r.text) && isNumeric(r.text[r.at]) {
		r.at++
	}
	return json.Number(r.text[begin:r.at])
}

func isNumeric(c byte) bool {
	return '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}
