package caddymodule

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
)

// withLedger gives the test a ledger of its own, whose clock is that of the
// handlers.
func withLedger(t testing.TB) *ledger.Ledger {
	t.Helper()
	before := decisions
	t.Cleanup(func() { decisions = before })
	decisions = ledger.New(clock, 0)
	return decisions
}

func onlyEntry(t *testing.T, l *ledger.Ledger) ledger.Entry {
	t.Helper()
	entries, _ := l.Entries(0, 10, nil)
	if len(entries) != 1 {
		t.Fatalf("%d entries, want one", len(entries))
	}
	return entries[0]
}

// What is remembered of each kind of decision, and that a pass is only counted.
func TestNote(t *testing.T) {
	denies := func(h *Handler) { h.Deny = []Rule{{Name: "nobody", Expression: "true"}} }
	for _, tt := range []struct {
		name   string
		change func(*Handler)
		token  string
		want   ledger.Entry // without what all have
		minute ledger.Minute
	}{
		{"pass", nil, goodToken(t), ledger.Entry{}, ledger.Minute{Allowed: 1}},
		{"anonymous", func(h *Handler) { h.Optional = true }, "", ledger.Entry{}, ledger.Minute{Anonymous: 1}},
		{"no token", nil, "", ledger.Entry{Result: ledger.Refused, Reason: "missing_token", Status: 401}, ledger.Minute{Refused: 1}},
		{
			"unverified", nil, tokenWith(t, func(c claims) { c.top["aud"] = "elsewhere" }),
			ledger.Entry{Result: ledger.Refused, Reason: "wrong_audience", Status: 401, Unverified: true, Subject: ordersARN}, ledger.Minute{Refused: 1},
		},
		{
			"denied", denies, goodToken(t),
			ledger.Entry{Result: ledger.Refused, Reason: "policy_denied", Rule: "nobody", Status: 403, Subject: ordersARN}, ledger.Minute{Refused: 1},
		},
		{
			"audited", func(h *Handler) { denies(h); h.Mode = modeAudit }, goodToken(t),
			ledger.Entry{Result: ledger.Audited, Reason: "policy_denied", Rule: "nobody", Subject: ordersARN}, ledger.Minute{Audited: 1},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, l := newHandler(t, tt.change), withLedger(t)
			serve(t, get(tt.token), h)
			last := l.Minutes()[59]
			last.At = time.Time{}
			if last != tt.minute {
				t.Errorf("counted %+v, want %+v", last, tt.minute)
			}
			if tt.want.Reason == "" {
				if entries, _ := l.Entries(0, 1, nil); len(entries) > 0 {
					t.Errorf("a pass is remembered: %+v", entries[0])
				}
				return
			}
			e := onlyEntry(t, l)
			if e.Result != tt.want.Result || e.Reason != tt.want.Reason || e.Rule != tt.want.Rule || e.Status != tt.want.Status ||
				e.Unverified != tt.want.Unverified || e.Subject != tt.want.Subject {
				t.Errorf("got  %+v\nwant %+v", e, tt.want)
			}
			if e.Host != "orders.example" || e.Path != "/orders" || e.Method != http.MethodGet || !e.Time.Equal(instant) || e.Hint == "" {
				t.Errorf("of the request: %+v", e)
			}
			verified := tt.token != "" && !tt.want.Unverified
			if (e.Token != nil) != verified || verified && e.Request.EscapedPath != "/orders" {
				t.Errorf("kept to ask again: %v, %+v", e.Token, e.Request)
			}
		})
	}
}

// The token, or a part of it, is in no entry.
func TestNoteHasNoToken(t *testing.T) {
	l := withLedger(t)
	h := newHandler(t, nil)
	for _, token := range []string{goodToken(t) + "x", strings.Replace(goodToken(t), ".", "..", 1), "eyJhbGciOi.canary.canary"} {
		serve(t, get(token), h)
	}
	inPath := get("")
	inPath.URL.Path = "/callback/" + goodToken(t)
	serve(t, inPath, h)
	entries, _ := l.Entries(0, 10, nil)
	text, err := json.Marshal(entries)
	if err != nil || len(entries) != 4 {
		t.Fatal(err, len(entries))
	}
	for _, part := range append(strings.Split(goodToken(t), "."), "canary") {
		if strings.Contains(string(text), part[:6]) {
			t.Errorf("a part of a token is in %s", text)
		}
	}
}

// What is only asked about is not remembered.
func TestNoteOfWalk(t *testing.T) {
	h, l := newHandler(t, nil), withLedger(t)
	for _, token := range []string{"", goodToken(t)} {
		w := &walking{}
		r := get(token)
		serve(t, r.WithContext(w.in(r.Context())), h)
	}
	if counts := l.LastHour(); len(counts) > 0 {
		t.Errorf("counted %v", counts)
	}
	serve(t, get(""), h)
	if counts := l.LastHour(); len(counts) != 1 {
		t.Errorf("counted %v, want the real one", counts)
	}
}

func TestPassCostsTheLedgerNothing(t *testing.T) {
	h, l := newHandler(t, nil), withLedger(t)
	r, v := get(""), &visit{passed: allowed}
	if n := testing.AllocsPerRun(100, func() { h.note(r, v, nil, instant) }); n != 0 {
		t.Errorf("a pass allocates %v times", n)
	}
	if l.Minutes()[59].Allowed == 0 {
		t.Error("it is not counted")
	}
}

// The place of a handler is known before its configuration is the one that runs,
// and is looked for once when it is.
func TestPlace(t *testing.T) {
	h, second, elsewhere := newHandler(t, nil), newHandler(t, nil), newHandler(t, nil)
	host := caddyhttp.MatchHost{"orders.example.com"}
	route := caddyhttp.Route{
		MatcherSets: caddyhttp.MatcherSets{{&host}},
		Handlers:    []caddyhttp.MiddlewareHandler{newFirewall(t), h, second},
	}
	server := &caddyhttp.Server{Listen: []string{":443"}, Routes: caddyhttp.RouteList{route}}
	for each, want := range map[*Handler]string{
		h: "orders.example.com", second: "orders.example.com (its aws_jwt no. 2)", elsewhere: "", newFirewall(t): "",
	} {
		if where := each.place(); where != "" {
			t.Errorf("without a server it is at %q", where)
		}
		if each.home = server; each.place() != want {
			t.Errorf("it is at %q, want %q", each.place(), want)
		}
		if each.placed.Load() != nil {
			t.Error("its place is settled before it runs")
		}
	}
	a := newReloading(t, false)
	a.load(object{"a": a.guarded("site", nil, nil)})
	is := running()[0]
	if is.place() != a.ports[0] || is.placed.Load() == nil {
		t.Errorf("one that runs is at %q", is.place())
	}
}
