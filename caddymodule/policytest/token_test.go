package policytest

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// asked is a gateway that keeps what it was asked, and allows it.
type asked struct {
	request *http.Request
	now     time.Time
}

func (*asked) Warnings() []string { return nil }
func (*asked) Rules() []Rule      { return nil }

func (*asked) Host() (string, error) { return "localhost", nil }

func (a *asked) Walk(_ context.Context, r *http.Request, now time.Time) (*walk.Walk, error) {
	a.request, a.now = r, now
	return &walk.Walk{Outcome: walk.Allowed}, nil
}

// askOne returns what the last case of a file asks.
func askOne(t *testing.T, text string) *asked {
	t.Helper()
	s := parseSuite([]byte(text), reasons(), openTestFile)
	if s.count > 0 {
		t.Fatal(s.faults)
	}
	a := new(asked)
	if c := s.cases[len(s.cases)-1].ask(t.Context(), a); !c.Passed {
		t.Fatal(c.Problems)
	}
	return a
}

// parts are the header, the payload and the signature of a token.
func (a *asked) parts(t *testing.T) (header, payload, signature string) {
	t.Helper()
	bearer, ok := strings.CutPrefix(a.request.Header.Get("Authorization"), "Bearer ")
	segments := strings.Split(bearer, ".")
	if !ok || len(segments) != 3 {
		t.Fatalf("no token: %q", a.request.Header)
	}
	var decoded [3]string
	for i, segment := range segments {
		text, err := base64.RawURLEncoding.Strict().DecodeString(segment)
		if err != nil {
			t.Fatal(err)
		}
		decoded[i] = string(text)
	}
	return decoded[0], decoded[1], decoded[2]
}

