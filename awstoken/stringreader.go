package awstoken

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads the string at the quote. One without escapes shares the text's
// memory.
func (r *objectReader) string() (string, error) {
	r.at++ // "
	begin := r.at
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return r.text[begin : r.at-1], nil
		case c == '\\':
			return r.escapedString(begin)
		case c < ' ':
			return "", errNotJSON
		}
		r.at++
	}
	return "", errNotJSON
}

// escapedString reads on at the first escape of the string that begins there.
func (r *objectReader) escapedString(begin int) (string, error) {
	unescaped := append(make([]byte, 0, 2*(r.at-begin)+16), r.text[begin:r.at]...)
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return string(unescaped), nil
		case c == '\\':
			character, err := r.escape()
			if err != nil {
				return "", err
			}
			unescaped = utf8.AppendRune(unescaped, character)
		case c < ' ':
			return "", errNotJSON
		default:
			unescaped = append(unescaped, c)
			r.at++
		}
	}
	return "", errNotJSON
}

// plainEscapes are those of RFC 8259, section 7, that stand for one character.
var plainEscapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads one escape, or two that are a pair of surrogates. Half of a pair
// is refused: other readers make U+FFFD of it, so that two spellings would be
// one.
func (r *objectReader) escape() (rune, error) {
	rest := r.text[r.at:]
	if len(rest) < 2 {
		return 0, errNotJSON
	}
	if character, plain := plainEscapes[rest[1]]; plain {
		r.at += 2
		return character, nil
	}
	unit, err := unicodeEscape(rest)
	if err != nil {
		return 0, err
	}
	r.at += unicodeEscapeSize
	if !utf16.IsSurrogate(unit) {
		return unit, nil
	}
	low, err := unicodeEscape(rest[unicodeEscapeSize:])
	pair := utf16.DecodeRune(unit, low)
	if err != nil || pair == utf8.RuneError {
		return 0, &SyntaxError{"it escapes a lone surrogate"}
	}
	r.at += unicodeEscapeSize
	return pair, nil
}

const unicodeEscapeSize = len(`\u0000`)

// unicodeEscape reads an escape of one UTF-16 unit.
func unicodeEscape(text string) (rune, error) {
	if len(text) < unicodeEscapeSize || text[0] != '\\' || text[1] != 'u' {
		return 0, errNotJSON
	}
	unit, err := strconv.ParseUint(text[2:unicodeEscapeSize], 16, 16)
	if err != nil {
		return 0, errNotJSON
	}
	return rune(unit), nil
}
