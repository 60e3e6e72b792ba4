package caddymodule

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The forms of RFC 9110 and RFC 6750 once more, as expressions.
var (
	schemeForm = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+")
	bearerForm = regexp.MustCompile(`^((?i)bearer) ([A-Za-z0-9._~+/-]+=*)$`)
	basicForm  = regexp.MustCompile(`^([Bb][Aa][Ss][Ii][Cc]) ([A-Za-z0-9+/]+={0,2})$`)
	pairForm   = regexp.MustCompile(`^[^\x00-\x1f:\x7f]*:([A-Za-z0-9._~+/-]+=*)$`)
	joinedForm = map[sources]*regexp.Regexp{
		bearerTokens:               joined("bearer"),
		basicTokens:                joined("basic"),
		bearerTokens | basicTokens: joined("bearer|basic"),
	}
)

func joined(schemes string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|,)[\s\v\x{85}\p{Z}]*(?:` + schemes + `)(?:[\s\v\x{85}\p{Z},]|$)`)
}

// One field is one credential, which the scheme, a space and the token join to;
// several are none. Whatever they are, all of them are taken out, and nothing
// else is.
func FuzzTakeCredential(f *testing.F) {
	for _, seed := range []string{
		"Bearer a.b.c", "bearer a", "Bearer", "Bearer ", "Bearer  a", "Bearer\ta", "Bearer a b", "Bearer a=", "Bearer a=b", "Bearer a\n", "Bearer\u00a0a",
		"Bearer =", "Bearer a, Bearer b", "Basic a, Bearer b", "Basic a,\tbearer", "Digest a, bearer=b", "Basic bearer a,", "Basic bearer a", "Basic a,\u00a0Bearer b", "", " ", " Bearer a", "Basic YTpi", "Bearers a", "Bearer \x00", "Bearer é", "BEARER -._~+/==", "Bearer;a", "Bea\u017fer a",
		"Basic YXdzOmE=", "basic YXdzOmEuYi5j", "BASIC OmE=", "Basic YXdzOmF", "Basic YXdzOmE==", "Basic YXdzOmF=", "Basic YXdzOmE=\n", "Basic YXdz\r\nOmE=", "Basic  YXdzOmE=", "Basic\tYXdzOmE=", "Basic YXdzOmE= ",
		"Basic YXdz", "Basic YXdzOg==", "Basic", "Basic ", "Basic YTpiOmM=", "Basic YQA6Yg==", "Basic YTpiIGM=", "Basic YXdzOmE=, Bearer b", "Bearer a, Basic YXdzOmE=", "Digest a, Basic b", "Ba\u017fic YTpi", "Basic _-==", "Basic gICAOmE=",
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
		checkReadings(t, fields)
		c := takeCredential(header, bearerTokens)
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
	})
}

// checkReadings reads fields by each set of sources.
func checkReadings(t *testing.T, fields []string) {
	t.Helper()
	for from := range joinedForm {
		checkCredential(t, readFields(fields, from), fields, from)
	}
	if c := readFields(fields, 0); c.token != "" {
		t.Errorf("%q is read as the token %q, from no source", fields, c.token)
	}
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

func checkCredential(t *testing.T, c credential, fields []string, from sources) {
	t.Helper()
	var token string
	malformed := len(fields) > 1
	if len(fields) == 1 {
		token = tokenIn(fields[0], from)
		begin := schemeForm.FindString(fields[0])
		rest := fields[0][len(begin):]
		ours := from.has(bearerTokens) && strings.EqualFold(begin, "Bearer") || from.has(basicTokens) && strings.EqualFold(begin, "Basic")
		malformed = begin == "" || ours && token == "" ||
			!ours && strings.Contains(rest, ",") && joinedForm[from].MatchString(rest)
	}
	if c.token != token || (c.malformed != "") != malformed {
		t.Errorf("%q is read as the token %q, malformed: %q; want %q, malformed: %t", fields, c.token, c.malformed, token, malformed)
	}
	// What is kept is the only field, and never one that is malformed.
	if token != "" && c.field != fields[0] || c.field != "" && (malformed || c.field != fields[0]) {
		t.Errorf("%q is kept as %q", fields, c.field)
	}
}

// tokenIn is the token of a field that is as it should be, or "".
func tokenIn(field string, from sources) string {
	if parts := bearerForm.FindStringSubmatch(field); parts != nil && from.has(bearerTokens) {
		return parts[2]
	}
	parts := basicForm.FindStringSubmatch(field)
	if parts == nil || !from.has(basicTokens) || len(parts[2]) > maxBasic {
		return ""
	}
	pair, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || base64.StdEncoding.EncodeToString(pair) != parts[2] {
		return ""
	}
	if password := pairForm.FindSubmatch(pair); password != nil {
		return string(password[1])
	}
	return ""
}
