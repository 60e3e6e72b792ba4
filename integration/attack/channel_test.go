package attack

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// o1: whatever the gateway writes, it writes no part of a token. All logs and
// answers of the whole suite are searched in the end; these probes go through
// the further ways out, with good tokens and bad ones.
func o1() []probe {
	probes := []probe{
		{name: "access log", script: channel{site: "log\n" + plain, marker: "handled request"}.run},
		{name: "access log of a field", script: channel{site: "log\nlog_append authorization {http.request.header.Authorization}\nlog_append caller {http.auth.user.id}\n" + plain, marker: `"caller":"` + ordersRole + `","authorization":""`}.run},
		{name: "error routes", script: channel{site: plain + "\nhandle_errors {\ntemplates\nrespond `" + everything + "`\n}", marker: "reason(bad_signature)", answers: true}.run},
		{name: "what comes behind", script: channel{site: aroundPlain("templates\nrespond `" + everything + "`"), marker: "sub(" + ordersRole + ")", answers: true}.run},
		{name: "explained errors", script: channel{site: strings.Replace(plain, "audience", "explain_errors\naudience", 1), marker: "error_description", answers: true}.run},
		{name: "upstream that is down", script: channel{site: aroundPlain("reverse_proxy 127.0.0.1:1 127.0.0.1:2 {\nlb_retries 2\n}"), marker: "connection refused"}.run},
		{name: "upstream that is down, token handed on", script: channel{site: strings.Replace(aroundPlain("reverse_proxy 127.0.0.1:1 127.0.0.1:2 {\nlb_retries 2\n}"),
			"audience", "forward_token\naudience", 1), marker: "connection refused"}.run},
		{name: "panic behind", script: channel{site: strings.Replace(aroundPlain("respond x 5"), "audience", "forward_token\naudience", 1), marker: "invalid WriteHeader code 5"}.run},
		{name: "panic in error routes", script: channel{site: plain + "\nhandle_errors {\nrespond x 5\n}", marker: "invalid WriteHeader code 5"}.run},
		{name: "token handed on", script: tokenHandedOn},
		{name: "an upstream that breaks off", script: brokenOff},
		{name: "metrics", script: adminPage("/metrics", "caddy_http_request")},
		{name: "configuration", script: adminPage("/config/", "orders.internal")},
		{name: "goroutines", script: adminPage("/debug/pprof/goroutine?debug=2", "caddymodule.(*Handler).ServeHTTP")},
		{name: "allocations", script: adminPage("/debug/pprof/allocs?debug=1&gc=1", "caddymodule")},
		{name: "variables", script: adminPage("/debug/vars", "memstats")},
		{name: "upstreams", script: adminPage("/reverse_proxy/upstreams", "num_requests")},
		{name: "decisions", script: adminPage("/aws_jwt/decisions?limit=1000", "bad_signature")},
		{name: "issuers", script: adminPage("/aws_jwt/issuers", "listed_in")},
		{name: "traces", script: traces},
		{name: "fetches", script: fetchesOfKeys},
		{name: "a dump of goroutines", script: dump},
	}
	return probes
}

// aroundPlain is plain with something else in the place of its proxy.
func aroundPlain(handlers string) string {
	return strings.Replace(plain, "reverse_proxy UPSTREAM", handlers, 1)
}

// everything is whatever a template or a placeholder may say of a request.
const everything = `error({http.error} {http.error.message} {http.error.trace} {http.error.id} {http.error.status_text})
 reason({aws_jwt.reason}) rule({aws_jwt.rule}) sub({aws_token.sub}) user({http.auth.user.id}) claims({aws_token.claims})
 header({http.request.header.Authorization} {http.request.header.authorization} {http.request.header.Proxy-Authorization} {http.request.header.Cookie})
 request({http.request} {http.request.body} {http.request.uri} {http.request.orig_uri} {http.request.uuid} {http.request.remote} {http.vars.authorization})
 response({http.response.header.WWW-Authenticate} {http.reverse_proxy.header.Authorization}) own({aws_token.token} {aws_jwt.token} {aws_jwt.credential} {aws_token})
 go({{.Req.Header}} {{printf "%+v" .Req}} {{.OriginalReq}} {{.RespHeader}} {{placeholder "http.request.header.Authorization"}} {{.Req.Context}})`

