package awstoken

import (
	"encoding/json"
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
