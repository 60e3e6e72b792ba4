package caddymodule

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// What no handler may take tokens from is an error at load, beside a list that is
// good and differs in one thing.
func TestTokenSourcesAreChecked(t *testing.T) {
	for text, fault := range map[string]string{
		`["basic"]`:           "",
		`["bearer","basic"]`:  "",
		`null`:                "",
		`[]`:                  "token_sources: the list is empty",
		`[""]`:                `token_sources[0]: "" is not bearer or basic`,
		`["Basic"]`:           `token_sources[0]: "Basic" is not bearer or basic`,
		`["basic","cookie"]`:  `token_sources[1]: "cookie" is not bearer or basic`,
		`["basic","basic"]`:   "token_sources[1]: basic stands there already",
		`["bearer","bearer"]`: "token_sources[1]: bearer stands there already",
	} {
		h := &Handler{Issuers: []Issuer{{URL: "https://a.example", Accounts: []string{ordersAccount}}}, Audiences: []string{audience}}
		if err := json.Unmarshal([]byte(`{"token_sources":`+text+`}`), h); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
		err := h.Provision(ctx)
		if (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: error %v, want %q", text, err, fault)
		}
		if err := h.Cleanup(); err != nil {
			t.Error(err)
		}
		cancel()
	}
}

// A handler that only strips reads no token.
func TestFirewallHasNoTokenSources(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	if err := (&Handler{FirewallOnly: true, TokenSources: []string{"basic"}}).Provision(ctx); err == nil || !strings.Contains(err.Error(), "firewall_only") {
		t.Errorf("error %v", err)
	}
}

// A missing token is told of in words that fit what the handler takes.
func TestMissingTokenHint(t *testing.T) {
	for names, want := range map[string]string{
		"bearer": "the request has no bearer token", "basic": "the request has no token as a Basic password",
		"bearer basic": "the request has no bearer token, and none as a Basic password",
	} {
		h := newHandler(t, from(strings.Fields(names)...))
		if refused := h.decide(get(""), new(visit)); refused == nil || refused.hint != want {
			t.Errorf("%s: %+v", names, refused)
		}
	}
}

// No hint of a malformed credential has any of it.
func TestBasicHintsTellNothing(t *testing.T) {
	const canary = "cAnArY"
	for _, field := range []string{
		"Basic " + canary, "Basic " + canary + "=", basic("u"+canary, canary+" "), basic("u"+canary+"\x00", canary), basic(canary, ""),
		"Basic " + encoded(canary), "Basic  " + encoded(canary), basic("u", strings.Repeat(canary, 9000)),
	} {
		c := readFields([]string{field}, basicTokens)
		if c.malformed == "" || c.token != "" || strings.Contains(c.malformed, canary) || strings.Contains(c.malformed, encoded(canary)[:4]) {
			t.Errorf("%.40q: %+v", field, c)
		}
	}
}

// Who asks for another proxy is answered with the same challenges, and has the
// token in either form.
func TestAuthorizeByBasic(t *testing.T) {
	for _, tt := range []struct {
		names, status, challenges string
		by                        string // what the question bears
	}{
		{"basic", "200 OK", "", basic("aws", goodToken(t))},
		{"bearer basic", "200 OK", "", basic("aws", goodToken(t))},
		{"basic", "401 Unauthorized", `Basic realm="aws", charset="UTF-8"`, "Bearer " + goodToken(t)},
		{"bearer", "401 Unauthorized", `Bearer realm="aws"`, basic("aws", goodToken(t))},
		{"basic bearer", "401 Unauthorized", `Basic realm="aws", charset="UTF-8"|Bearer realm="aws"`, "Digest x"},
		{"basic", "400 Bad Request", "", "Basic x"},
	} {
		a := newAuthorize(t, func(a *Authorize) { a.Handler.TokenSources = strings.Fields(tt.names) })
		r := question("")
		r.Header["Authorization"] = []string{tt.by}
		answer, sent, err := answerTo(t, a, r, true, new(caddyhttp.Server))
		if challenges := strings.Join(answer.Header.Values("WWW-Authenticate"), "|"); err != nil || answer.Status != tt.status || challenges != tt.challenges {
			t.Errorf("%s, %.8s: %s, challenges %q, error %v", tt.names, tt.by, answer.Status, challenges, err)
		}
		if len(sent.Header["Authorization"]) > 0 {
			t.Errorf("%s: the credential is still there", tt.names)
		}
	}
}

