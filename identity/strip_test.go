package identity

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestStripRemovesEverySpelling(t *testing.T) {
	h := mustNew(t, Config{Headers: []Header{{"X-Team-Name", "a"}}})
	for _, test := range []struct {
		key     string
		managed bool
	}{
		{"X-Aws-Token-Sub", true},
		{"x-aws-token-sub", true},
		{"X-AWS-TOKEN-SUB", true},
		{"X_Aws_Token_Sub", true},
		{"X.Aws.Token.Sub", true},
		{"X Aws Token Sub", true},
		{"x_aws-token.sub", true},
		{"X!Aws~Token|Sub", true},
		{"X-Aws-Token-", true},
		{"X-Aws-Token-Never-Heard-Of", true},
		{"X-Aws-Token-\xc3\xa9", true},
		{"X-Team-Name", true},
		{"x_team.NAME", true},
		{"X-Also", true},
		{"x_also", true},
		{"X-Aws-Token", false},
		{"X-Aws-Tokens-Sub", false},
		{"XAwsTokenSub", false},
		{"X-Xws-Token-Sub", false},
		{"Aws-Token-Sub", false},
		{"X-Team-Name-2", false},
		{"X-Team", false},
		{"X-Tea1-Name", false},
		{"X-Alsó", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = http.Header{test.key: {"forged", "twice"}, "Accept": {"*/*"}}
		h.Strip(r, "X-Also")
		if _, there := r.Header[test.key]; there == test.managed {
			t.Errorf("%q: still there: %t", test.key, there)
		}
		if r.Header.Get("Accept") != "*/*" {
			t.Errorf("%q: Accept went too", test.key)
		}
	}
}

func TestStripRemovesAllSpellingsAtOnce(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = http.Header{
		"X-Aws-Token-Sub": {"a", "b"}, "x-aws-token-sub": {"c"}, "X_aws_token_sub": {"d"}, "X.aws.token.sub": {"e"},
		"X-Real": {"f"},
	}
	mustNew(t, Config{}).Strip(r)
	if want := (http.Header{"X-Real": {"f"}}); !reflect.DeepEqual(r.Header, want) {
		t.Errorf("got %v, want %v", r.Header, want)
	}
}

func TestStripOfZeroValueRemovesTheNamespace(t *testing.T) {
	for name, h := range map[string]*Headers{"nil": nil, "zero": {}} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("a"))
		r.Header = http.Header{"X-Aws-Token-Sub": {"forged"}, "X-Team": {"kept"}, "Connection": {"x-aws-token-sub, X-Team"}}
		h.Strip(r)
		if want := (http.Header{"X-Team": {"kept"}, "Connection": {"X-Team"}}); !reflect.DeepEqual(r.Header, want) {
			t.Errorf("%s: got %v, want %v", name, r.Header, want)
		}
	}
}

func TestStripTakesEmptyRequests(t *testing.T) {
	r := new(http.Request)
	mustNew(t, Config{DefaultHeaders: true}).Strip(r)
	if r.Header != nil || r.Trailer != nil || r.Body != nil {
		t.Errorf("got %+v", r)
	}
}

func TestStripCleansLists(t *testing.T) {
	h := mustNew(t, Config{Headers: []Header{{"X-Team", "a"}}})
	for _, test := range []struct {
		name     string
		in, want []string // nil: the field goes
	}{
		{"nothing of ours", []string{"keep-alive , X-Other,,  "}, []string{"keep-alive , X-Other,,  "}},
		{"empty already", []string{""}, []string{""}},
		{"alone", []string{"X-Aws-Token-Account-Id"}, nil},
		{"configured", []string{"X-Team"}, nil},
		{"configured, almost", []string{"X-Teams"}, []string{"X-Teams"}},
		{"also", []string{"x_also"}, nil},
		{"beside Upgrade", []string{"Upgrade, X-Aws-Token-Sub"}, []string{"Upgrade"}},
		{"before Upgrade", []string{"X-Aws-Token-Sub, Upgrade"}, []string{"Upgrade"}},
		{"between", []string{"close,X-Aws-Token-Sub,Upgrade"}, []string{"close,Upgrade"}},
		{"others as they were", []string{"cLose ,\tX-Aws-Token-Sub,  X_Other"}, []string{"cLose ,  X_Other"}},
		{"several lines", []string{"close", "X-Aws-Token-Sub", "Upgrade, x-team"}, []string{"close", "Upgrade"}},
		{"several lines, ours alone", []string{"x-aws-token-jti", "X-Aws-Token-Sub,x_team"}, nil},
		{"twice in a line", []string{"X-Team,close,X-Team"}, []string{"close"}},
		{"empty elements", []string{",,X-Team,, ,"}, nil},
		{"empty elements and another", []string{",,X-Team,, a,"}, []string{",,, a,"}},
		{"spaces that are not ASCII", []string{"\u00a0X-Team, \u2003x.team\u0085, close"}, []string{"close"}},
		{"odd white space", []string{"\t X-Team \r\n,\v\x00x_team\x7f, close"}, []string{"close"}},
		{"other spellings", []string{"x.aws_token sub, close"}, []string{"close"}},
	} {
		for _, field := range []string{"Connection", "connection", "CONNECTION", "Proxy-Connection", "proxy_connection", "Trailer", "trailer"} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			original := slices.Clone(test.in)
			r.Header = http.Header{field: original}
			h.Strip(r, "X-Also")
			if got := r.Header[field]; !slices.Equal(got, test.want) || (got == nil) != (test.want == nil) {
				t.Errorf("%s in %s: got %q, want %q", test.name, field, got, test.want)
			}
			if !slices.Equal(original, test.in) {
				t.Errorf("%s in %s: the list was changed in place", test.name, field)
			}
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = http.Header{"Accept": test.in}
		h.Strip(r, "X-Also")
		if got := r.Header["Accept"]; !slices.Equal(got, test.in) {
			t.Errorf("%s in Accept: got %q", test.name, got)
		}
	}
}

func TestStripCleansAnnouncedTrailers(t *testing.T) {
	h := mustNew(t, Config{Headers: []Header{{"X-Team", "a"}}})
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("a"))
	r.Trailer = http.Header{"X-Team": nil, "x_aws_token_sub": {"forged"}, "X-Also": nil, "X-Checksum": nil}
	shared := r.WithContext(r.Context()).Trailer
	h.Strip(r, "X-Also")
	if got := slices.Collect(maps.Keys(shared)); !slices.Equal(got, []string{"X-Checksum"}) {
		t.Errorf("a copy of the request announces %q", got)
	}
}

func TestStripThenSetKeepsOurValue(t *testing.T) {
	h := mustNew(t, Config{DefaultHeaders: true})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Aws-Token-Account-Id", "999999999999")
	r.Header["Connection"] = []string{"X-Aws-Token-Account-Id"}
	h.Strip(r)
	if err := h.Set(r.Header, testToken(), nil); err != nil {
		t.Fatal(err)
	}
	for _, list := range r.Header["Connection"] { // as a proxy does it
		for name := range strings.SplitSeq(list, ",") {
			r.Header.Del(strings.TrimSpace(name))
		}
	}
	if got := r.Header["X-Aws-Token-Account-Id"]; !slices.Equal(got, []string{"123456789012"}) {
		t.Errorf("got %q", got)
	}
}

// oracle names a field as a CGI program sees it, written apart from sameName.
func oracle(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z':
			b.WriteByte(c - 32)
		case c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
			b.WriteByte(c)
		default:
			b.WriteByte('_')
		}
	}
	return b.String()
}
