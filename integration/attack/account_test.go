package attack

import (
	"net/http"
	"strings"
)

// i4: the issuer's pin, aws_account and sub name one account, or nobody passes.
// An account is 12 digits of ASCII in a string, since leading zeros count.
func i4() []probe {
	probes := append(accountSpellings(), accountPlaces()...)
	return append(append(probes, subjects()...), pins()...)
}

func accountSpellings() (probes []probe) {
	for _, each := range []struct{ name, account, reason string }{
		{"another", `"444455556666"`, "account_mismatch"},
		{"number", `111122223333`, "invalid_claims"},
		{"float", `111122223333.0`, "invalid_claims"},
		{"11 digits", `"11112222333"`, "invalid_claims"},
		{"13 digits", `"1111222233330"`, "invalid_claims"},
		{"a zero before", `"0111122223333"`, "invalid_claims"},
		{"dashes", `"1111-2222-3333"`, "invalid_claims"},
		{"a space behind", `"111122223333 "`, "invalid_claims"},
		{"a line end behind", `"111122223333\n"`, "invalid_claims"},
		{"nul behind", `"111122223333\u0000"`, "invalid_claims"},
		{"full-width digits", `"１１１１２２２２３３３３"`, "invalid_claims"},
		{"arabic digits", `"١١١١٢٢٢٢٣٣٣٣"`, "invalid_claims"},
		{"4 digits of 3 bytes", `"１１１１"`, "invalid_claims"},
		{"a letter", `"11112222333O"`, "invalid_claims"},
		{"a sign", `"+11112222333"`, "invalid_claims"},
		{"empty", `""`, "invalid_claims"},
		{"null", `null`, "invalid_claims"},
		{"true", `true`, "invalid_claims"},
		{"array", `["111122223333"]`, "invalid_claims"},
		{"array, ours among others", `["444455556666","111122223333"]`, "invalid_claims"},
		{"object", `{"id":"111122223333"}`, "invalid_claims"},
		{"two", `"111122223333,444455556666"`, "invalid_claims"},
		{"an arn", `"arn:aws:iam::111122223333:root"`, "invalid_claims"},
	} {
		probes = append(probes, unlikeTwins("account "+each.name, each.reason,
			func(p *parts) { p.aws["aws_account"] = raw(`"\u0031` + ordersAccount[1:] + `"`) },
			func(p *parts) { p.aws["aws_account"] = raw(each.account) }))
	}
	return probes
}

// accountPlaces have the account, or its whole object, elsewhere or otherwise.
func accountPlaces() []probe {
	moved := func(to string) func(*parts) {
		return func(p *parts) { delete(p.claims, namespace); p.claims[to] = p.aws }
	}
	value := func(v any) func(*parts) { return func(p *parts) { p.claims[namespace] = v } }
	return []probe{
		twins("account missing", "invalid_claims", func(p *parts) { delete(p.aws, "aws_account") }),
		twins("account at the top", "invalid_claims", func(p *parts) {
			delete(p.aws, "aws_account")
			p.claims["aws_account"] = ordersAccount
		}),
		twins("account of another name", "invalid_claims", func(p *parts) {
			delete(p.aws, "aws_account")
			p.aws["account"], p.aws["account_id"] = ordersAccount, ordersAccount
		}),
		twins("object missing", "invalid_claims", func(p *parts) { delete(p.claims, namespace) }),
		twins("object without the slash", "invalid_claims", moved(strings.TrimSuffix(namespace, "/"))),
		twins("object with http", "invalid_claims", moved(strings.Replace(namespace, "https", "http", 1))),
		twins("object under another host", "invalid_claims", moved("https://sts.amazonaws.com.evil.example/")),
		twins("object in an array", "invalid_claims", func(p *parts) { p.claims[namespace] = []any{p.aws} }),
		twins("object in a string", "invalid_claims", func(p *parts) { p.claims[namespace] = text(p.aws) }),
		twins("object null", "invalid_claims", value(raw("null"))),
		twins("object empty", "invalid_claims", value(map[string]any{})),
	}
}

