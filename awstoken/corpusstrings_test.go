package awstoken

import (
	"fmt"
	"testing"
)

func badSurrogates() []pair {
	return []pair{
		{"high alone", `\ud800`, `\ud7ff`},
		{"last high alone", `\udbff`, `\ue000`},
		{"low alone", `\udc00`, `\ue000`},
		{"last low alone", `\udfff`, `\ud7ff`},
		{"capital letters", `\uDABC`, `\uFABC`},
		{"low before high", `\udc00\ud800`, `\ud800\udc00`},
		{"two high", `\ud800\ud800`, `\ud800\udc00`},
		{"two low", `\udc00\udc00`, `\ud800\udc00`},
		{"high before a letter", `\ud800z`, `\ud800\udc00z`},
		{"high before a letter's escape", `\ud800\u0041`, `\ud801\udc41`},
		{"high before a line end", `\ud800\n`, `\ud800\udc00\n`},
		{"high before a backslash", `\ud800\\udc00`, `\\ud800\\udc00`},
		{"text between high and low", `\ud83dx\ude00`, `\ud83d\ude00x`},
		{"high before a pair", `\ud83d\ud83d\ude00`, `\ud83d\ude00\ud83d\ude00`},
		{"low behind a pair", `\ud83d\ude00\ude00`, `\ud83d\ude00\ud83d\ude00`},
		{"high in UTF-8", "\xed\xa0\x80", "\xed\x9f\xbf"},
		{"low in UTF-8", "\xed\xbf\xbf", "\xee\x80\x80"},
		{"pair in UTF-8 (CESU-8)", "\xed\xa0\xbd\xed\xb8\x80", "\xf0\x9f\x98\x80"},
		{"high escaped, low in UTF-8", "\\ud83d\xed\xb8\x80", `\ud83d\ude00`},
		{"high in UTF-8, low escaped", "\xed\xa0\xbd\\ude00", `\ud83d\ude00`},
	}
}

// Each surrogate is refused alone, and each of the pairs' ends is read as the
// character that it is.
func TestAllSurrogates(t *testing.T) {
	for unit := 0xd800; unit <= 0xdfff; unit++ {
		wantRefused(t, "alone", fmt.Sprintf(`{"a":"\u%04x"}`, unit))
		high, low := 0xd800, unit
		if unit < 0xdc00 {
			high, low = unit, 0xdfff
		}
		object := wantAccepted(t, "in a pair", fmt.Sprintf(`{"a":"\u%04X\u%04x"}`, high, low))
		if want := string(rune(0x10000 + (high-0xd800)<<10 + low - 0xdc00)); object["a"] != want {
			t.Errorf("%x %x: got %q, want %q", high, low, object["a"], want)
		}
	}
	wantAccepted(t, "the characters round them", `{"a":"\ud7ff\ue000"}`)
}

func badUTF8() []pair {
	return []pair{
		{"overlong slash in two bytes", "\xc0\xaf", "/"},
		{"overlong slash in three bytes", "\xe0\x80\xaf", "/"},
		{"overlong slash in four bytes", "\xf0\x80\x80\xaf", "/"},
		{"overlong NUL", "\xc0\x80", `\u0000`},
		{"overlong quote", "\xc0\xa2", `\"`},
		{"longest overlong in two bytes", "\xc1\xbf", "\xc2\x80"},
		{"longest overlong in three bytes", "\xe0\x9f\xbf", "\xe0\xa0\x80"},
		{"longest overlong in four bytes", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80\x80"},
		{"first of two bytes", "\xc3", "\xc3\xa9"},
		{"first of three bytes", "\xe2", "\xe2\x82\xac"},
		{"two of three bytes", "\xe2\x82", "\xe2\x82\xac"},
		{"first of four bytes", "\xf0", "\xf0\x9f\x98\x80"},
		{"three of four bytes", "\xf0\x9f\x98", "\xf0\x9f\x98\x80"},
		{"a letter within three bytes", "\xe2\x28\xac", "\xe2\x82\xac"},
		{"continuation alone", "\x80", "\xc2\x80"},
		{"last continuation alone", "\xbf", "\xc2\xbf"},
		{"continuation too many", "\xc3\xa9\xa9", "\xc3\xa9\xc3\xa9"},
		{"Latin-1", "caf\xe9", "caf\xc3\xa9"},
		{"above U+10FFFF", "\xf4\x90\x80\x80", "\xf4\x8f\xbf\xbf"},
		{"far above U+10FFFF", "\xf5\x80\x80\x80", "\xf3\x80\x80\x80"},
		{"five bytes", "\xf8\x88\x80\x80\x80", "\xf0\x90\x80\x80"},
		{"six bytes", "\xfc\x84\x80\x80\x80\x80", "\xf0\x90\x80\x80"},
		{"byte fe", "\xfe", "\xc3\xbe"},
		{"byte ff", "\xff", "\xc3\xbf"},
	}
}

// controlCharacters must be escaped (RFC 8259, section 7). Those behind ASCII's
// first 32 need not.
func controlCharacters() (pairs []pair) {
	for c := range 0x20 {
		pairs = append(pairs, pair{fmt.Sprintf("%#x", c), string(rune(c)), fmt.Sprintf(`\u%04x`, c)})
	}
	for _, c := range []rune{0x7f, 0x80, 0x85, 0xa0, 0xad, 0x200b, 0x2028, 0x2029, 0xfeff, 0xfffe, 0x10ffff} {
		pairs = append(pairs, pair{fmt.Sprintf("line end beside %U", c), "\n" + string(c), string(c)})
	}
	return append(pairs,
		pair{"line end", "\n", `\n`}, pair{"line end of DOS", "\r\n", `\r\n`}, pair{"tab", "\t", `\t`},
		pair{"line end behind a backslash", "\\\n", `\\n`})
}

func badEscapes() []pair {
	return []pair{
		{"hexadecimal", `\x41`, `\u0041`},
		{"octal", `\101`, `\u0041`},
		{"NUL", `\0`, `\u0000`},
		{"single quote", `\'`, `'`},
		{"bell", `\a`, `\b`},
		{"vertical tab", `\v`, `\f`},
		{"escape", `\e`, `\t`},
		{"space", `\ `, ` `},
		{"capital letter", `\N`, `\n`},
		{"letter in UTF-8", `\é`, `é`},
		{"backslash alone", `\`, `\\`},
		{"three backslashes", `\\\`, `\\\\`},
		{"quote", `"`, `\"`},
		{"quote behind two backslashes", `\\"`, `\\\"`},
		{"no digit", `\u`, `\\u`},
		{"three digits", `\u004`, `\u0041`},
		{"letter among the digits", `\u00g1`, `\u00a1`},
		{"sign before the digits", `\u+041`, `\u0041`},
		{"space before the digits", `\u 041`, `\u0041`},
		{"wide digits", `\u００４１`, `\u0041`},
		{"in brackets", `\u{41}`, `\u0041`},
		{"capital U", `\U0041`, `\u0041`},
		{"short second of a pair", `\ud83d\u`, `\ud83d\ude00`},
		{"shorter second of a pair", `\ud83d\ude0`, `\ud83d\ude00`},
	}
}
