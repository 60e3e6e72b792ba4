package main

import "strings"

// headerTextMutations change the header's JSON text, in ways that a member's
// value does not show.
func headerTextMutations() []mutation {
	return edits("header text", "header-text", func(d *draft) *[]edit { return &d.headerText }, append(jsonTexts(),
		textVariant{label: "over 1 KiB", change: inside(`"x":"` + strings.Repeat("x", 1100) + `"`), on: "size"},
		textVariant{label: "2000 values", change: inside(`"x":[` + strings.Repeat("0,", 1999) + `0]`), on: "size"},
		textVariant{label: "nested 17 deep", change: inside(nested(16))},
		textVariant{label: "nested 400 deep", change: inside(nested(399))},
	)...)
}

// jsonTexts are changes that are worth trying on any JSON object.
func jsonTexts() []textVariant {
	return []textVariant{
		{label: "empty", change: instead("")},
		{label: "an empty object", change: instead("{}")},
		{label: "null", change: instead("null")},
		{label: "a string", change: instead(`"{}"`)},
		{label: "a number", change: instead("1")},
		{label: "an array with the object", change: func(s string) string { return "[" + s + "]" }},
		{label: "a byte order mark before", change: before("\ufeff")},
		{label: "white space before", change: before(" \t\r\n")},
		{label: "white space behind", change: behind(" \t\r\n")},
		{label: "a form feed behind", change: behind("\f")},
		{label: "a no-break space behind", change: behind("\u00a0")},
		{label: "a NUL behind", change: behind("\x00")},
		{label: "a letter behind", change: behind("x")},
		{label: "a brace behind", change: behind("}")},
		{label: "a second object behind", change: behind("{}")},
		{label: "a comment behind", change: behind("//")},
		{label: "a comment inside", change: swap("{", "{/**/")},
		{label: "a comma behind the last member", change: func(s string) string { return strings.TrimSuffix(s, "}") + ",}" }},
		{label: "no brace at the end", change: func(s string) string { return strings.TrimSuffix(s, "}") }},
		{label: "single quotes", change: func(s string) string { return strings.ReplaceAll(s, `"`, `'`) }},
		{label: "a semicolon for a comma", change: swap(",", ";")},
		{label: "an equals sign for a colon", change: swap(`":`, `"=`)},
		{label: "white space between all", change: spaced},
		{label: "in UTF-16", change: wide},
		{label: "a byte that is not UTF-8", change: inside("\"x\":\"\xff\"")},
		{label: "an overlong letter", change: inside("\"x\":\"\xc1\xa1\"")},
		{label: "a surrogate in UTF-8", change: inside("\"x\":\"\xed\xa0\x80\"")},
		{label: "a name that is not UTF-8", change: inside("\"x\xff\":1")},
		{label: "an escaped high surrogate alone", change: inside(`"x":"\ud800"`)},
		{label: "an escaped low surrogate alone", change: inside(`"x":"\udc00"`)},
		{label: "escaped surrogates the wrong way round", change: inside(`"x":"\udc00\ud800"`)},
		{label: "an escaped surrogate before another escape", change: inside(`"x":"\ud800\n"`)},
		{label: "an escaped pair of surrogates", change: inside(`"x":"\ud83d\ude00"`)},
		{label: "a line end inside a string", change: inside("\"x\":\"\n\"")},
		{label: "an escape that does not exist", change: inside(`"x":"\x41"`)},
		{label: "an escaped slash", change: inside(`"x":"\/"`)},
		{label: "an escaped NUL", change: inside(`"x":"\u0000"`)},
		{label: "a leading zero", change: inside(`"x":01`)},
		{label: "a plus sign", change: inside(`"x":+1`)},
		{label: "NaN", change: inside(`"x":NaN`)},
		{label: "minus zero", change: inside(`"x":-0.0e-0`)},
		{label: "True", change: inside(`"x":True`)},
		{label: "an empty name", change: inside(`"":1`)},
		{label: "an unknown name twice", change: inside(`"x":1,"x":2`)},
		{label: "an unknown name twice, once escaped", change: inside(`"x":1,"\u0078":2`)},
		{label: "an unknown name twice inside a member", change: inside(`"x":{"y":1,"y":2}`)},
		{label: "unknown names that differ in case", change: inside(`"x":1,"X":2`)},
		{label: "nested 16 deep", change: inside(nested(15))},
	}
}

// nested is a member whose value nests so deep.
func nested(depth int) string {
	return `"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth)
}

// spaced puts white space wherever it may stand outside of strings.
func spaced(s string) string {
	var b strings.Builder
	quoted := false
	for i := range len(s) {
		if s[i] == '"' && (i == 0 || s[i-1] != '\\') {
			quoted = !quoted
		}
		b.WriteByte(s[i])
		if !quoted && strings.IndexByte("{}[]:,", s[i]) >= 0 {
			b.WriteString("\n\t ")
		}
	}
	return b.String()
}

// wide is UTF-16, the low byte first, with a byte order mark.
func wide(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}
