package identity

import (
	"net/url"
	"strings"
	"testing"
	"testing/quick"
)

func TestEncode(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"ARN", "arn:aws:iam::123456789012:role/team/x/Deploy", "arn:aws:iam::123456789012:role/team/x/Deploy"},
		{"all of printable ASCII but %", "!\"#$&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~", "!\"#$&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"},
		{"CR LF", "a\r\nX-Admin: 1", "a%0D%0AX-Admin: 1"},
		{"NUL", "a\x00b", "a%00b"},
		{"tab", "a\tb", "a%09b"},
		{"DEL", "a\x7fb", "a%7Fb"},
		{"U+2028", "a\u2028b", "a%E2%80%A8b"},
		{"comma", "a,b", "a,b"},
		{"percent", "100%", "100%25"},
		{"what looks encoded", "%41", "%2541"},
		{"Latin-1", "\xe9", "%E9"},
		{"UTF-8", "é", "%C3%A9"},
		{"Han", "組織", "%E7%B5%84%E7%B9%94"},
		{"emoji", "🔑", "%F0%9F%94%91"},
		{"placeholder", "{env.HOME}", "{env.HOME}"},
		{"inner spaces", "a  b", "a  b"},
		{"spaces at the ends", " a ", "%20a%20"},
		{"nothing but spaces", "  ", "%20%20"},
	} {
		if got := encode(test.text, ""); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestEncodeList(t *testing.T) {
	for _, test := range []struct {
		name     string
		elements []string
		want     string
	}{
		{"none", nil, ""},
		{"one", []string{"a"}, "a"},
		{"two", []string{"a", "b"}, "a,b"},
		{"comma inside", []string{"a,b%", "c"}, "a%2Cb%25,c"},
		{"comma encoded inside", []string{"a%2Cb"}, "a%252Cb"},
		{"spaces round the comma", []string{"a ", " b"}, "a%20,%20b"},
	} {
		if got := encodeList(test.elements); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestEncodedListsCanBeReadBack(t *testing.T) {
	readBack := func(elements []string) bool {
		if len(elements) == 0 {
			return encodeList(elements) == ""
		}
		parts := strings.Split(encodeList(elements), ",")
		if len(parts) != len(elements) {
			return false
		}
		for i, part := range parts {
			if decoded, err := url.PathUnescape(strings.TrimSpace(part)); err != nil || decoded != elements[i] {
				return false
			}
		}
		return true
	}
	if err := quick.Check(readBack, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}

func FuzzEncode(f *testing.F) {
	for _, seed := range []string{"", "a", " ", " a ", "a,b%", "%2C", "\r\n\x00\u2028", "{env.HOME}", "é組🔑\xff", "a\tb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, also := range []string{"", ","} {
			got := encode(text, also)
			for i := range len(got) {
				if got[i] < 0x20 || got[i] > 0x7e || also != "" && got[i] == ',' {
					t.Fatalf("%q became %q, with the byte 0x%02X", text, got, got[i])
				}
			}
			if strings.Trim(got, " ") != got {
				t.Fatalf("%q became %q, with a space at an end", text, got)
			}
			if decoded, err := url.PathUnescape(got); err != nil || decoded != text {
				t.Fatalf("%q became %q and then %q (%v)", text, got, decoded, err)
			}
		}
	})
}
