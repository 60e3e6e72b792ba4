package celpolicy

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

func TestHostname(t *testing.T) {
	for host, want := range map[string]string{
		"":                   "",
		"api.example":        "api.example",
		"API.Example":        "api.example",
		"api.example:443":    "api.example",
		"api.example:":       "api.example",
		"10.0.0.1:80":        "10.0.0.1",
		"[2001:DB8::1]":      "2001:db8::1",
		"[2001:DB8::1]:8443": "2001:db8::1",
		"2001:db8::1":        "2001:db8::1",
		"[broken":            "broken",
		"broken]":            "broken",
		"a:b:c":              "a:b:c",
		"\u212Aelvin":        "\u212Aelvin",
	} {
		if got := hostname(host); got != want {
			t.Errorf("hostname(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestPath(t *testing.T) {
	tests := []struct {
		escaped string
		want    string // "" when unsafe
	}{
		{"", "/"}, {"/", "/"}, {"*", "*"}, {"/a", "/a"}, {"/a/", "/a/"}, {"/a/b", "/a/b"}, {"/A/b", "/A/b"},
		{"/a%20b", "/a b"}, {"/%C3%A9", "/é"}, {"/%61", "/a"}, {"/a;x=1", "/a;x=1"}, {"/a..b", "/a..b"}, {"/...", "/..."},
		{"/.well-known/x", "/.well-known/x"}, {"/a+b", "/a+b"}, {"/%252f", "/%2f"}, {"/a?b", "/a?b"}, {"/a%3Fb", "/a?b"},
		{"/a;..", "/a;.."}, {"/..a;b", "/..a;b"},

		{"//", ""}, {"//a", ""}, {"/a//b", ""}, {"/a//", ""}, {"/.", ""}, {"/..", ""}, {"/./a", ""}, {"/a/.", ""},
		{"/a/./b", ""}, {"/a/../b", ""}, {"/a/..", ""}, {"/a/../", ""}, {"/../a", ""},
		{"/%2e", ""}, {"/a/%2e%2e/b", ""}, {"/a/.%2E/b", ""}, {"/a/%2e/b", ""}, {"/a%2fb", ""}, {"/a%2Fb", ""}, {"/a/%2f", ""},
		{"/a/..;/b", ""}, {"/a/..;x=1/b", ""}, {"/a/.;/b", ""}, {"/a/%2e%2e;/b", ""}, {"/a/..%3b/b", ""}, {"/;/admin", ""}, {"/;x/admin", ""}, {"/a/;x/b", ""}, {"/a/;x", "/a/;x"},
		{`/a\b`, ""}, {"/a%5cb", ""}, {"/a%5Cb", ""}, {`/..\b`, ""},
		{"/a\x00", ""}, {"/a%00", ""}, {"/a\n", ""}, {"/a%0a", ""}, {"/a%0D%0Ab", ""}, {"/a\x7f", ""}, {"/a%7f", ""}, {"/a%1fb", ""}, {"/a%C2%85b", ""},
		{"/a%", ""}, {"/a%2", ""}, {"/a%zz", ""}, {"/%c0%af", ""}, {"/%ff", ""}, {"/\xff", ""},
		{"a", ""}, {"a/b", ""}, {"**", ""}, {" /a", ""}, {"%2a", ""}, {"%2fa", ""}, {"http://x/", ""},
	}
	reads := mustCompile(t, allowRule(`request.path != ""`))
	ignores := mustCompile(t, allowRule(`request.method == ""`))
	if !reads.ReadsPath() || ignores.ReadsPath() {
		t.Fatal("ReadsPath is wrong")
	}
	for _, tt := range tests {
		got, problem := decodePath(tt.escaped)
		if got != tt.want || (problem == "") != (tt.want != "") {
			t.Errorf("decodePath(%q) = %q, %q, want %q", tt.escaped, got, problem, tt.want)
		}
		r := Request{EscapedPath: tt.escaped}
		d := reads.Evaluate(context.Background(), &awstoken.Token{}, r)
		if tt.want == "" && (d.Allowed || d.Reason != ReasonUnsafePath || d.Rule != "" || !strings.Contains(d.Hint, problem)) || tt.want != "" && !d.Allowed {
			t.Errorf("%q: %+v", tt.escaped, d)
		}
		if d := ignores.Evaluate(context.Background(), &awstoken.Token{}, r); !d.Allowed {
			t.Errorf("%q: a policy that does not read the path says %+v", tt.escaped, d)
		}
	}
}

// What the policy saw is what an upstream that cleans the path would see.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/", "/a/../b", "/a%2fb", "/a//b", "/%2e%2e/", "/a;b", `/\`, "/%00", "*", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, escaped string) {
		decoded, problem := decodePath(escaped)
		if problem != "" {
			return
		}
		if decoded != "*" && cleanPath(decoded) != decoded {
			t.Errorf("%q is read as %q, which cleaning changes", escaped, decoded)
		}
		if strings.ContainsAny(decoded, "\\\x00\r\n") || decoded != "*" && decoded[0] != '/' {
			t.Errorf("%q is read as %q", escaped, decoded)
		}
		again, problem := decodePath((&url.URL{Path: decoded}).EscapedPath())
		if decoded != "*" && (again != decoded || problem != "") {
			t.Errorf("%q is read as %q, which is read as %q: %s", escaped, decoded, again, problem)
		}
	})
}