// subjects are such that sub is no principal, or one of another account.
func subjects() (probes []probe) {
	for _, each := range []struct{ name, sub, reason string }{
		{"another account", `"arn:aws:iam::444455556666:role/orders-lambda"`, "account_mismatch"},
		{"another account, ours behind", `"arn:aws:iam::444455556666:role/arn:aws:iam::111122223333:role/x"`, "account_mismatch"},
		{"another account of sts", `"arn:aws:sts::444455556666:assumed-role/x/y"`, "account_mismatch"},
		{"no account", `"arn:aws:iam:::role/orders-lambda"`, "invalid_claims"},
		{"the account aws", `"arn:aws:iam::aws:role/orders-lambda"`, "invalid_claims"},
		{"11 digits", `"arn:aws:iam::11112222333:role/orders-lambda"`, "invalid_claims"},
		{"full-width digits", `"arn:aws:iam::１１１１２２２２３３３３:role/x"`, "invalid_claims"},
		{"another service", `"arn:aws:s3:::bucket"`, "invalid_claims"},
		{"another service, our account", `"arn:aws:lambda::111122223333:function:x"`, "invalid_claims"},
		{"a region", `"arn:aws:iam:us-east-1:111122223333:role/x"`, "invalid_claims"},
		{"the account in the region", `"arn:aws:iam:111122223333:444455556666:role/x"`, "invalid_claims"},
		{"in capitals", `"ARN:AWS:IAM::111122223333:ROLE/X"`, "invalid_claims"},
		{"a space before", `" arn:aws:iam::111122223333:role/x"`, "invalid_claims"},
		{"nothing behind the account", `"arn:aws:iam::111122223333:"`, "invalid_claims"},
		{"the account alone", `"111122223333"`, "invalid_claims"},
		{"a wildcard", `"*"`, "invalid_claims"},
		{"empty", `""`, "invalid_claims"},
		{"null", `null`, "invalid_claims"},
		{"number", `111122223333`, "invalid_claims"},
		{"array", `["arn:aws:iam::111122223333:role/orders-lambda"]`, "invalid_claims"},
		{"object", `{"arn":"arn:aws:iam::111122223333:role/orders-lambda"}`, "invalid_claims"},
	} {
		probes = append(probes, unlikeTwins("sub "+each.name, each.reason,
			func(p *parts) { p.claims["sub"] = "arn:aws:sts::111122223333:assumed-role/orders/x" },
			func(p *parts) { p.claims["sub"] = raw(each.sub) }))
	}
	return append(probes, twins("sub missing", "invalid_claims", func(p *parts) { delete(p.claims, "sub") }))
}

// pins: whose account an issuer may speak for, with and without a pin.
func pins() []probe {
	billing := func(p *parts) {
		p.claims["sub"], p.aws["aws_account"] = "arn:aws:iam::444455556666:role/billing-ec2", billingAccount
	}
	loose := siteOf("issuer ISSUER")
	required := siteOf("issuer ISSUER", "account 111122223333")
	token := mint(billing)
	stranger := goodParts(billingAccount)
	asOrders := stranger.clone()
	asOrders.claims["sub"], asOrders.aws["aws_account"] = ordersRole, ordersAccount
	return []probe{
		twins("the pin's issuer speaks for a neighbour", "account_mismatch", billing),
		twins("it speaks for a trusted neighbour", "account_mismatch", billing).at(twoIssuers),
		{
			name: "a trusted neighbour speaks for us", site: twoIssuers, status: http.StatusUnauthorized, reason: "account_mismatch",
			attack: call(asOrders.signedBy(billingAccount)), control: call(stranger.signedBy(billingAccount)),
		},
		atSites("no pin, one account required", token, required, loose, http.StatusForbidden, "requirement_failed"),
		atSites("a pin, one of several", token, siteOf("issuer ISSUER 111122223333 999988887777"), siteOf("issuer ISSUER 111122223333 444455556666"),
			http.StatusUnauthorized, "account_mismatch"),
		twins("no pin, sub and account differ", "account_mismatch", func(p *parts) { p.aws["aws_account"] = billingAccount }).at(loose),
	}
}