// The payload of a case, byte by byte. now is 2026-04-21T08:00:00Z, which is
// 1776758400.
func TestPayload(t *testing.T) {
	const (
		rest     = `"iat":1776758400,"jti":"5488e298-0a47-4c5b-80d7-6b4ab8a4cede"`
		defaults = `"exp":1776758700,` + rest
	)
	for _, tt := range []struct {
		name        string
		shared, own string // lines of YAML
		want        string
	}{
		{"the defaults", "", "", `{` + defaults + `}`},
		{"a principal", "claims: {sub: 'arn:aws:iam::012345678901:role/a'}", "", `{"exp":1776758700,"https://sts.amazonaws.com/":{"aws_account":"012345678901","principal_id":"arn:aws:iam::012345678901:role/a"},` + rest + `,"sub":"arn:aws:iam::012345678901:role/a"}`},
		{"no principal", "claims: {sub: nobody}", "", `{` + defaults + `,"sub":"nobody"}`},
		{"an account of its own", "claims: {sub: 'arn:aws:iam::012345678901:role/a'}", "claims: {aws: {aws_account: a, principal_id: null}}", `{"exp":1776758700,"https://sts.amazonaws.com/":{"aws_account":"a"},` + rest + `,"sub":"arn:aws:iam::012345678901:role/a"}`},
		{"nothing of AWS", "claims: {sub: 'arn:aws:iam::012345678901:role/a', aws: {org_id: a}}", "claims: {aws: null}", `{` + defaults + `,"sub":"arn:aws:iam::012345678901:role/a"}`},
		{"AWS as a string", "claims: {sub: 'arn:aws:iam::012345678901:role/a'}", "claims: {aws: a}", `{"exp":1776758700,"https://sts.amazonaws.com/":"a",` + rest + `,"sub":"arn:aws:iam::012345678901:role/a"}`},
		{"exp follows iat", "", "claims: {iat: -10m}", `{"exp":1776758100,"iat":1776757800,"jti":"5488e298-0a47-4c5b-80d7-6b4ab8a4cede"}`},
		{"times in all forms", "", "claims: {iat: 1776758399, exp: 2026-04-21T10:05:00+02:00, nbf: +5s, jti: null}", `{"exp":1776758700,"iat":1776758399,"nbf":1776758405}`},
		{"no times", "", "claims: {iat: null, exp: null, jti: null}", `{}`},
		{"no iat", "", "claims: {iat: null, jti: null}", `{"exp":1776758700}`},
		{"an iat that is no integer", "", "claims: {iat: 1.5, jti: null}", `{"exp":1776758700,"iat":1.5}`},
		{"a session", "", "claims: {aws: {original_session_exp: 1h}}", `{"exp":1776758700,"https://sts.amazonaws.com/":{"original_session_exp":"2026-04-21T09:00:00Z"},` + rest + `}`},
		{"a session that ends at a time", "", "claims: {aws: {original_session_exp: 2026-04-21T09:00:00Z}}", `{"exp":1776758700,"https://sts.amazonaws.com/":{"original_session_exp":"2026-04-21T09:00:00Z"},` + rest + `}`},
		{"merged", "claims: {a: {b: 1, c: {d: 2}, e: [1, 2]}, f: 3}", "claims: {a: {c: {g: 4}, e: [5], b: {h: 6}}, f: null}", `{"a":{"b":{"h":6},"c":{"d":2,"g":4},"e":[5]},` + defaults + `}`},
		{"null brings no default back", "claims: {jti: null}", "claims: {a: 1}", `{"a":1,"exp":1776758700,"iat":1776758400}`},
		{"what null removed is given", "claims: {jti: null, a: null}", "claims: {jti: b, a: {c: 1}}", `{"a":{"c":1},"exp":1776758700,"iat":1776758400,"jti":"b"}`},
		{"a claims file", "claims_file: token.json\nclaims: {b: 1}", "claims: {c: 2}", `{"b":1,"c":2,"exp":1776758700,"iat":1776758400,"jti":"a"}`},
		{"as written", "", `claims: {jti: "<é>", a: 12345678901234567890123, b: 1.50, c: yes, d: [~, true], e: 2026-04-21, f: "1"}`, `{"a":12345678901234567890123,"b":1.50,"c":"yes","d":[null,true],"e":"2026-04-21",` + `"exp":1776758700,"f":"1","iat":1776758400,"jti":"<é>"}`},
		{"a clock of the file", "now: 2026-04-21T08:00:01Z", "claims: {jti: null}", `{"exp":1776758701,"iat":1776758401}`},
		{"a clock of the case", "now: 2026-04-21T08:00:01Z\nclaims: {exp: 1s}", "now: 2026-04-21T08:00:02Z\n    claims: {jti: null}", `{"exp":1776758403,"iat":1776758402}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.shared + "\ncases:\n  - name: a\n    want: {outcome: allowed}\n    " + tt.own + "\n"
			if _, got, _ := askOne(t, text).parts(t); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A case leaves the claims of its file as they are for the next one.
func TestCasesAreApart(t *testing.T) {
	text := head + "cases:\n" +
		"  - {name: a, want: {outcome: allowed}, claims: {aws: {principal_tags: {team: null, a: b}, original_session_exp: 1h}}, request: {headers: {X-A: b}}}\n" +
		"  - {name: b, want: {outcome: allowed}}\n"
	s := parseSuite([]byte(text), reasons(), openTestFile)
	for _, c := range s.cases {
		c.ask(t.Context(), new(asked))
	}
	a := new(asked)
	s.cases[1].ask(t.Context(), a)
	_, payload, _ := a.parts(t)
	if !strings.Contains(payload, `"principal_tags":{"environment":"production","team":"orders"}`) || strings.Contains(payload, "original") || a.request.Header.Get("X-A") != "" {
		t.Errorf("got %s, %q", payload, a.request.Header)
	}
}

func TestTokenHeader(t *testing.T) {
	for _, tt := range []struct {
		line, header string
		signature    int
	}{
		{"", `{"alg":"ES384","kid":"EC384_0","typ":"JWT"}`, 96},
		{"header: {alg: RS256, kid: RSA_0}", `{"alg":"RS256","kid":"RSA_0","typ":"JWT"}`, 256},
		{"header: {alg: none, typ: null, crit: [a]}", `{"alg":"none","crit":["a"],"kid":"EC384_0"}`, 96},
	} {
		header, _, signature := askOne(t, oneCase(tt.line)).parts(t)
		if header != tt.header || len(signature) != tt.signature {
			t.Errorf("%s: got %s and %d bytes, want %s and %d", tt.line, header, len(signature), tt.header, tt.signature)
		}
	}
}

func TestRequest(t *testing.T) {
	const shared = "request: {method: PUT, host: 'a.example:8080', path: '/a%2Fb?c=d', remote_ip: '2001:db8::1', headers: {x-a: b, X-C: 1}}\n"
	for _, tt := range []struct {
		name, text string
		want       string // method, host, path, query, remote address, fields
	}{
		{"the defaults", oneCase("no_token: true"), "GET localhost / '' 203.0.113.9:40000 map[]"},
		{"those of the file", shared + oneCase("no_token: true"), "PUT a.example:8080 /a%2Fb 'c=d' [2001:db8::1]:40000 map[X-A:[b] X-C:[1]]"},
		{"those of the case", shared + oneCase("no_token: true\n    request: {path: /, headers: {X-A: null, x_a: yes, X-C: ''}}"), "PUT a.example:8080 / '' [2001:db8::1]:40000 map[X-C:[] X_a:[yes]]"},
		{"a raw credential", oneCase("authorization: ' Basic  YTpi '"), "GET localhost / '' 203.0.113.9:40000 map[Authorization:[Basic  YTpi]]"},
		{"no path", oneCase("no_token: true\n    request: {method: OPTIONS, path: '*'}"), "OPTIONS localhost * '' 203.0.113.9:40000 map[]"},
		{"an authority in the path", oneCase("no_token: true\n    request: {path: //b.example/c}"), "GET localhost //b.example/c '' 203.0.113.9:40000 map[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := askOne(t, tt.text).request
			if got := describe(r); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if r.Body == nil || r.Context() != t.Context() || r.RequestURI == "" || !r.ProtoAtLeast(1, 1) {
				t.Error("it is not a request as servers make them")
			}
		})
	}
}

func describe(r *http.Request) string {
	return fmt.Sprintf("%s %s %s '%s' %s %v", r.Method, r.Host, r.URL.EscapedPath(), r.URL.RawQuery, r.RemoteAddr, r.Header)
}
