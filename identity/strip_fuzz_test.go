package identity

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The fuzz targets of this package judge names by oracle alone: it folds them as
// CGI does and shares nothing with sameName.

func fuzzHeaders(f *testing.F) *Headers {
	f.Helper()
	return mustNew(f, Config{DefaultHeaders: true, Headers: []Header{{"X-Team", "a"}}})
}

// also is what an earlier handler set in the requests of the fuzz targets.
const also = "X-Also"

func oursByOracle(name string) bool {
	o := oracle(name)
	return strings.HasPrefix(o, "X_AWS_TOKEN_") || o == "X_TEAM" || o == "X_ALSO"
}

// keptByOracle are those that no list and no trailer may name.
func keptByOracle(name string) bool { return oursByOracle(name) || oracle(name) == "AUTHORIZATION" }

func isListByOracle(field string) bool {
	return slices.Contains([]string{"CONNECTION", "PROXY_CONNECTION", "TRAILER"}, oracle(field))
}

// No spelling of a managed name is left, and nothing else is lost.
func FuzzStrip(f *testing.F) {
	for _, seed := range [][2]string{
		{"X-Aws-Token-Sub", "x_aws_token_sub"}, {"X.TEAM", "X-Team"}, {"x team", "X-Also"}, {"x_also", "X-Alsó"}, {"\xffX-Team", "X-Team\x00"},
		{"X-Aws-Token-", "X-Aws-Token"}, {"X-Aws-Tokens", "XAwsTokenSub"}, {"X!Aws~Token|é", "X\u2010Team"}, {"authorization", "Authorization"},
		{"connection", "Proxy_Connection"}, {"Accept", ""}, {"X-TeaM", "X-Te\u212Am"},
	} {
		f.Add(seed[0], seed[1], "X-Team, a", "value")
	}
	h := fuzzHeaders(f)
	f.Fuzz(func(t *testing.T, one, other, value, second string) {
		r := &http.Request{
			Header:  http.Header{one: {value, second}, other: {second}, "X-Kept": {"a"}},
			Trailer: http.Header{one: nil, other: {second}, "X-Kept": nil},
		}
		header, trailer := r.Header.Clone(), r.Trailer.Clone()
		h.Strip(r, also)
		for name, values := range header {
			got, there := r.Header[name]
			switch {
			case oursByOracle(name) && there:
				t.Errorf("the field %q is left", name)
			case oursByOracle(name) || isListByOracle(name): // FuzzLists looks at lists
			case !slices.Equal(got, values):
				t.Errorf("%q is %q, and was %q", name, got, values)
			}
		}
		maps.DeleteFunc(trailer, func(name string, _ []string) bool { return keptByOracle(name) })
		if !reflect.DeepEqual(r.Trailer, trailer) {
			t.Errorf("the trailers are %q, want %q", r.Trailer, trailer)
		}
		once := r.Header.Clone()
		if h.Strip(r, also); !reflect.DeepEqual(r.Header, once) {
			t.Errorf("a second Strip changed %q to %q", once, r.Header)
		}
	})
}

// No list names a managed field, and all other elements are there, in order.
func FuzzLists(f *testing.F) {
	for _, seed := range [][3]string{
		{"Connection", "X-Aws-Token-Sub", "close"}, {"connection", "Upgrade, x_team", ""}, {"CONNECTION", "\t X-Also \r\n,\v\x00x.team\x7f, close", ",,"},
		{"Proxy-Connection", "keep-alive , X_Other,,", "x aws token sub"}, {"proxy_connection", "authorization,Authorization;q=1", "a"}, {"Trailer", "X-Team;q=1", "X-Sum, X-Team"},
		{"trailer", "\"X-Team\"", "X-Team\xa0"}, {"Connections", "X-Team", "X-Team"}, {"Accept", "X-Team", ""}, {"X-Team", "X-Team", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	h := fuzzHeaders(f)
	f.Fuzz(func(t *testing.T, field, first, second string) {
		lists := []string{first, second}
		r := &http.Request{Header: http.Header{field: slices.Clone(lists)}}
		h.Strip(r, also)
		got, there := r.Header[field]
		switch {
		case oursByOracle(field):
			if there {
				t.Errorf("the field %q is left", field)
			}
			return
		case !isListByOracle(field):
			if !slices.Equal(got, lists) {
				t.Errorf("%q is %q, and was %q", field, got, lists)
			}
			return
		}
		left := elements(lists)
		kept := slices.DeleteFunc(slices.Clone(left), keptByOracle)
		if !slices.Equal(elements(got), kept) {
			t.Errorf("%s: %q became %q, want %q", field, lists, got, kept)
		}
		if len(kept) == len(left) && !slices.Equal(got, lists) {
			t.Errorf("%s: %q became %q without need", field, lists, got)
		}
		// A list that named ours alone goes, and with the last of them the field.
		others := slices.DeleteFunc(slices.Clone(lists), func(list string) bool {
			named := elements([]string{list})
			return len(named) > 0 && !slices.ContainsFunc(named, func(name string) bool { return !keptByOracle(name) })
		})
		if len(got) != len(others) || there != (len(others) > 0) {
			t.Errorf("%s: %q became %q, of which %d should be left", field, lists, got, len(others))
		}
	})
}

// controls are the control characters of ASCII, and its space.
var controls = func() string {
	text := []byte{0x7F}
	for c := range byte('!') {
		text = append(text, c)
	}
	return string(text)
}()

// elements reads lists as the reader does that cuts most: white space of
// Unicode, and control characters of ASCII.
func elements(lists []string) (all []string) {
	for element := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		for cut := ""; cut != element; {
			cut = element
			element = strings.Trim(strings.TrimSpace(element), controls)
		}
		if element != "" {
			all = append(all, element)
		}
	}
	return all
}