// credentials are the tokens that the probes send, good and bad.
func credentials() map[string]string {
	good, other := strings.Split(mint(nil), "."), strings.Split(mint(nil), ".")
	return map[string]string{
		"good":        strings.Join(good, "."),
		"expired":     mint(func(p *parts) { p.claims["exp"], p.claims["iat"] = 1000000300, 1000000000 }),
		"forged":      good[0] + "." + good[1] + "." + other[2],
		"swapped":     good[0] + "." + other[1] + "." + good[2],
		"stranger's":  mintAs(strangerAccount, nil),
		"unknown key": mint(func(p *parts) { p.header["kid"] = "unknown" }),
		"malformed":   good[0] + "." + good[1],
		"one part":    good[2],
		"four parts":  strings.Join(good, ".") + "." + other[2],
		"header":      "x" + strings.Join(good, "."),
		"oversized":   canaries.note(strings.Join(good, ".") + strings.Repeat(other[2], 150)),
	}
}

// attempts are the ways in which each token is sent.
func attempts(token string) []request {
	bearer := field{"Authorization", "Bearer " + token}
	return []request{
		call(token),
		{fields: []field{{"Authorization", "Bearer  " + token}}},
		{fields: []field{{"Authorization", token}}},
		{fields: []field{{"Authorization", "Basic " + token}}},
		{fields: []field{{"Authorization", "Bearer " + token + ", Bearer " + token}}},
		{fields: []field{bearer, bearer}},
		{fields: []field{bearer, {"Upgrade", "websocket"}}},
		{method: http.MethodPost, fields: []field{bearer}, body: "a body"},
		{method: http.MethodOptions, fields: []field{bearer}},
	}
}

// noise sends all that, over each protocol, and returns what the gateway
// answered.
func (g *gate) noise(t *testing.T) string {
	t.Helper()
	var answers strings.Builder
	for _, token := range credentials() {
		for n, r := range attempts(token) {
			by := every
			if n > 0 {
				by = []protocol{h1, h2}
			}
			for _, p := range by {
				if hasField(r.fields, "Upgrade") && p == h2 {
					continue // HTTP/2 has no such field
				}
				a := g.send(t, p, r)
				fmt.Fprintln(&answers, a.status, a.header, a.body)
			}
		}
	}
	return answers.String()
}

// silent asserts that a text holds no part of a token. What it must hold shows
// that it was written at all, and a token that is planted in it, that one would
// be found there.
func silent(t *testing.T, where, text string, markers ...string) {
	t.Helper()
	if !contains(text, markers...) {
		t.Errorf("%s lacks one of %q, so it shows nothing: %.500s", where, markers, text)
	}
	planted := text[:len(text)/2] + strings.Split(mint(nil), ".")[1] + text[len(text)/2:]
	canaries.mu.Lock()
	defer canaries.mu.Unlock()
	if piece := canaries.find(text); piece != "" {
		t.Errorf("%s holds %q of a token", where, piece)
	}
	if canaries.find(planted) == "" {
		t.Errorf("%s: the search does not find what is there", where)
	}
}

// channel is a site that writes much of what it sees.
type channel struct {
	site    string
	marker  string
	answers bool // the marker is in the answers, and not in the log
}

func (c channel) run(t *testing.T) {
	t.Parallel()
	g := newGate(t, c.site)
	answers := g.noise(t)
	eventually(t, "the log is written", func() bool { return contains(strings.Join(g.gateway.Log(), "\n"), "refused", `"allowed"`) })
	log := strings.Join(g.gateway.Log(), "\n")
	if c.answers {
		silent(t, "the answers", answers, c.marker)
		silent(t, "the log", log, "refused", `"allowed"`, ordersRole)
	} else {
		silent(t, "the answers", answers, "map[")
		silent(t, "the log", log, "refused", `"allowed"`, ordersRole, c.marker)
	}
	silent(t, "the directory", g.written(t), "audience orders.internal")
}

// written is all files in the gateway's directory.
func (g *gate) written(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(filepath.Dir(g.gateway.LogFile()), func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			fmt.Fprintln(&all, path, readFile(t, path))
		}
		return nil // what comes and goes is no fault
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// tokenHandedOn: forward_token hands a token on to the upstream, where the
// search finds it, and to nobody else.
func tokenHandedOn(t *testing.T) {
	t.Parallel()
	g := newGate(t, "log\n"+strings.Replace(plain, "audience", "forward_token\naudience", 1))
	answers := g.noise(t)
	canaries.mu.Lock()
	arrived := canaries.find(fmt.Sprint(g.upstream.Seen()))
	canaries.mu.Unlock()
	if arrived == "" {
		t.Error("the token did not arrive at the upstream, so its absence elsewhere shows nothing")
	}
	silent(t, "the answers", answers, "200")
	silent(t, "the log", strings.Join(g.gateway.Log(), "\n"), "upstream roundtrip", "handled request")
}
