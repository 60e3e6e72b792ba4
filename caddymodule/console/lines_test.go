package console

import (
	"reflect"
	"strings"
	"testing"
)

func TestReadPolicy(t *testing.T) {
	lines, faults := ReadPolicy("# mine\r\n\n\tallow team `aws_token.principal_tags.team == \"orders\"`\nallow request.method == \"GET\"\n" +
		"deny shadow late `request.time >\n  aws_token.iat`\ndeny `true`\naccount 111122223333 444455556666\norg o-a1b2c3d4e5\nprincipal_tag team a b\nrequest_tag env c\n")
	want := []Line{
		{Number: 3, Kind: "allow", Name: "team", Expression: `aws_token.principal_tags.team == "orders"`},
		{Number: 4, Kind: "allow", Expression: `request.method == "GET"`},
		{Number: 5, Kind: "deny", Name: "late", Shadow: true, Expression: "request.time >\n  aws_token.iat"},
		{Number: 7, Kind: "deny", Expression: "true"},
		{Number: 8, Kind: "account", Values: []string{"111122223333", "444455556666"}},
		{Number: 9, Kind: "org", Values: []string{"o-a1b2c3d4e5"}},
		{Number: 10, Kind: "principal_tag", Name: "team", Values: []string{"a", "b"}},
		{Number: 11, Kind: "request_tag", Name: "env", Values: []string{"c"}},
	}
	if len(faults) > 0 || !reflect.DeepEqual(lines, want) {
		t.Errorf("faults %v, lines\n%+v\nwant\n%+v", faults, lines, want)
	}
}

func TestFaultsOfAPolicy(t *testing.T) {
	for text, want := range map[string]string{
		"permit `true`":      "line 1: it begins with neither deny nor allow",
		"\nallow":            "line 2: the rule has no expression",
		"allow a b `true`":   "line 1: a rule is [<name>] <cel>",
		"allow `true` x":     "line 1: an expression begins and ends with a backquote",
		"allow `true":        "line 1: an expression begins and ends with a backquote",
		"account":            "line 1: account names no value",
		"principal_tag team": "line 1: principal_tag names no value",
		strings.Repeat("deny `false`\n", MaxLines+1): "it has more than 32 lines",
		"allow `" + strings.Repeat("\n", maxPolicy):  "it has 32775 bytes, at most 32768 are tried",
	} {
		_, faults := ReadPolicy(text)
		if len(faults) != 1 || faults[0].Field != "policy" || !strings.HasPrefix(faults[0].Text, want) {
			t.Errorf("%.40q: %v, want %s", text, faults, want)
		}
	}
	if _, faults := ReadPolicy(strings.Repeat("deny `false`\n", MaxLines)); len(faults) > 0 {
		t.Errorf("as many lines as may be: %v", faults)
	}
}
