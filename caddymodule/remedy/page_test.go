package remedy

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/golden"
)

func TestErrorsPage(t *testing.T) {
	golden.Check(t, "../../docs/errors.md", errorsPage(), "make docs")
}

const pageHead = `# Refusals

Made from the table in ''caddymodule/remedy''; write it anew with ''make docs''.

A client sees a status and, when its token is to blame, an error code in ''WWW-Authenticate''. Which of the reasons below it was stands in the
gateway's log alone, in the line ''refused'' of the logger ''http.handlers.aws_jwt'': ''reason'', ''rule'' when a line of the policy decided, and ''hint'',
which says what was found, what was wanted and what to do. For development, ''explain_errors'' sends the reason to the client, too.

Three commands walk through a refusal. They take the token from a file, or from standard input as ''-'', and print no part of it that could be used:

''''''sh
# what the token says
caddy-awsjwt aws-jwt inspect token.jwt
# what the gateway makes of it, check by check
caddy-awsjwt aws-jwt explain --config Caddyfile --site orders.example.com token.jwt
# the issuers and their keys, fetched as the gateway would
caddy-awsjwt aws-jwt probe --config Caddyfile
''''''

''explain'' also takes ''--method'', ''--path'' and ''--remote-ip'', for policies that ask for them. What it prints last is what to change.

`

// errorsPage writes ' twice for a backquote, which Go's raw strings cannot hold.
func errorsPage() string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(pageHead, "''", "`"))
	for _, r := range All() {
		fmt.Fprintf(&b, "## `%s`\n\n%d %s", r.Reason, r.Status, http.StatusText(r.Status))
		if r.Code != "" {
			fmt.Fprintf(&b, ", `error=\"%s\"`", r.Code)
		}
		fmt.Fprintf(&b, ". %s\n\n", r.Cause)
		fmt.Fprintf(&b, "- **How to see it.** %s\n- **In AWS.** %s\n- **Here.** %s\n- **In short:** %s.\n\n", r.See, r.InAWS, r.Here, escaped(r.Do))
	}
	b.WriteString("# When STS gives no token\n\n" +
		"The caller sees these, and the gateway nothing. `aws-jwt explain` takes the text of such an error in place of a token.\n")
	for _, e := range STSErrors() {
		fmt.Fprintf(&b, "\n## `%s`\n\n%s\n\n- **In short:** %s.\n", e.Code, e.Cause, escaped(e.Do))
	}
	return b.String()
}

// escaped keeps Markdown from reading a plain text.
func escaped(text string) string {
	return strings.NewReplacer("<", "&lt;", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`).Replace(text)
}
