package decisionlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

const (
	pass    = `{"level":"debug","ts":1.5,"logger":"http.handlers.aws_jwt","msg":"allowed","iss":"https://a.example","account":"111122223333","sub":"arn:aws:iam::111122223333:role/x","kid":"k","cached":true,"duration":0.1,"method":"GET","path":"/"}`
	refusal = `{"level":"info","ts":1.5,"logger":"http.handlers.aws_jwt","msg":"refused","reason":"expired","status":401,"hint":"x","unverified_iss":"https://a.example","cached":false,"duration":0.1,"method":"GET","path":"/"}`
	denial  = `{"level":"info","ts":1.5,"logger":"http.handlers.aws_jwt","msg":"refused","reason":"policy_denied","rule":"r","status":403,"hint":"x","iss":"https://a.example","account":"111122223333","sub":"arn:aws:iam::111122223333:role/x","kid":"k","cached":false,"duration":0.1,"method":"GET","path":"/"}`
	audited = `{"level":"info","ts":1.5,"logger":"http.handlers.aws_jwt","msg":"audited","reason":"policy_denied","hint":"x","iss":"https://a.example","account":"111122223333","sub":"arn:aws:iam::111122223333:role/x","cached":false,"duration":0.1,"method":"GET"}`
	would   = `{"level":"info","ts":1.5,"logger":"http.handlers.aws_jwt","msg":"would refuse","reason":"policy_denied","rule":"s","hint":"x","iss":"https://a.example","account":"111122223333","sub":"arn:aws:iam::111122223333:role/x","method":"GET"}`
	nobody  = `{"level":"debug","ts":1.5,"logger":"http.handlers.aws_jwt","msg":"anonymous","duration":0.1,"method":"GET","path":"/"}`
)

// What the schema forbids differs in one thing from what it allows.
func TestSchema(t *testing.T) {
	for _, tt := range []struct{ name, line, old, changed string }{
		{"a field that nobody knows", pass, `"cached"`, `"x":1,"cached"`},
		{"a pass with a reason", pass, `"cached"`, `"reason":"expired","cached"`},
		{"a pass of nobody", pass, `"sub":"arn:aws:iam::111122223333:role/x",`, ``},
		{"a pass whose claims nobody vouches for", pass, `"sub"`, `"unverified_sub"`},
		{"a pass without duration", pass, `,"duration":0.1`, ``},
		{"a pass at info that is no sample", pass, `debug`, `info`},
		{"a sample at debug", pass, `"cached"`, `"sampled":10,"cached"`},
		{"a number as a text", pass, `"cached":true`, `"cached":"true"`},
		{"another logger", pass, `aws_jwt"`, `aws_jwt.keys"`},
		{"a reason that nobody knows", refusal, `expired`, `tired`},
		{"a refusal without reason", refusal, `"reason":"expired",`, ``},
		{"a refusal without hint", refusal, `"hint":"x",`, ``},
		{"a refusal without cached", refusal, `"cached":false,`, ``},
		{"both kinds of claims", refusal, `"cached"`, `"sub":"x","cached"`},
		{"a status of nothing", refusal, `401`, `200`},
		{"a text that is not cut", refusal, `https://a.example`, strings.Repeat("x", 129)},
		{"a warning about a caller", refusal, `"info"`, `"warn"`},
		{"a denial of nobody", denial, `"sub"`, `"unverified_sub"`},
		{"a denial with another status", denial, `403`, `401`},
		{"audited for a bad token", audited, `policy_denied`, `expired`},
		{"audited without hint", audited, `"hint":"x",`, ``},
		{"shadow without reason", would, `"reason":"policy_denied",`, ``},
		{"shadow with duration", would, `"method"`, `"duration":1,"method"`},
		{"would allow with reason", would, `would refuse`, `would allow`},
		{"somebody anonymous", nobody, `"duration"`, `"sub":"x","duration"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(tt.line, tt.old, tt.changed, 1)
			if changed == tt.line {
				t.Fatal("nothing is changed")
			}
			if decisions, err := Check([]string{tt.line}); err != nil || len(decisions) != 1 {
				t.Errorf("the control: %d, %v", len(decisions), err)
			}
			if tt.name == "another logger" {
				if decisions, err := Check([]string{changed, "no JSON"}); err != nil || len(decisions) != 0 {
					t.Errorf("%d decisions, %v", len(decisions), err)
				}
				return
			}
			if _, err := Check([]string{changed}); err == nil {
				t.Errorf("it is allowed: %s", changed)
			}
		})
	}
}

// The examples of the page are lines as the schema has them.
func TestExamplesOfThePage(t *testing.T) {
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "decision-log.md"))
	if err != nil {
		t.Fatal(err)
	}
	if decisions, err := Check(strings.Split(string(page), "\n")); err != nil || len(decisions) < 3 {
		t.Errorf("%d examples, %v", len(decisions), err)
	}
}
