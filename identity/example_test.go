package identity_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/identity"
)

func Example() {
	headers, err := identity.New(identity.Config{
		Headers: []identity.Header{
			{Field: "X-Team", Value: "{aws_token.principal_tags.team}"},
			{Field: "X-Caller", Value: "{aws_token.principal.name} via {gateway}"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("x_team", "admins")
	r.Header.Set("X-Aws-Token-Account-Id", "999999999999")
	r.Header.Set("Connection", "X-Team, keep-alive")
	headers.Strip(r)
	fmt.Println(r.Header)

	token := &awstoken.Token{
		Principal:     awstoken.Principal{Name: "Deploy"},
		PrincipalTags: map[string]string{"team": "Köln"},
	}
	lookup := func(placeholder string) string { return map[string]string{"gateway": "edge-1"}[placeholder] }
	if err := headers.Set(r.Header, token, lookup); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Header.Get("X-Team"))
	fmt.Println(r.Header.Get("X-Caller"))
	// Output:
	// map[Connection:[keep-alive]]
	// K%C3%B6ln
	// Deploy via edge-1
}

func ExampleNew_faults() {
	_, err := identity.New(identity.Config{
		DefaultHeaders: true,
		Headers: []identity.Header{
			{Field: "X-Account", Value: "{aws_token.acount.id}"},
			{Field: "x_account", Value: "{aws_token.account.id}"},
			{Field: "Authorization", Value: ""},
		},
	})
	fmt.Println(err)
	// Output:
	// headers[1].field: "x_account" is taken by headers[0] ("X-Account"); case, "-", "_" and "." do not count
	// headers[2].field: "Authorization" is a field that connections or credentials need
	// headers[0].value: there is no attribute "aws_token.acount.id"; did you mean "aws_token.account.id"?
	// headers[2].value: it is empty
}
