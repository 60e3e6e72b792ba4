package walk

import (
	"bytes"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/golden"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// good are the checks of a token that is good.
func good() []Check {
	return []Check{
		{Kind: Token, Name: verifier.CheckForm, State: Passed, Found: `9 bytes, ES384, kid "k"`},
		{Kind: Token, Name: verifier.CheckIssuer, State: Passed, Found: `"https://i.example"`},
		{Kind: Token, Name: verifier.CheckSignature, State: Passed},
	}
}

func refused(reason, rule string, status int, hint string, verified bool, checks ...Check) *Walk {
	w := &Walk{Outcome: Refused, Reason: reason, Rule: rule, Status: status, Hint: hint, Remedy: "do this", Handlers: []*Handler{{
		Outcome: Refused, Reason: reason, Rule: rule, Status: status, Verified: verified, Checks: checks,
	}}}
	return w
}

// walks are those of which golden files have the text.
func walks() map[string]*Walk {
	tag := Check{Kind: Requirement, Name: "principal_tag.team", State: Failed, Decisive: true, Found: `"billing"`, Wanted: "[orders]", Hint: "hint"}
	nearest := Check{Kind: Allow, Name: "readers", State: Failed, Decisive: true, Reason: "policy_denied", Hint: "hint", Rule: &Rule{
		Expression: "request.method == \"GET\" &&\n\t(a || b)", Result: "false", Operator: "&&",
		Parts: []Part{
			{Expression: `request.method == "GET"`, Result: "true"},
			{Expression: "a || b", Result: "error", Operator: "||", Parts: []Part{{Expression: "a", Result: "false"}, {Expression: "b", Result: "error"}}},
		},
		Reads: []Reading{{Path: "request.method", Value: `"GET"`}, {Path: "aws_token.principal_tags.team", Absent: true}},
	}}
	failed := Check{Kind: Deny, Name: "moved", State: Failed, Rule: &Rule{Expression: "c", Result: "error", Error: "no such key: x"}}
	early := []Check{{Kind: Token, Name: verifier.CheckForm, State: Failed, Decisive: true, Reason: "malformed_token", Found: "5 bytes", Wanted: "a JWT", Hint: "hint"}}
	for _, name := range []string{"payload", "issuer", "algorithm"} {
		early = append(early, Check{Kind: Token, Name: name, State: NotAsked})
	}
	expired := good()[:2]
	expired = append(expired, Check{Kind: Token, Name: verifier.CheckExpiry, State: Failed, Decisive: true, Found: "yesterday", Wanted: "after today", Hint: "hint"},
		Check{Kind: Token, Name: verifier.CheckSignature, State: Failed, Hint: "it does not fit"}, Check{Kind: Token, Name: verifier.CheckClaims, State: NotAsked},
		Check{Kind: Requirement, Name: "account", State: Passed, Found: `"111122223333"`})
	shadowed := refused("policy_denied", "moved", 403, "why it was", true, append(good(), Check{Kind: Deny, Name: "new", State: NotDecided,
		Rule: &Rule{Expression: "d", Result: "true", Shadow: true}})...)
	shadowed.Handlers[0].Shadow = &Shadow{Outcome: Allowed, Rule: "new", Hint: "a hint"}
	allowed := &Walk{Outcome: Allowed, Rule: "readers", Upstream: http.Header{"X": {"y"}}, Handlers: []*Handler{
		{Where: "a.example.com", Outcome: Anonymous, Warnings: []string{"mode is audit"}},
		{Where: "a.example.com /admin/*", Outcome: Allowed, Rule: "readers", Verified: true, Checks: append(good(), Check{Kind: Header, Name: "X", State: Passed, Found: "y"})},
	}}
	audited := refused("policy_denied", "", 0, "why it would be", true, append(good(), nearest)...)
	audited.Outcome, audited.Handlers[0].Outcome = Audited, Audited
	unknown := refused("keys_unavailable", "", 503, "no answer", false, append(good()[:2:2],
		Check{Kind: Token, Name: verifier.CheckKey, State: CouldNot, Decisive: true, Hint: "no answer"})...)
	unknown.Outcome = Unknown
	return map[string]*Walk{
		"allowed": allowed, "audited": audited, "unknown": unknown, "shadow": shadowed,
		"token":       refused("malformed_token", "", 401, "it has 1 part", false, early...),
		"notverified": refused("expired", "", 401, "it ended", false, expired...),
		"requirement": refused("requirement_failed", "principal_tag.team", 403, "it is billing", true, append(good(), tag, failed)...),
		"rule":        refused("policy_denied", "", 403, "none is true", true, append(good(), nearest)...),
		"unprotected": {Outcome: Unprotected, Hint: UnprotectedHint, Remedy: UnprotectedRemedy, Handlers: []*Handler{}},
		"anonymous":   {Outcome: Anonymous, Handlers: []*Handler{{Outcome: Anonymous}}},
		"hostile": refused("wrong_audience", "", 401, "\x1b[2J\u202e", false, Check{Kind: Token, Name: "\x1b[2J\nok", State: Failed, Decisive: true,
			Found: "\u202e", Wanted: "\r\nallowed", Hint: "\x07"}),
	}
}

// The text of each walk, as it is piped.
func TestText(t *testing.T) {
	for name, w := range walks() {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := w.Text(&b, nil); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", name+".txt"), b.String(), "go test ./caddymodule/walk -update")
			if strings.ContainsFunc(b.String(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
				t.Errorf("a terminal obeys %q", b.String())
			}
		})
	}
}

type full struct{ writes int }

var errFull = errors.New("no space left on device")

func (f *full) Write([]byte) (int, error) { f.writes++; return 0, errFull }

func TestTextSaysWhatFailed(t *testing.T) {
	f := new(full)
	if err := walks()["rule"].Text(f, nil); !errors.Is(err, errFull) || f.writes != 1 {
		t.Errorf("error %v after %d writes", err, f.writes)
	}
}
