package awstoken

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseObject(t *testing.T) {
	got, err := ParseObject([]byte(` {"a":[1,2.50,{"b":null}],"c":true,"d":"\ud83d\ude00","":"é"} `))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"a": []any{json.Number("1"), json.Number("2.50"), map[string]any{"b": nil}},
		"c": true, "d": "😀", "": "é",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

// Each text breaks one rule; its control keeps it and differs in nothing else.
func TestParseObjectRefuses(t *testing.T) {
	nest := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	tests := []struct{ name, bad, control string }{
		{"name twice", `{"a":1,"a":2}`, `{"a":1,"b":2}`},
		{"name twice after unescaping", `{"a":1,"\u0061":2}`, `{"a":1,"\u0062":2}`},
		{"name twice deep inside", `{"x":[{"a":1,"a":1}]}`, `{"x":[{"a":1},{"a":1}]}`},
		{"object behind", `{"a":1}{"a":1}`, `{"a":1}`},
		{"text behind", `{"a":1}x`, `{"a":1} `},
		{"NUL behind", "{\"a\":1}\x00", "{\"a\":1}\n"},
		{"byte order mark", "\xef\xbb\xbf{}", "{}"},
		{"not UTF-8", "{\"a\":\"\xff\"}", "{\"a\":\"\xc3\xbf\"}"},
		{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xed\x9f\xbf\"}"},
		{"overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", `{"a":"/"}`},
		{"lone high surrogate", `{"a":"\ud800"}`, `{"a":"\ud7ff"}`},
		{"lone low surrogate", `{"a":"\udc00"}`, `{"a":"\ue000"}`},
		{"two high surrogates", `{"a":"\ud800\ud800"}`, `{"a":"\ud800\udc00"}`},
		{"high surrogate before text", `{"a":"\ud800abcdef"}`, `{"a":"\\ud800abcdef"}`},
		{"lone surrogate in a name", `{"\uDFFF":1}`, `{"\uFFFF":1}`},
		{"depth 17", nest(17), nest(16)},
		{"arrays of depth 17", `{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + "}",
			`{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + "}"},
		{"more values than are read", `{"a":[` + strings.Repeat("1,", 1023) + `1]}`, `{"a":[` + strings.Repeat("1,", 1022) + `1]}`},
		{"array", `[]`, `{}`},
		{"string", `"a"`, `{}`},
		{"nothing", ``, `{}`},
		{"comma at the end", `{"a":1,}`, `{"a":1}`},
		{"comma for a colon", `{"a","b"}`, `{"a":"b"}`},
		{"number with leading zero", `{"a":01}`, `{"a":1}`},
		{"control character in a string", "{\"a\":\"\n\"}", `{"a":"\n"}`},
		{"comment", `{/**/}`, `{}`},
		{"not ended", `{"a":1`, `{"a":1}`},
		{"brackets crossed", `{"a":[1}]`, `{"a":[1]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var syntax *SyntaxError
			if _, err := ParseObject([]byte(tt.bad)); !errors.As(err, &syntax) {
				t.Errorf("ParseObject(%q) = %v, want a SyntaxError", tt.bad, err)
			}
			if _, err := ParseObject([]byte(tt.control)); err != nil {
				t.Errorf("the control %q was refused: %v", tt.control, err)
			}
		})
	}
}

func TestParseObjectDeepTextIsCheap(t *testing.T) {
	deep := []byte(strings.Repeat(`{"a":`, 100_000))
	allocs := testing.AllocsPerRun(5, func() {
		if _, err := ParseObject(deep); err == nil {
			t.Fatal("accepted")
		}
	})
	if allocs > 10 {
		t.Errorf("%v allocations for a text that is too deep", allocs)
	}
}

// BenchmarkParseObject has the dearest text of the size of a token.
func BenchmarkParseObject(b *testing.B) {
	most := `{"a":[` + strings.Repeat("1,", 1020) + `1],"b":"` + strings.Repeat("x", 10<<10) + `"}`
	tooMany := `{"a":[` + strings.Repeat("1,", 6000) + `1]}`
	for name, text := range map[string]string{"most values": most[:len(most)-2] + `"}`, "too many": tooMany, "typical": good} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = ParseObject([]byte(text))
			}
		})
	}
}

func TestUnknownCase(t *testing.T) {
	known := []string{"iss", "sub", "kid"}
	for name, want := range map[string]string{
		"iss": "", "ISS": "iss", "iſs": "iss", "\u212Aid": "kid", "issuer": "", "": "",
	} {
		if got := UnknownCase(name, known); got != want {
			t.Errorf("UnknownCase(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,{"b":"\ud83d\ude00"}]}`, `{"a":1,"a":2}`, `{"\ud800":0}`, "{\"a\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		object, err := ParseObject(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(object)
		if err != nil {
			t.Fatalf("what was accepted does not encode: %v", err)
		}
		second, err := ParseObject(again)
		if err != nil || !reflect.DeepEqual(object, second) {
			t.Fatalf("%q was read as %v, and its encoding %q as %v (%v)", text, object, again, second, err)
		}
	})
}
