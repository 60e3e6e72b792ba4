package celpolicy

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// impossible finds attributes that are compared with text that they never are.
func (l *lint) impossible() {
	l.calls(func(_ ast.Expr, call ast.CallExpr) {
		args := arguments(call)
		switch call.FunctionName() {
		case operators.Equals, operators.NotEquals:
			l.checkLiteral(args[0], args[1])
			l.checkLiteral(args[1], args[0])
		case operators.In:
			if args[1].Kind() != ast.ListKind {
				return
			}
			for _, element := range args[1].AsList().Elements() {
				l.checkLiteral(args[0], element)
			}
		case "in_ou":
			if id, literal := stringLiteral(args[1]); literal && !isSegment(id) {
				l.warn(args[1], fmt.Sprintf("in_ou is never true of %s: it looks for one segment of a path, such as \"ou-ab12-11111111\"", quoted(id)))
			}
		}
	})
}

// checkLiteral lets "" pass, which asks whether the attribute is absent.
func (l *lint) checkLiteral(attribute, value ast.Expr) {
	name := l.variable(attribute)
	text, literal := stringLiteral(value)
	form, known := forms[name]
	if !literal || !known || text == "" {
		return
	}
	if problem := form(text); problem != "" {
		l.warn(value, fmt.Sprintf("%s is never %s: %s", name, quoted(text), problem))
	}
}

// forms say, for an attribute, what is wrong with a text that it never is.
var forms = map[string]func(string) string{
	"aws_token.account.id":                 account,
	"aws_token.account_id":                 account,
	"aws_token.principal.account_id":       account,
	"aws_token.org.id":                     organization,
	"aws_token.source_region":              region,
	"aws_token.iss":                        issuer,
	"aws_token.sub":                        principal,
	"aws_token.ec2_source_instance_arn":    arn,
	"aws_token.lambda_source_function_arn": arn,
	"aws_token.identity_store_arn":         arn,
	"aws_token.principal.path":             rolePath,
	"aws_token.principal.type":             principalType,
	"request.method":                       method,
	"request.host":                         host,
	pathVariable:                           requestPath,
}

func account(text string) string { return unless(awstoken.IsAccountID(text), "it is 12 digits") }

func organization(text string) string {
	return unless(awstoken.IsOrgID(text), `it has the form of "o-a1b2c3d4e5"`)
}

var regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)

func region(text string) string {
	return unless(regionForm.MatchString(text), `it has the form of "eu-central-1"`)
}

func issuer(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return "it is an https URL"
	}
	return unless(!strings.HasSuffix(text, "/"), "it does not end in a slash")
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func principal(text string) string {
	if strings.Contains(text, "*") {
		return wildcard
	}
	_, err := awstoken.ParsePrincipal(text)
	return problemOf(err)
}

func arn(text string) string {
	if strings.Contains(text, "*") {
		return wildcard
	}
	_, err := awstoken.ParseARN(text)
	return problemOf(err)
}

const wildcard = "a star is a star here; for a pattern write arn_like(…)"

func rolePath(text string) string {
	return unless(strings.HasPrefix(text, "/") && strings.HasSuffix(text, "/"), `it begins and ends with a slash, such as "/team/x/", or is "/"`)
}

func principalType(text string) string {
	return unless(text == strings.ToLower(text), `it is in lower case, such as "role"`)
}

func method(text string) string {
	return unless(text == strings.ToUpper(text), `it is in upper case, such as "GET"`)
}

func host(text string) string {
	switch {
	case strings.Contains(text, "/"):
		return "it is a name or an address alone"
	case text != hostname(text):
		return fmt.Sprintf("it is in lower case, without a port and brackets: %q", hostname(text))
	}
	return ""
}

func requestPath(text string) string {
	return unless(strings.HasPrefix(text, "/") || text == "*", "it begins with a slash")
}

// isSegment goes by the beginning alone: the rest is AWS's to choose.
func isSegment(id string) bool {
	for _, prefix := range []string{"o-", "r-", "ou-"} {
		if strings.HasPrefix(id, prefix) && id != prefix {
			return !strings.Contains(id, "/")
		}
	}
	return false
}

func unless(good bool, problem string) string {
	if good {
		return ""
	}
	return problem
}

func problemOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
