package terminal

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for name, tt := range map[string]struct{ text, printable, value string }{
		"a word":              {"arn:aws:iam::123456789012:role/X", "arn:aws:iam::123456789012:role/X", "arn:aws:iam::123456789012:role/X"},
		"nothing":             {"", "", `""`},
		"words":               {"two words", "two words", `"two words"`},
		"a quote":             {`a"b`, `a"b`, `"a\"b"`},
		"a backslash":         {`a\b`, `a\b`, `"a\\b"`},
		"an escape":           {"\x1b[2J", `\x1b[2J`, `"\x1b[2J"`},
		"a C1 control":        {"\u009b2J", `\u009b2J`, `"\u009b2J"`},
		"DEL":                 {"\x7f", `\x7f`, `"\x7f"`},
		"lines":               {"a\r\nb", `a\r\nb`, `"a\r\nb"`},
		"a line separator":    {"a\u2028b\u2029", `a\u2028b\u2029`, `"a\u2028b\u2029"`},
		"turned round":        {"\u202egpj", `\u202egpj`, `"\u202egpj"`},
		"an isolate":          {"\u2066a\u2069", `\u2066a\u2069`, `"\u2066a\u2069"`},
		"zero width":          {"a\u200bb", `a\u200bb`, `"a\u200bb"`},
		"a byte order mark":   {"\ufeffa", `\ufeffa`, `"\ufeffa"`},
		"not UTF-8":           {"a\xff", `a\xff`, `"a\xff"`},
		"other letters":       {"Größe 東京", "Größe 東京", `"Größe 東京"`},
		"128 bytes":           {strings.Repeat("a", 128), strings.Repeat("a", 128), strings.Repeat("a", 128)},
		"129 bytes":           {strings.Repeat("a", 129), strings.Repeat("a", 125) + "…", strings.Repeat("a", 125) + "…"},
		"many controls":       {strings.Repeat("\x1b", 99), strings.Repeat(`\x1b`, 31) + "…", `"` + strings.Repeat(`\x1b`, 30) + `…"`},
		"cut in a character":  {strings.Repeat("ä", 99), strings.Repeat("ä", 62) + "…", `"` + strings.Repeat("ä", 61) + `…"`},
		"quoted, 126 bytes":   {strings.Repeat("a ", 63), strings.Repeat("a ", 63), `"` + strings.Repeat("a ", 63) + `"`},
		"quoted, 128 bytes":   {strings.Repeat("a ", 64), strings.Repeat("a ", 64), `"` + strings.Repeat("a ", 61) + `a…"`},
		"beyond 16 bits":      {"\U000e0001", `\U000e0001`, `"\U000e0001"`},
		"a replaced one":      {"\ufffd", "\ufffd", "\"\ufffd\""},
		"no-break space":      {"a\u00a0b", `a\u00a0b`, `"a\u00a0b"`},
		"the ideograph space": {"a\u3000b", `a\u3000b`, `"a\u3000b"`},
	} {
		if got := Printable(tt.text); got != tt.printable {
			t.Errorf("%s: got %q, want %q", name, got, tt.printable)
		}
		if got := Value(tt.text); got != tt.value {
			t.Errorf("%s: as a value %q, want %q", name, got, tt.value)
		}
	}
	if got, want := Escaped("\x1b"+strings.Repeat("a", 4096)), `\x1b`+strings.Repeat("a", 4096); got != want {
		t.Errorf("escaped are %d bytes", len(got))
	}
	if got := Sentence(strings.Repeat("a", 1024)); len(got) != 1024 || strings.HasSuffix(got, "…") {
		t.Errorf("a sentence of %d bytes", len(got))
	}
	if got := Sentence(strings.Repeat("a", 1025)); len(got) != 1024 || !strings.HasSuffix(got, "…") {
		t.Errorf("a sentence of %d bytes", len(got))
	}
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"a", "\x1b[0m", "\u202e", "\xff\xfe", strings.Repeat("\U0001F600", 40), strings.Repeat("\u2028", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, got := range map[string]string{"quote": Quote(text), "value": Value(text), "printable": Printable(text)} {
			if len(got) > maxShown || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q as a %s is %q", text, name, got)
			}
		}
	})
}

// JSON holds the whole text, and nothing that a terminal obeys.
func TestWriteJSON(t *testing.T) {
	values := map[string]string{
		"control": "\x1b[2J\x7f\u009b", "bidi": "\u202e\u2066", "lines": "\u2028\u2029\n", "<b>&": "Größe", "far": "\U000e0001\U0001F600",
		"long": strings.Repeat("a", 4096),
	}
	var b bytes.Buffer
	if err := WriteJSON(&b, values); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%q is in it", r)
		}
	}
	if !strings.Contains(b.String(), `"<b>&": "Größe"`) {
		t.Errorf("more is escaped than need be: %s", b.String())
	}
	var got map[string]string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for name, value := range values {
		if got[name] != value {
			t.Errorf("%s: got %q, want %q", name, got[name], value)
		}
	}
	if err := WriteJSON(&b, func() {}); err == nil {
		t.Error("a function was written")
	}
}
