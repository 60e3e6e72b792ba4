package caddymodule

import (
	"fmt"
	"strings"
	"testing"
)

// A handler that nobody here knows is told of when a request may meet it before
// an aws_jwt, and not otherwise.
func TestUnknownHandlers(t *testing.T) {
	handle := func(names ...string) string {
		for i := range names {
			if !strings.HasPrefix(names[i], "{") {
				names[i] = fmt.Sprintf(`{"handler":%q}`, names[i])
			}
		}
		return `"handle":[` + strings.Join(names, ",") + `]`
	}
	sub := func(routes string) string { return `{"handler":"subroute","routes":[` + routes + `]}` }
	for routes, want := range map[string]string{
		`{` + handle("limit", "aws_jwt") + `}`:                                                                               "limit",
		`{` + handle("limit", "aws_jwt_authorize") + `}`:                                                                     "limit",
		`{` + handle("aws_jwt_issuer", "aws_jwt") + `}`:                                                                      "",
		`{` + handle("aws_jwt", "limit") + `}`:                                                                               "",
		`{` + handle("limit", "reverse_proxy") + `}`:                                                                         "",
		`{` + handle("limit") + `},{` + handle("aws_jwt") + `}`:                                                              "limit",
		`{"terminal":true,` + handle("limit") + `},{` + handle("aws_jwt") + `}`:                                              "",
		`{"group":"a",` + handle("limit") + `},{"group":"a",` + handle("aws_jwt") + `}`:                                      "",
		`{"group":"a",` + handle("limit") + `},{"group":"b",` + handle("aws_jwt") + `}`:                                      "limit",
		`{` + handle(sub(`{`+handle("limit")+`}`), "aws_jwt") + `}`:                                                          "limit",
		`{` + handle("limit", sub(`{`+handle("aws_jwt")+`}`)) + `}`:                                                          "limit",
		`{` + handle("limit", "aws_jwt", "aws_jwt") + `}`:                                                                    "limit",
		`{` + handle(append(append([]string{"vars", "error", "static_response", "headers"}, goneBy...), "aws_jwt")...) + `}`: "",
	} {
		for key, inner := range map[string]string{"routes": "[" + routes + "]", "named_routes": `{"a":{` + handle(sub(routes)) + `}}`} {
			warnings := unknownHandlers([]byte(`{"apps":{"http":{"servers":{"s":{"` + key + `":` + inner + `}}}}}`))["s"]
			if got := strings.Join(warnings, "|"); want == "" && got != "" || want != "" && (len(warnings) != 1 || !strings.HasPrefix(got, "handler "+want+", before an aws_jwt")) {
				t.Errorf("%s %s: %q", key, routes, got)
			}
		}
	}
}
