package caddymodule

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func from(names ...string) func(*Handler) {
	return func(h *Handler) { h.TokenSources = names }
}

func encoded(pair string) string { return base64.StdEncoding.EncodeToString([]byte(pair)) }

func basic(user, password string) string { return "Basic " + encoded(user+":"+password) }

// with is a request with an Authorization field.
func with(fields ...string) *http.Request {
	r := get("")
	r.Header["Authorization"] = fields
	return r
}

// Each scheme is read where it is a source, and is another scheme where it is
// none. Each refused spelling of Basic differs in one thing from one that passes.
func TestTokenSources(t *testing.T) {
	token := goodToken(t)
	good := encoded("aws:" + token)
	padded := encoded(padding(t, token, 1) + ":" + token)
	unpadded := encoded(padding(t, token, 0) + ":" + token)
	const none, malformed = "missing_token", "malformed_request"
	for _, tt := range []struct {
		name                        string
		fields                      []string
		bearerOnly, both, basicOnly string // reasons; "" passes
	}{
		{"Bearer", []string{"Bearer " + token}, "", "", none},
		{"Basic", []string{"Basic " + good}, none, "", ""},
		{"basic in another case", []string{"bAsIc " + good}, none, "", ""},
		{"another user", []string{basic("git", token)}, none, "", ""},
		{"no user", []string{basic("", token)}, none, "", ""},
		{"a user outside of ASCII", []string{basic("é\xff", token)}, none, "", ""},
		{"padding", []string{"Basic " + padded}, none, "", ""},
		{"no padding where none is due", []string{"Basic " + unpadded}, none, "", ""},
		{"nothing", nil, none, none, none},
		{"Digest", []string{"Digest x"}, none, none, none},
		{"a scheme that begins with Basic", []string{"Basics " + good}, none, none, none},

		{"padding left out", []string{"Basic " + strings.TrimRight(padded, "=")}, none, malformed, malformed},
		{"padding too much", []string{"Basic " + unpadded + "="}, none, malformed, malformed},
		{"bits behind the end", []string{"Basic " + withLooseBits(padded)}, none, malformed, malformed},
		{"the alphabet for URLs", []string{"Basic " + strings.Replace(encoded("\xfb:"+token), "+", "-", 1)}, none, malformed, malformed},
		{"two spaces", []string{"Basic  " + good}, none, malformed, malformed},
		{"a tab", []string{"Basic\t" + good}, none, malformed, malformed},
		{"a space behind", []string{"Basic " + good + " "}, none, malformed, malformed},
		{"a line end inside", []string{"Basic " + good[:8] + "\r\n" + good[8:]}, none, malformed, malformed},
		{"Basic alone", []string{"Basic"}, none, malformed, malformed},
		{"Basic and a space", []string{"Basic "}, none, malformed, malformed},
		{"the token without base64", []string{"Basic " + token}, none, malformed, malformed},
		{"the pair without base64", []string{"Basic aws:" + token}, none, malformed, malformed},
		{"no colon", []string{"Basic " + encoded(token)}, none, malformed, malformed},
		{"no password", []string{basic("aws", "")}, none, malformed, malformed},
		{"a colon in the password", []string{basic("aws", "x:"+token)}, none, malformed, malformed},
		{"a space in the password", []string{basic("aws", token+" ")}, none, malformed, malformed},
		{"a newline in the password", []string{basic("aws", token+"\n")}, none, malformed, malformed},
		{"NUL in the user name", []string{basic("a\x00b", token)}, none, malformed, malformed},
		{"a newline in the user name", []string{basic("a\nb", token)}, none, malformed, malformed},
		{"= in the password, which b64token allows and a JWT does not", []string{basic("aws", token+"=")}, none, "malformed_token", "malformed_token"},
		{"the token as user name", []string{basic(token, "x")}, none, "malformed_token", "malformed_token"},

		{"two fields", []string{"Basic " + good, "Basic " + good}, malformed, malformed, malformed},
		{"Bearer beside it", []string{"Basic " + good, "Bearer " + token}, malformed, malformed, malformed},
		{"Bearer behind a comma", []string{"Basic " + good + ", Bearer " + token}, malformed, malformed, malformed},
		{"Basic behind a comma", []string{"Bearer " + token + ", Basic " + good}, malformed, malformed, malformed},
		{"Bearer behind another scheme", []string{"Digest x, Bearer " + token}, malformed, malformed, none},
		{"Basic behind another scheme", []string{"Digest x, Basic " + good}, none, malformed, malformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for sources, reason := range map[string]string{"bearer": tt.bearerOnly, "bearer basic": tt.both, "basic bearer": tt.both, "basic": tt.basicOnly} {
				names := strings.Fields(sources)
				got := serve(t, with(tt.fields...), newHandler(t, from(names...)))
				checkReason(t, got, reason)
				if left := got.sent.Header["Authorization"]; len(left) > 0 {
					t.Errorf("%q is still there", left)
				}
				checkChallenges(t, got, names)
			}
			// The default is bearer alone.
			checkReason(t, serve(t, with(tt.fields...), newHandler(t, nil)), tt.bearerOnly)
		})
	}
}

