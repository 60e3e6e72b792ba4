package awsside

import (
	"errors"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const awsPage = "```caddyfile\n" + `orders.example.com {
	aws_jwt {
		audience https://orders.example.com
	}
}
` + "```\n```json\n" + `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": "sts:GetWebIdentityToken",
    "Resource": "*",
    "Condition": {
      "ForAllValues:StringEquals": { "sts:IdentityTokenAudience": "https://orders.example.com" },
      "NumericLessThanEquals": { "sts:DurationSeconds": "300" }
    }
  }]
}
` + "```\n```sh\n" + `aws iam put-role-policy --role-name orders --policy-name token --policy-document file://policy.json
TOKEN=$(aws sts get-web-identity-token --audience https://orders.example.com \
	--signing-algorithm ES384 --duration-seconds 300 --query WebIdentityToken --output text)
printenv TOKEN | docker login --username aws --password-stdin orders.example.com
` + "```\n```hcl\n" + `resource "aws_iam_outbound_web_identity_federation" "this" {}

resource "aws_iam_role" "orders" {
  name = "orders"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "token" {
  role = aws_iam_role.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "sts:GetWebIdentityToken"
      Resource = "*"
      Condition = {
        "ForAllValues:StringEquals" = { "sts:IdentityTokenAudience" = "https://orders.example.com" }
        NumericLessThanEquals       = { "sts:DurationSeconds" = "300" }
      }
    }]
  })
}

output "issuer" {
  value = aws_iam_outbound_web_identity_federation.this.issuer_identifier
}
` + "```\n"

// The page as it is has no fault. Each other one differs in one thing and has one.
func TestAWSFaults(t *testing.T) {
	faultsOf := func(text string) string {
		if err := errors.Join(awsFaults(stacktest.PageOf(t, "page", text))...); err != nil {
			return err.Error()
		}
		return ""
	}
	if got := faultsOf(awsPage); got != "" {
		t.Errorf("the control: %s", got)
	}
	for what, tt := range map[string]struct{ old, with, want string }{
		"no JSON":                      {`"Version": "2012-10-17",`, `"Version": "2012-10-17"`, "reading JSON"},
		"a member that IAM lacks":      {`"Effect": "Allow"`, `"Effects": "Allow"`, "reading a policy"},
		"an old version":               {`"2012-10-17",`, `"2008-10-17",`, "version"},
		"an effect":                    {`"Effect": "Allow"`, `"Effect": "allow"`, "effect"},
		"no resource":                  {`    "Resource": "*",` + "\n", "", "Resource"},
		"a misspelt action":            {`"sts:GetWebIdentityToken"`, `"sts:GetWebIdentityTokens"`, "no action"},
		"a misspelt key":               {`"sts:IdentityTokenAudience": `, `"sts:TokenAudience": `, "no condition key"},
		"a misspelt operator":          {`"NumericLessThanEquals": `, `"NumericLessThanOrEquals": `, "no operator"},
		"any of the audiences":         {`"ForAllValues:StringEquals": `, `"ForAnyValue:StringEquals": `, "not bounded"},
		"another audience":             {`"sts:IdentityTokenAudience": "https://orders`, `"sts:IdentityTokenAudience": "https://other`, "audience"},
		"a long life":                  {`"300"`, `"7200"`, "lifetime"},
		"a script that does not parse": {"TOKEN=$(aws", "TOKEN=((aws", "parsing the script"},
		"a command that AWS lacks":     {"aws iam put-role-policy", "aws iam set-role-policy", "no command"},
		"options before the command":   {"$(aws sts", "$(aws --no-cli-pager sts", "no command"},
		"a command behind others":      {"printenv TOKEN |", "if aws iam create-rol; then printenv TOKEN; fi |", "aws iam create-rol is"},
		"a parameter that it lacks":    {"--policy-name", "--policy", "has no --policy"},
		"a parameter that is needed":   {"--signing-algorithm ES384", "", "lacks --signing-algorithm"},
		"an algorithm":                 {"--signing-algorithm ES384", "--signing-algorithm ES256", "no algorithm"},
		"the audience of a call":       {"--audience https://orders", "--audience https://other", "audience"},
		"no Terraform":                 {`"this" {}`, `"this" {`, "parsing Terraform"},
		"no such resource":             {`"aws_iam_role_policy"`, `"aws_iam_roles_policy"`, "no resource"},
		"an argument that it lacks":    {`  name = "orders"`, `  title = "orders"`, "no argument title"},
		"an argument that is needed":   {"  role = aws_iam_role.orders.id\n", "", "lacks role"},
		"a resource that is not there": {"aws_iam_role.orders.id", "aws_iam_role.order.id", "has no aws_iam_role.order"},
		"an attribute that it lacks":   {"issuer_identifier", "issuer", "gives no issuer"},
		"Terraform that gives more":    {`"sts:DurationSeconds" = "300"`, `"sts:DurationSeconds" = "900"`, "other tokens"},
		"a trust policy":               {`Principal = { Service`, `Principals = { Service`, "reading a policy"},
	} {
		if got := faultsOf(stacktest.Replaced(t, awsPage, tt.old, tt.with)); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", what, got, tt.want)
		}
	}
}
