package caddymodule

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// lastDecision is the newest of the ledger.
func lastDecision(t *testing.T) ledger.Entry {
	t.Helper()
	page := consoleSource{clock}.Decisions(ledger.Query{Limit: 1})
	if len(page.Decisions) != 1 || page.Next == 0 && page.Decisions[0].ID > 1 {
		t.Fatalf("the page is %+v", page)
	}
	return page.Decisions[0]
}

func walkOfLast(t *testing.T) (*console.Answer, map[walk.State]int) {
	t.Helper()
	answer, err := consoleSource{clock}.Walk(context.Background(), lastDecision(t).ID)
	if err != nil {
		t.Fatal(err)
	}
	states := make(map[walk.State]int)
	for _, c := range answer.Walk.Handlers[0].Checks {
		states[c.State]++
	}
	return answer, states
}

func TestWalkOfDecisions(t *testing.T) {
	h := newHandler(t, func(h *Handler) { h.Allow = []Rule{{Name: "never", Expression: "false"}} })
	serve(t, get(""), h)
	if answer, states := walkOfLast(t); answer.Signature != "" || answer.Walk.Reason != missingToken || states[walk.Failed] != 1 || states[walk.Passed] != 0 {
		t.Errorf("without a token: %+v, %v", answer, states)
	}
	serve(t, get(tokenWith(t, func(c claims) { c.top["aud"] = "other" })), h)
	if answer, states := walkOfLast(t); answer.Signature != console.SignatureDoubtful || states[walk.Passed] != 5 || states[walk.Failed] != 1 || !answer.Decision.Unverified {
		t.Errorf("for another audience: %+v, %v", answer, states)
	}
	serve(t, get(goodToken(t)), h)
	answer, states := walkOfLast(t)
	if answer.Signature != console.SignatureFits || states[walk.Passed] != 13 || answer.Decision.Unverified {
		t.Errorf("by the policy: %+v, %v", answer, states)
	}
	// No configuration runs here, so there is nobody to ask again, and it says so.
	if len(answer.Notes) != 1 || !strings.Contains(answer.Notes[0], "no handler at this place") {
		t.Errorf("the notes are %q", answer.Notes)
	}
	if _, err := (consoleSource{clock}).Walk(context.Background(), 1<<62); !errors.Is(err, console.ErrForgotten) {
		t.Errorf("of none: %v", err)
	}
}

func TestTryFaults(t *testing.T) {
	good := console.Attempt{Text: `{}`, Method: "GET", Host: "orders.example", Path: "/", RemoteIP: "192.0.2.1", Handler: "x"}
	token := goodToken(t)
	for field, change := range map[string]func(*console.Attempt){
		"method": func(a *console.Attempt) { a.Method = "get" }, "host": func(a *console.Attempt) { a.Host = "" },
		"path": func(a *console.Attempt) { a.Path = "/" + token }, "remote_ip": func(a *console.Attempt) { a.RemoteIP = "x" },
		"text": func(a *console.Attempt) { a.Text = " " }, "policy": func(a *console.Attempt) { a.Policy = "allow `1`" },
	} {
		a := good
		change(&a)
		_, err := consoleSource{clock}.Try(context.Background(), a)
		var faulty *console.AttemptError
		if !errors.As(err, &faulty) {
			t.Fatalf("%s: %v", field, err)
		}
		found := false
		for _, fault := range faulty.Faults {
			found = found || fault.Field == field
			if strings.Contains(fault.Text, token[:40]) {
				t.Errorf("%s: the fault quotes a token", field)
			}
		}
		if !found {
			t.Errorf("%s: the faults are %+v", field, faulty.Faults)
		}
	}
}

// What policyLines writes is read as the policy that it was.
func TestPolicyLines(t *testing.T) {
	h := newHandler(t, func(h *Handler) {
		h.Accounts = []string{ordersAccount}
		h.PrincipalTags = map[string][]string{"team": {"orders", "sales"}}
		h.Deny = []Rule{{Expression: `request.method == "DELETE"`}}
		h.Allow = []Rule{{Name: "a", Expression: "true"}, {Name: "b", Expression: "false", Shadow: true}}
	})
	const want = "account 111122223333\nprincipal_tag team orders sales\ndeny `request.method == \"DELETE\"`\nallow a `true`\nallow shadow b `false`\n"
	text := policyLines(h)
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	policy, faults := compileLines(text)
	if len(faults) > 0 || strings.Join(policy.RuleNames(), " ") != strings.Join(h.policy.RuleNames(), " ") {
		t.Errorf("faults %v, rules %v", faults, policy.RuleNames())
	}
	for text, want := range map[string]string{
		"allow `aws_token.principal_tag.team == \"x\"`": "principal_tags",
		"account 123":                                     "12 digits",
		"principal_tag a b\nprincipal_tag a c":            "line 2: tag",
		"deny x `true`\nallow x `true`":                   "x",
		"allow `" + strings.Repeat("1+", 4000) + "1 > 0`": "",
	} {
		if _, faults := compileLines(text); len(faults) == 0 || !strings.Contains(faults[0].Text, want) {
			t.Errorf("%.60s: %+v", text, faults)
		}
	}
}

func TestSummary(t *testing.T) {
	before := consoleSource{clock}.Summary()
	serve(t, get(goodToken(t)), newHandler(t, nil))
	after := consoleSource{clock}.Summary()
	if len(after.Minutes) != 60 || after.Rules == nil || after.Reasons == nil || after.Now.IsZero() {
		t.Errorf("the summary is %+v", after)
	}
	if hits := after.Cache.Hits + after.Cache.Misses; hits <= before.Cache.Hits+before.Cache.Misses {
		t.Errorf("%d look-ups after, %d before", hits, before.Cache.Hits+before.Cache.Misses)
	}
}

// The ledger keeps the beginning of a long place. One that fits two handlers finds
// none.
func TestHandlerAt(t *testing.T) {
	long := strings.Repeat("a.example, ", 20)
	one, two, three := new(Handler), new(Handler), new(Handler)
	handlers := []rehearsedHandler{{one, "a.example"}, {two, long + "x"}}
	cut := printable(long+"x", maxLogged)
	for where, want := range map[string]*Handler{"a.example": one, long + "x": two, cut: two, "b.example": nil, "": nil} {
		if got := handlerAt(handlers, where); got != want {
			t.Errorf("%.30q: %p, want %p", where, got, want)
		}
	}
	if got := handlerAt(append(handlers, rehearsedHandler{three, long + "y"}), cut); got != nil {
		t.Error("one of two is taken")
	}
}