// padding is a user name before a colon and the token that base64 has to pad with n.
func padding(t *testing.T, token string, n int) string {
	t.Helper()
	for user := ""; len(user) < 3; user += "u" {
		if strings.Count(encoded(user+":"+token), "=") == n {
			return user
		}
	}
	t.Fatal("no user name has this padding")
	return ""
}

// withLooseBits sets a bit that decoders throw away.
func withLooseBits(padded string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := strings.IndexByte(padded, '=') - 1
	return padded[:last] + string(alphabet[strings.IndexByte(alphabet, padded[last])|1]) + padded[last+1:]
}

// checkChallenges asks for one challenge of each source, in order, where one is
// due: Basic's at 401 alone.
func checkChallenges(t *testing.T, got outcome, names []string) {
	t.Helper()
	var want []string
	if reason := got.reason(); reason != "" {
		row := designTable[reason]
		for _, name := range names {
			switch {
			case row.challenge == "":
			case name == "bearer":
				want = append(want, row.challenge)
			case row.status == http.StatusUnauthorized:
				want = append(want, `Basic realm="aws", charset="UTF-8"`)
			}
		}
	}
	if challenges := got.Header().Values("WWW-Authenticate"); !slices.Equal(challenges, want) {
		t.Errorf("sources %v, reason %q: challenges %q, want %q", names, got.reason(), challenges, want)
	}
}

// All refusals send the challenges of their handler's sources.
func TestChallengesOfSources(t *testing.T) {
	for _, p := range provocations {
		for _, names := range [][]string{{"bearer"}, {"bearer", "basic"}, {"basic", "bearer"}} {
			t.Run(p.name+"/"+strings.Join(names, " "), func(t *testing.T) {
				if p.name == "another scheme" && len(names) > 1 {
					return // it is none then
				}
				both := p
				both.config = func(h *Handler) {
					if p.config != nil {
						p.config(h)
					}
					h.TokenSources = names
				}
				got := both.send(t, true)
				if got.reason() != p.reason {
					t.Fatalf("reason %q, want %q", got.reason(), p.reason)
				}
				checkChallenges(t, got, names)
			})
		}
	}
	// With basic alone, and a reason that is told.
	for reason, r := range map[string]*http.Request{"missing_token": get(""), "malformed_request": with("Basic x"), "policy_denied": with(basic("aws", goodToken(t)))} {
		got := serve(t, r, newHandler(t, func(h *Handler) {
			h.TokenSources, h.ExplainErrors, h.Deny = []string{"basic"}, true, []Rule{{Expression: "true"}}
		}))
		checkReason(t, got, reason)
		checkChallenges(t, got, []string{"basic"})
	}
}

// What is decoded is bounded; a token that is over its own bound is too large, in
// Basic as in Bearer.
func TestBasicIsBounded(t *testing.T) {
	h := newHandler(t, from("basic"))
	longest := strings.Repeat("a", verifier.MaxTokenSize)
	user := strings.Repeat("u", maxUserName)
	for _, tt := range []struct{ name, field, reason string }{
		{"the longest token", basic("aws", longest), "malformed_token"},
		{"a byte more", basic("aws", longest+"a"), "too_large"},
		{"the longest user name", basic(user, longest), "malformed_token"},
		{"three bytes more", basic(user+"uuu", longest), "malformed_request"},
		{"a megabyte", "Basic " + strings.Repeat("YTpi", 1<<18), "malformed_request"},
		{"a megabyte of a user", basic(strings.Repeat("u", 1<<20), "x"), "malformed_request"},
		{"a short one", basic("aws", "x"), "malformed_token"},
	} {
		t.Run(tt.name, func(t *testing.T) { checkReason(t, serve(t, with(tt.field), h), tt.reason) })
	}
	c := readFields([]string{"Basic " + strings.Repeat("YTpi", 1<<18)}, basicTokens)
	if !strings.Contains(c.malformed, "at most 23212 are read") {
		t.Errorf("hint %q", c.malformed)
	}
}

