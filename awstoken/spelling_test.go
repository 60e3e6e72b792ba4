package awstoken

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// speller makes up objects and writes each in one of the many ways in which JSON
// can be written.
type speller struct {
	*rand.Rand
	tokens []spelled
}

// spelled is a part of a text between which white space may stand.
type spelled struct {
	text string
	kind byte   // '{', '}', '[', ']', ',', ':', 's' for a string, 'v' for another value
	name string // of a member, behind '{' where there is one
}

func (s *speller) put(kind byte, text string) {
	s.tokens = append(s.tokens, spelled{text: text, kind: kind})
}

func pick[T any](s *speller, from []T) T { return from[s.IntN(len(from))] }

func (s *speller) object(room int) map[string]any {
	object := make(map[string]any)
	s.put('{', "{")
	begin := len(s.tokens) - 1
	for range s.IntN(4) {
		name := s.string()
		if _, twice := object[name]; twice {
			continue
		}
		if len(object) > 0 {
			s.put(',', ",")
		} else {
			s.tokens[begin].name = name
			s.tokens[begin].kind = 'm'
		}
		s.put('s', s.spell(name))
		s.put(':', ":")
		object[name] = s.value(room - 1)
	}
	s.put('}', "}")
	return object
}

func (s *speller) value(room int) any {
	if room == 0 {
		return s.scalar()
	}
	switch s.IntN(4) {
	case 0:
		return s.object(room)
	case 1:
		array := []any{}
		s.put('[', "[")
		for i := range s.IntN(4) {
			if i > 0 {
				s.put(',', ",")
			}
			array = append(array, s.value(room-1))
		}
		s.put(']', "]")
		return array
	}
	return s.scalar()
}

func (s *speller) scalar() any {
	if s.IntN(2) == 0 {
		text := s.string()
		s.put('s', s.spell(text))
		return text
	}
	literals := map[string]any{"true": true, "false": false, "null": nil}
	text := pick(s, []string{"true", "false", "null", "0", "-0", "7", "-12", "1765140780", "0.10", "1e400", "-2.5E-03", "9e+9"})
	s.put('v', text)
	if value, ok := literals[text]; ok {
		return value
	}
	return json.Number(text)
}

// string has characters of each length in UTF-8, and those that must be escaped.
func (s *speller) string() string {
	var text strings.Builder
	for range s.IntN(6) {
		text.WriteRune(pick(s, []rune("ab z\"\\/\b\f\n\r\t\x00\x1f\x7fé\u2028퟿\ue000\ufffd\uffff😀\U00010000\U0010ffff")))
	}
	return text.String()
}

// spell writes a string, each character raw or in one of its escapes.
func (s *speller) spell(text string) string {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	var b strings.Builder
	for _, r := range text {
		hexadecimal := pick(s, []string{`\u%04x`, `\u%04X`})
		switch way := s.IntN(3); {
		case way == 0 && short[r] != "":
			b.WriteString(short[r])
		case way == 1 && r >= ' ' && r != '"' && r != '\\':
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, hexadecimal, r)
		default:
			fmt.Fprintf(&b, hexadecimal+hexadecimal, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		}
	}
	return `"` + b.String() + `"`
}

// join writes the tokens, with white space between them.
func (s *speller) join(tokens []spelled) string {
	var b strings.Builder
	for _, tok := range tokens {
		b.WriteString(pick(s, []string{"", "", " ", "\t", "\r\n", "\n  "}) + tok.text)
	}
	return b.String()
}

// breaks makes a token wrong, by its kind. What comes of it is no strict JSON,
// whatever stands round it.
func (s *speller) breaks(tok spelled) string {
	switch tok.kind {
	case 's':
		pieces := append(append(badSurrogates(), badUTF8()...), controlCharacters()[:0x20]...)
		return tok.text[:1] + pick(s, pieces).bad + tok.text[1:]
	case 'v':
		return pick(s, append(badNumbers(), badLiterals()...)).bad
	case 'm':
		return `{` + s.spell(tok.name) + `:0,`
	}
	return pick(s, map[byte][]string{
		'{': {"[", "(", "{,", "{{", "}"}, '}': {"]", ")", ",}", ""}, '[': {"{", "(", "[,", "]"}, ']': {"}", ")", ",]", ""},
		',': {";", ",,", ":", "\f,", ",\u00a0", ",/**/"}, ':': {"=", "::", ",", ":\v", "", ":\ufeff"},
	}[tok.kind])
}

// Each object is read as what it was written from, by encoding/json, too. With any
// one token made wrong, it is refused.
func TestRandomSpellings(t *testing.T) {
	s := &speller{Rand: rand.New(rand.NewPCG(1, 2))}
	refused := 0
	for range 600 {
		s.tokens = nil
		want := s.object(6)
		text := s.join(s.tokens) + pick(s, []string{"", " ", "\r\n\t"})
		if got := wantAccepted(t, "as it was spelled", text); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q was written from %v and read as %v", text, want, got)
		}
		for i, tok := range s.tokens {
			broken := append([]spelled(nil), s.tokens...)
			broken[i].text = s.breaks(tok)
			wantRefused(t, "with "+tok.text+" made wrong", s.join(broken))
			refused++
		}
	}
	if refused < 5000 {
		t.Errorf("%d texts only were refused", refused)
	}
}