func TestReadsPath(t *testing.T) {
	for rule, want := range map[string]bool{
		`request.path == "/"`:                             true,
		`.request.path == "/"`:                            true,
		"request.`path` == \"/\"":                         true,
		`has(request.path)`:                               true,
		`[1].all(x, request.path.startsWith("/"))`:        true,
		`true || request.path == "/"`:                     true,
		`[request.method].all(path, path != "")`:          false,
		`request.host == "/request.path"`:                 false,
		`aws_token.principal_tags["request.path"] == "/"`: false,
		`aws_token.principal.path == "/"`:                 false,
	} {
		if got := mustCompile(t, allowRule(rule)).ReadsPath(); got != want {
			t.Errorf("%s: ReadsPath() = %t", rule, got)
		}
		if got := mustCompile(t, denyRule(rule)).ReadsPath(); got != want {
			t.Errorf("deny %s: ReadsPath() = %t", rule, got)
		}
	}
}

func TestReadsRemoteIP(t *testing.T) {
	for rule, want := range map[string]bool{
		`request.remote_ip == "192.0.2.1"`:                 true,
		`true || ip_in(request.remote_ip, "192.0.2.0/24")`: true,
		`has(request.remote_ip)`:                           true,
		`request.host == "request.remote_ip"`:              false,
		`true`:                                             false,
	} {
		if got := mustCompile(t, allowRule(rule)).ReadsRemoteIP(); got != want {
			t.Errorf("%s: ReadsRemoteIP() = %t", rule, got)
		}
		shadow := mustCompile(t, Config{Deny: []Rule{{Expression: rule, Shadow: true}}})
		if got := shadow.ReadsRemoteIP(); got != want {
			t.Errorf("deny shadow %s: ReadsRemoteIP() = %t", rule, got)
		}
	}
	if (*Policy)(nil).ReadsRemoteIP() {
		t.Error("no policy reads it")
	}
}

func TestReads(t *testing.T) {
	policy := mustCompile(t, Config{
		Deny:  []Rule{{Expression: `request.method == "request.host"`}},
		Allow: []Rule{{Expression: `[1].exists(i, has(request.path))`, Shadow: true}},
	})
	for variable, want := range map[string]bool{"request.method": true, "request.path": true, "request.host": false, "request": false, "": false} {
		if got := policy.Reads(variable); got != want {
			t.Errorf("Reads(%q) = %t", variable, got)
		}
	}
	if (*Policy)(nil).Reads("request.method") {
		t.Error("no policy reads it")
	}
}

func TestLongRequestText(t *testing.T) {
	long := strings.Repeat("a", MaxTextBytes)
	for rule, edit := range map[string]func(*Request, string){
		`request.path != ""`:   func(r *Request, extra string) { r.EscapedPath = "/" + long[1:] + extra },
		`request.method != ""`: func(r *Request, extra string) { r.Method = long + extra },
		`request.host != ""`:   func(r *Request, extra string) { r.Host = long + extra },
	} {
		p := mustCompile(t, allowRule(rule))
		for extra, want := range map[string]string{"": "allowed", "a": "policy_error"} {
			var r Request
			edit(&r, extra)
			if got := verdict(p.Evaluate(context.Background(), &awstoken.Token{}, r)); got != want {
				t.Errorf("%s with %q more: %s, want %s", rule, extra, got, want)
			}
		}
	}
}
