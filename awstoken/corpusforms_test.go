package awstoken

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// whole is the document that most pairs of whole documents start from.
const whole = `{"a":[1,-2.5e3,"x\u00e9"],"b":{"c":null,"d":{}},"e":true}`

func badEncodings() (pairs []pair) {
	const mark = "\ufeff"
	add := func(name, bad string) { pairs = append(pairs, pair{name, bad, whole}) }
	for name, order := range map[string]binary.AppendByteOrder{"big": binary.BigEndian, "little": binary.LittleEndian} {
		for marked, text := range map[string]string{"": whole, ", marked": mark + whole} {
			var utf16Text, utf32Text []byte
			for _, unit := range utf16.Encode([]rune(text)) {
				utf16Text = order.AppendUint16(utf16Text, unit)
			}
			for _, r := range text {
				utf32Text = order.AppendUint32(utf32Text, uint32(r))
			}
			add("UTF-16, "+name+" end first"+marked, string(utf16Text))
			add("UTF-32, "+name+" end first"+marked, string(utf32Text))
		}
	}
	add("byte order mark", mark+whole)
	add("byte order mark twice", mark+mark+whole)
	add("byte order mark behind", whole+mark)
	add("byte order mark behind a space", " "+mark+whole)
	add("UTF-7's mark", "+/v8-"+whole)
	add("compressed", "\x1f\x8b\x08"+whole)
	add("base64", "eyJhIjoxfQ")
	return pairs
}

// badSpaces puts into each gap of a document what is white space elsewhere, and
// as a control what is white space here (RFC 8259, section 2).
func badSpaces() (pairs []pair) {
	tokens := []string{"{", `"a"`, ":", "[", "1", ",", "{", "}", "]", ",", `"b"`, ":", "null", "}"}
	controls := []string{" ", "\t", "\n", "\r", "\r\n \t"}
	bad := []rune{
		0, '\b', '\v', '\f', 0x1c, 0x1e, 0x1f, 0x7f, 0x85, 0xa0, 0xad, 0x1680, 0x180e, 0x2003, 0x200b, 0x2028, 0x2029, 0x202f, 0x205f,
		0x2060, 0x3000, 0xfeff, '\\',
	}
	for gap := range len(tokens) + 1 {
		before, behind := strings.Join(tokens[:gap], ""), strings.Join(tokens[gap:], "")
		for i, space := range bad {
			name := fmt.Sprintf("%U in gap %d", space, gap)
			pairs = append(pairs, pair{name, before + string(space) + behind, before + controls[i%len(controls)] + behind})
		}
	}
	return pairs
}

// badEnds ends a document too late or, at each byte, too soon.
func badEnds() (pairs []pair) {
	for i := range len(whole) {
		pairs = append(pairs, pair{fmt.Sprintf("its first %d bytes", i), whole[:i], whole})
		if i > 0 {
			pairs = append(pairs, pair{fmt.Sprintf("all but its first %d bytes", i), whole[i:], whole})
		}
	}
	for name, tail := range map[string]string{
		"the same again": whole, "an object": "{}", "an array": "[]", "a string": `""`, "a number": "1", "null": "null", "a comma": ",",
		"a semicolon": ";", "an end of an object": "}", "an end of an array": "]", "a quote": `"`, "a comment": "//", "a NUL": "\x00",
		"end of transmission": "\x04", "a letter": "x", "bad UTF-8": "\xff", "a signature": ".c2ln",
	} {
		for between, space := range map[string]string{"": "", " on the next line": "\n", " after blanks": strings.Repeat(" \t", 600)} {
			pairs = append(pairs, pair{name + " behind" + between, whole + space + tail, whole + space})
		}
		pairs = append(pairs, pair{name + " in front", tail + whole, "\n" + whole})
	}
	return pairs
}

// badKinds are values that are no object. Each is well where it is a member's.
func badKinds() (pairs []pair) {
	for _, value := range []string{`[]`, `[{}]`, `""`, `"{}"`, `0`, `1e400`, `true`, `false`, `null`, `[1,-2.5e3,"x\u00e9"]`} {
		pairs = append(pairs, pair{value, value, `{"a":` + value + `}`})
	}
	for _, nothing := range []string{"", " ", "\n", "\t\r\n"} {
		pairs = append(pairs, pair{fmt.Sprintf("nothing but %q", nothing), nothing, nothing + "{}" + nothing})
	}
	return pairs
}

// namesTwice has one name twice in an object at each level, in each spelling. The
// controls have names that a reader with less care could take for one.
func namesTwice() (pairs []pair) {
	spellings := []struct{ name, first, second, other string }{
		{"as it was", `a`, `a`, `b`},
		{"in another case", `a`, `a`, `A`},
		{"escaped", `a`, `\u0061`, `\u0041`},
		{"escaped first", `\u0061`, `a`, `\\u0061`},
		{"escaped twice", `\u006a`, `\u006A`, `\u006b`},
		{"within", `iss`, `i\u0073s`, `i\\u0073s`},
		{"with an accent", `é`, `\u00e9`, `e\u0301`},
		{"beyond 16 bits", `😀`, `\ud83d\uDE00`, `\ud83d\ude01`},
		{"a slash", `/`, `\/`, `\\/`},
		{"a quote", `\"`, `\u0022`, `\\u0022`},
		{"a line end", `\n`, `\u000A`, `\r`},
		{"NUL", `\u0000`, `\u0000`, `\u00000`},
		{"empty", ``, ``, ` `},
		{"with a space", `a `, `a\u0020`, ` a`},
		{"the escape of U+FFFD", `�`, `\ufffd`, `\ufffc`},
	}
	for level := 1; level <= MaxDepth; level++ {
		for i, s := range spellings {
			object := func(second, between string) string {
				return `{"` + s.first + `":1` + between + `,"` + second + `":2}`
			}
			around := func(inner string) string {
				for range (level - 1) / 2 {
					inner = `{"x":[0,` + inner + `]}`
				}
				if level%2 == 0 {
					inner = `{"x":` + inner + `,"y":0}`
				}
				return inner
			}
			between := ""
			if i%2 == 0 { // not beside each other
				between = `,"between":"a"`
			}
			name := fmt.Sprintf("%s, at level %d", s.name, level)
			pairs = append(pairs, pair{name, around(object(s.second, between)), around(object(s.other, between))})
		}
	}
	return append(pairs,
		pair{"thrice", `{"a":1,"b":2,"a":3,"a":4}`, `{"a":1,"b":2,"aa":3,"aaa":4}`},
		pair{"with equal values", `{"a":{},"a":{}}`, `{"a":{},"b":{}}`},
		pair{"in one object, and in two", `{"x":{"a":1,"a":1}}`, `{"x":{"a":1},"a":{"a":1}}`},
		pair{"in one element, and in two", `{"x":[{"a":1,"a":1}]}`, `{"x":[{"a":1},{"a":1}]}`},
	)
}
