package caddymodule

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The forms of RFC 9110 and RFC 6750 once more, as expressions.
var (
	schemeForm = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+")
	joinedForm = regexp.MustCompile(`(?i)(?:^|,)[\s\v\x{85}\p{Z}]*bearer(?:[\s\v\x{85}\p{Z},]|$)`)
	bearerForm = regexp.MustCompile(`^((?i)bearer) ([A-Za-z0-9._~+/-]+=*)$`)
)

// One field is one credential, which the scheme, a space and the token join to;
// several are none. Whatever they are, all of them are taken out, and nothing
// else is.
func FuzzTakeCredential(f *testing.F) {
	for _, seed := range []string{
		"Bearer a.b.c", "bearer a", "Bearer", "Bearer ", "Bearer  a", "Bearer\ta", "Bearer a b", "Bearer a=", "Bearer a=b", "Bearer a\n", "Bearer\u00a0a",
		"Bearer =", "Bearer a, Bearer b", "Basic a, Bearer b", "Basic a,\tbearer", "Digest a, bearer=b", "Basic bearer a,", "Basic bearer a", "Basic a,\u00a0Bearer b", "", " ", " Bearer a", "Basic YTpi", "Bearers a", "Bearer \x00", "Bearer é", "BEARER -._~+/==", "Bearer;a", "Bea\u017fer a",
	} {
		f.Add("Authorization", seed, "X-Kept", "a", false)
	}
	for c := byte(' '); c <= 0x7f; c++ {
		if !isAlphanumeric(c) {
			f.Add("Authorization", "Bearer a"+string(rune(c))+"b", "X-Kept", "a", false)
		}
	}
	for _, names := range [][2]string{
		{"authorization", "AUTHORIZATION"}, {"Authorization", "Authorization"}, {"Authorization", "Proxy-Authorization"}, {"authorization", "Authorization "}, {"Auth_orization", ""},
	} {
		f.Add(names[0], "Bearer a.b.c", names[1], "Basic YTpi", true)
	}
	f.Fuzz(func(t *testing.T, name, value, otherName, otherValue string, twice bool) {
		header := http.Header{name: {value}}
		header[otherName] = append(header[otherName], otherValue)
		if twice {
			header[name] = append(header[name], value)
		}
		var fields []string
		others := http.Header{}
		for each, values := range header {
			if asciiUpper(each) == "AUTHORIZATION" {
				fields = append(fields, values...)
			} else {
				others[each] = values
			}
		}
		c := takeCredential(header)
		for each, values := range header {
			if !slices.Equal(others[each], values) {
				t.Errorf("%q: %q is there, want %q", each, values, others[each])
			}
		}
		if len(header) != len(others) {
			t.Errorf("left is %q, want %q", header, others)
		}
		slices.Sort(fields)
		slices.Sort(c.fields)
		if !slices.Equal(c.fields, fields) {
			t.Errorf("taken were %q, want %q", c.fields, fields)
		}
		checkCredential(t, c, fields)
	})
}

func asciiUpper(name string) string {
	upper := []byte(name)
	for i, c := range upper {
		if 'a' <= c && c <= 'z' {
			upper[i] = c - 32
		}
	}
	return string(upper)
}

func checkCredential(t *testing.T, c credential, fields []string) {
	t.Helper()
	var scheme, token string
	malformed := len(fields) > 1
	if len(fields) == 1 {
		if parts := bearerForm.FindStringSubmatch(fields[0]); parts != nil {
			scheme, token = parts[1], parts[2]
		}
		begin := schemeForm.FindString(fields[0])
		rest := fields[0][len(begin):]
		malformed = begin == "" || strings.EqualFold(begin, "Bearer") && token == "" ||
			!strings.EqualFold(begin, "Bearer") && strings.Contains(rest, ",") && joinedForm.MatchString(rest)
	}
	if c.token != token || (c.malformed != "") != malformed {
		t.Errorf("%q is read as the token %q, malformed: %q; want %q, malformed: %t", fields, c.token, c.malformed, token, malformed)
	}
	// What is kept is the only field, and never one that is malformed.
	if want := scheme + " " + token; token != "" && c.field != want || c.field != "" && (malformed || c.field != fields[0]) {
		t.Errorf("%q is kept as %q", fields, c.field)
	}
}