// Where a handler behind another one has other sources and is optional, it lets the
// caller pass as nobody: the token goes no further, and no placeholder names the
// caller. The controls differ in one property: the credential is no token, or the
// handler that is optional reads it as well.
func TestOptionalBehindOtherSources(t *testing.T) {
	optional := func(names ...string) func(*Handler) {
		return func(h *Handler) { h.Optional, h.TokenSources = true, names }
	}
	token := goodToken(t)
	for _, tt := range []struct {
		name     string
		first    []string
		second   []string
		by       string
		optional bool // the first, too
		user     string
		forwards string
	}{
		{"bearer, then basic", []string{"bearer"}, []string{"basic"}, "Bearer " + token, false, "", ""},
		{"both, then bearer", []string{"basic", "bearer"}, []string{"bearer"}, basic("aws", token), false, "", ""},
		{"both, then both", []string{"basic", "bearer"}, []string{"bearer", "basic"}, basic("aws", token), false, ordersARN, ""},
		{"no token for either", []string{"bearer"}, []string{"bearer"}, basic("aws", "x"), true, "", basic("aws", "x")},
	} {
		first := newHandler(t, func(h *Handler) { h.Optional, h.TokenSources = tt.optional, tt.first })
		for _, later := range [][]*Handler{
			{newHandler(t, optional(tt.second...))},
			{newHandler(t, optional(tt.second...)), newHandler(t, optional(tt.second...))},
		} {
			got := serve(t, with(tt.by), append([]*Handler{first}, later...)...)
			saw := got.upstreamSaw(t)
			if have := saw.Get("Authorization"); have != tt.forwards {
				t.Errorf("%s: the upstream saw %.12q, want %.12q", tt.name, have, tt.forwards)
			}
			if have := saw.Get("X-Aws-Token-Sub"); have != tt.user {
				t.Errorf("%s: the upstream saw the caller %q, want %q", tt.name, have, tt.user)
			}
			if have := replacerOf(got.sent).ReplaceAll("{http.auth.user.id}{aws_token.account.id}", ""); (have == "") != (tt.user == "") {
				t.Errorf("%s: placeholders say %q", tt.name, have)
			}
		}
	}
}

// The commands send the token in the form that the site takes; what a case writes
// into the field itself is sent as it is.
func TestWalkSendsTheTokenAsTheSiteTakesIt(t *testing.T) {
	for names, literal := range map[string]walk.Outcome{
		"bearer": walk.Refused, "bearer basic": walk.Refused, "basic bearer": walk.Refused, "basic": walk.Anonymous,
	} {
		r, err := rehearsing(t, "a.example.com {\naws_jwt {\nissuer https://a.example 111122223333\naudience a\ntoken_source "+names+"\noptional\n}\nreverse_proxy 127.0.0.1:1\n}\n")
		if err != nil {
			t.Fatal(err)
		}
		q := walk.Question{Method: "GET", Host: "a.example.com", Path: "/", RemoteIP: "127.0.0.1"}
		token, err := q.WithToken(t.Context(), "a.b.c")
		if err != nil {
			t.Fatal(err)
		}
		if w, err := r.Walk(t.Context(), token, instant); err != nil || w.Reason != "malformed_token" {
			t.Errorf("%s: %+v, %v", names, w, err)
		}
		field := "Bearer a.b.c"
		written, err := q.HTTP(t.Context(), &field)
		if err != nil {
			t.Fatal(err)
		}
		if w, err := r.Walk(t.Context(), written, instant); err != nil || w.Outcome != literal {
			t.Errorf("%s, as it is: %+v, %v", names, w, err)
		}
	}
}