// forward_token puts the field back as it came, and no other handler does.
func TestBasicIsForwardedAsItCame(t *testing.T) {
	field := "bASIC " + encoded("some one:"+goodToken(t))
	for forward, want := range map[bool][]string{true: {field}, false: nil} {
		got := serve(t, with(field), newHandler(t, func(h *Handler) { h.TokenSources, h.ForwardToken = []string{"basic"}, forward }))
		if seen := got.upstreamSaw(t)["Authorization"]; !slices.Equal(seen, want) {
			t.Errorf("forward_token %v: the upstream saw %q", forward, seen)
		}
	}
}

// Under optional a scheme that is no source stays where it is, and one that is
// has to be good.
func TestBasicUnderOptional(t *testing.T) {
	token := goodToken(t)
	for _, tt := range []struct {
		name, source, field, reason string
		seen                        []string
	}{
		{"Bearer, where basic is the source", "basic", "Bearer x", "", []string{"Bearer x"}},
		{"Basic, where bearer is the source", "bearer", "Basic YTpi", "", []string{"Basic YTpi"}},
		{"Basic of another, where basic is the source", "basic", "Basic YTpi", "malformed_token", nil},
		{"a good one", "basic", basic("aws", token), "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := serve(t, with(tt.field), newHandler(t, func(h *Handler) { optional(h); h.TokenSources = []string{tt.source} }))
			checkReason(t, got, tt.reason)
			if tt.reason == "" && !slices.Equal(got.upstreamSaw(t)["Authorization"], tt.seen) {
				t.Errorf("the upstream saw %q, want %q", got.seen[0]["Authorization"], tt.seen)
			}
		})
	}
}

// Handlers behind one another read the one credential, each by its own sources.
func TestNestedSources(t *testing.T) {
	token := goodToken(t)
	bearer, password := "Bearer "+token, basic("aws", token)
	mayLack := func(names ...string) func(*Handler) {
		return func(h *Handler) { optional(h); h.TokenSources = names }
	}
	forwards := func(names ...string) func(*Handler) {
		return func(h *Handler) { h.TokenSources, h.ForwardToken = names, true }
	}
	for _, tt := range []struct {
		name     string
		handlers []func(*Handler)
		field    string
		reason   string
		seen     []string // of Authorization, upstream
	}{
		{"both take Basic", []func(*Handler){from("basic"), from("basic")}, password, "", nil},
		{"both take both", []func(*Handler){from("basic", "bearer"), from("bearer", "basic")}, password, "", nil},
		{"the second takes more", []func(*Handler){from("bearer"), from("bearer", "basic")}, bearer, "", nil},
		{"the second takes less", []func(*Handler){from("bearer", "basic"), from("bearer")}, password, "missing_token", nil},
		{"the second takes less, and gets that", []func(*Handler){from("bearer", "basic"), from("bearer")}, bearer, "", nil},
		{"the second takes Bearer alone", []func(*Handler){from("basic"), from("bearer")}, password, "missing_token", nil},
		{"the first may lack it", []func(*Handler){mayLack("bearer"), from("basic")}, password, "", nil},
		{"the first may lack it, and the second none", []func(*Handler){mayLack("bearer"), from("basic")}, bearer, "missing_token", nil},
		{"the first may lack it, and it is bad", []func(*Handler){mayLack("bearer"), from("basic")}, "Basic YTpi", "malformed_token", nil},
		{"both may lack it", []func(*Handler){mayLack("basic"), mayLack("bearer")}, bearer, "", nil},
		{"neither takes it", []func(*Handler){mayLack("bearer"), mayLack("bearer")}, password, "", []string{password}},
		{"the first forwards it, the second may lack it", []func(*Handler){forwards("basic"), mayLack("bearer")}, password, "", nil},
		{"the last forwards it", []func(*Handler){from("basic"), forwards("bearer", "basic")}, password, "", []string{password}},
		{"the first of three forwards it", []func(*Handler){forwards("basic"), from("basic", "bearer"), from("basic")}, password, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var handlers []*Handler
			for _, change := range tt.handlers {
				handlers = append(handlers, newHandler(t, change))
			}
			got := serve(t, with(tt.field), handlers...)
			checkReason(t, got, tt.reason)
			if tt.reason == "" && !slices.Equal(got.upstreamSaw(t)["Authorization"], tt.seen) {
				t.Errorf("the upstream saw %q, want %q", got.seen[0]["Authorization"], tt.seen)
			}
		})
	}
}
