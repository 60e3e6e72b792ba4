package celpolicy_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

func Example() {
	policy, err := celpolicy.Compile(celpolicy.Config{
		Accounts: []string{"123456789012"},
		Deny: []celpolicy.Rule{
			{Name: "admin", Expression: `request.path.startsWith("/admin/") && request.method != "GET"`},
		},
		Allow: []celpolicy.Rule{
			{Name: "orders", Expression: `aws_token.principal_tags.team == "orders"`},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token := &awstoken.Token{ // of a verifier
		AccountID:     "123456789012",
		PrincipalTags: map[string]string{"team": "orders"},
	}
	for _, path := range []string{"/v1/orders", "/admin/users", "/v1/../admin/users"} {
		d := policy.Evaluate(context.Background(), token, celpolicy.Request{
			Method: "POST", Host: "api.example", EscapedPath: path, Time: time.Now(),
		})
		fmt.Println(d.Allowed, d.Reason, d.Rule)
	}
	// Output:
	// true  orders
	// false policy_denied admin
	// false unsafe_path
}

func ExampleCompile_errors() {
	_, err := celpolicy.Compile(celpolicy.Config{
		Accounts: []string{"1234"},
		Allow: []celpolicy.Rule{
			{Expression: `aws_token.acount.id == "123456789012"`},
			{Expression: `aws_token.account.id == 123456789012`},
		},
	})
	fmt.Println(err)
	var field *celpolicy.FieldError
	fmt.Println(errors.As(err, &field), field.Field)
	// Output:
	// accounts[0]: "1234" is not 12 digits
	// allow[0] (line 1, column 1 of the rule): there is no attribute "aws_token.acount.id"; did you mean "aws_token.account.id"?
	// allow[1] (line 1, column 22 of the rule): found no matching overload for '_==_' applied to '(string, int)'
	// true accounts[0]
}

func ExampleDecision_hint() {
	policy, err := celpolicy.Compile(celpolicy.Config{
		PrincipalTags: map[string][]string{"team": {"orders", "billing"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, tags := range []map[string]string{nil, {"team": "search"}} {
		d := policy.Evaluate(context.Background(), &awstoken.Token{PrincipalTags: tags}, celpolicy.Request{})
		fmt.Println(d.Reason, d.Rule, "--", d.Hint)
	}
	// Output:
	// requirement_failed principal_tag.team -- principal tag "team" is absent, wanted one of [orders billing]
	// requirement_failed principal_tag.team -- principal tag "team" is "search", not one of [orders billing]
}

func ExamplePolicy_Warnings() {
	policy, err := celpolicy.Compile(celpolicy.Config{
		Allow: []celpolicy.Rule{{Name: "ci", Expression: `aws_token.principal.name.matches("ci-[a-z]+")`}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(policy.Warnings()[0])
	// Output:
	// allow rule "ci" (line 1, column 33 of the rule): matches("ci-[a-z]+") is true when any part of the text matches; write "^(?:…)$" to match all of it
}

func ExamplePolicy_Explain() {
	policy, err := celpolicy.Compile(celpolicy.Config{
		Accounts: []string{"123456789012"},
		Allow: []celpolicy.Rule{{
			Name:       "orders",
			Expression: `aws_token.principal_tags.team == "orders" && request.method in ["GET", "HEAD"]`,
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token := &awstoken.Token{
		AccountID:     "123456789012",
		PrincipalTags: map[string]string{"team": "search"},
	}
	e := policy.Explain(context.Background(), token, celpolicy.Request{Method: "GET"})
	for _, check := range e.Checks {
		fmt.Println(check.Kind, check.Name, check.Passed)
		if check.Rule == nil {
			continue
		}
		for _, read := range check.Rule.Reads {
			fmt.Println("  reads", read.Path, "=", read.Value)
		}
		for _, part := range check.Rule.Parts {
			fmt.Println("  part", part.Expression, "is", part.Result)
		}
		fmt.Println(" ", check.Hint)
	}
	// Output:
	// requirement account true
	// allow orders false
	//   reads aws_token.principal_tags.team = "search"
	//   reads request.method = "GET"
	//   part aws_token.principal_tags.team == "orders" is false
	//   part request.method in ["GET", "HEAD"] is true
	//   allow rule "orders" is false; aws_token.principal_tags.team == "orders" is false (aws_token.principal_tags.team is "search")
}

func ExampleDecision_shadow() {
	policy, err := celpolicy.Compile(celpolicy.Config{
		Accounts: []string{"123456789012"},
		Deny: []celpolicy.Rule{
			{Name: "no-root", Expression: `aws_token.principal.type == "root"`, Shadow: true},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token := &awstoken.Token{AccountID: "123456789012", Principal: awstoken.Principal{Type: "root"}}
	d := policy.Evaluate(context.Background(), token, celpolicy.Request{})
	fmt.Println(d.Allowed)
	if d.Shadow != nil {
		fmt.Println("would be", d.Shadow.Reason, "by", d.Shadow.Rule)
	}
	// Output:
	// true
	// would be policy_denied by no-root
}
