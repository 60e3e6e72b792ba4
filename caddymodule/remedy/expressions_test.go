package remedy

import (
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

var inline = regexp.MustCompile("`([^`]*aws_token\\.[^`]*)`")

// expressions are the pieces of CEL in a text. What it leaves to its reader is
// filled in.
func expressions(text string) (list []string) {
	for _, code := range inline.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(code[1], "{") {
			continue // a placeholder of a header
		}
		list = append(list, strings.ReplaceAll(code[1], "…", "true"))
	}
	return list
}

func compiles(expression string) error {
	_, err := celpolicy.Compile(celpolicy.Config{Allow: []celpolicy.Rule{{Name: "shown", Expression: expression}}})
	return err
}

// The CEL that the table shows is CEL.
func TestExpressionsCompile(t *testing.T) {
	found := 0
	for _, r := range All() {
		for _, expression := range expressions(strings.Join([]string{r.Cause, r.See, r.InAWS, r.Here}, "\n")) {
			found++
			if err := compiles(expression); err != nil {
				t.Errorf("%s: %s: %v", r.Reason, expression, err)
			}
		}
	}
	if found < 2 {
		t.Errorf("%d expressions were found", found)
	}
	// What a short clause shows has no attribute before it.
	do, _ := Of("policy_error")
	for _, piece := range []string{`[?"key"].orValue("")`, "has(…)"} {
		if !strings.Contains(do.Do, piece) {
			t.Errorf("%q is not in %q", piece, do.Do)
		}
	}
	for expression, good := range map[string]bool{
		`aws_token.principal_tags[?"key"].orValue("") == "x"`: true, `has(aws_token.principal_tags.key)`: true,
		`aws_token.principal_tags[?"key"].orElse("") == "x"`: false, `has(aws_token.principal_tag.key)`: false,
	} {
		if err := compiles(expression); (err == nil) != good {
			t.Errorf("%s: %v", expression, err)
		}
	}
}
