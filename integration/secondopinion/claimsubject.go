package main

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// subjectMutations are about who the caller is: sub, jti and the account.
func subjectMutations() []mutation {
	return slices.Concat(
		[]mutation{absent(inClaims, "sub", "sub"), absent(inClaims, "jti", "jti"), absent(inAWS, "aws_account", "account"), absent(inClaims, namespace, "account")},
		values(inClaims, "sub", "sub",
			variant{"null", `null`}, variant{"a number", `{account}`}, variant{"empty", `""`}, variant{"a list", `[{value}]`}, variant{"an object", `{}`},
			variant{"no ARN", `"orders"`}, variant{"of another service", `"arn:aws:s3:::bucket"`}, variant{"with a region", `"arn:aws:iam:us-east-1:{account}:role/x"`},
			variant{"of another account", `"arn:aws:iam::{other account}:role/x"`}, variant{"of a strange account", `"arn:aws:iam::{strange account}:role/x"`},
			variant{"without an account", `"arn:aws:iam:::role/x"`}, variant{"of 11 digits", `"arn:aws:iam::11112222333:role/x"`},
			variant{"of 13 digits", `"arn:aws:iam::{account}0:role/x"`}, variant{"without a resource", `"arn:aws:iam::{account}:"`},
			variant{"without a partition", `"arn::iam::{account}:role/x"`}, variant{"in upper case", `"ARN:AWS:IAM::{account}:role/x"`},
			variant{"a space before", `" {text}"`}, variant{"a line before", `"x\n{text}"`},
			variant{"of another partition", `"arn:aws-cn:iam::{account}:role/x"`}, variant{"a session", `"arn:aws:sts::{account}:assumed-role/x/y"`},
			variant{"the root", `"arn:aws:iam::{account}:root"`}, variant{"a user", `"arn:aws:iam::{account}:user/team/x/Ann"`},
			variant{"with further colons", `"arn:aws:iam::{account}:role/x:y::{strange account}:z"`}, variant{"with another ARN behind", `"{text}arn:aws:iam::{strange account}:role/x"`},
			variant{"with control characters", `"{text}\r\nX-Admin: 1\u0000"`}, variant{"with other letters", `"{text}Größe\u2028\u202e"`},
			variant{"with a placeholder", `"{text}\u007benv.HOME\u007d"`}, variant{"a lone surrogate behind", `"{text}\ud800"`},
			variant{"a byte that is not UTF-8 behind", "\"{text}\xff\""}),
		values(inClaims, "sub", "sub size", variant{"with a long name", `"{text}` + strings.Repeat("x", 4096) + `"`}),
		values(inClaims, "jti", "jti", variant{"null", `null`}, variant{"a number", `1`}, variant{"empty", `""`}, variant{"a list", `[{value}]`}, variant{"no UUID", `"../x"`}),
		values(inAWS, "aws_account", "account",
			variant{"null", `null`}, variant{"a number", `{account}`}, variant{"empty", `""`}, variant{"a list", `[{value}]`},
			variant{"of 11 digits", `"11112222333"`}, variant{"of 13 digits", `"{account}0"`}, variant{"another", `"{other account}"`},
			variant{"a strange one", `"{strange account}"`}, variant{"a space behind", `"{account} "`}, variant{"a line end behind", `"{account}\n"`},
			variant{"in other digits", `"١١١١٢٢٢٢٣٣٣٣"`}, variant{"with hyphens", `"1111-2222-3333"`}, variant{"two in a string", `"{account},{strange account}"`}),
		values(inClaims, namespace, "account",
			variant{"null", `null`}, variant{"a string", `"x"`}, variant{"an empty object", `{}`}, variant{"a list", `[{value}]`}, variant{"a number", `1`}),
		[]mutation{
			rename(inClaims, namespace, "account", "without its slash", quote(strings.TrimSuffix(namespace, "/"))),
			rename(inClaims, namespace, "account", "with an escaped slash", `"https:\/\/sts.amazonaws.com\/"`),
			{name: "sub and aws_account: of a strange account", on: "sub account", change: speakFor(stranger)},
			{name: "sub and aws_account: of another trusted account", on: "sub account", change: func(d *draft, r *rand.Rand) { speakFor(d.fill("{other account}", ""))(d, r) }},
		},
		names(inClaims, "sub", "sub", `"arn:aws:iam::{account}:role/admin"`),
		names(inClaims, "jti", "jti", `"other"`),
		names(inClaims, namespace, "account", `{"aws_account":"{strange account}"}`),
		names(inAWS, "aws_account", "account", `"{strange account}"`),
	)
}

// speakFor has an issuer sign for an account that is not its own.
func speakFor(account string) func(*draft, *rand.Rand) {
	return func(d *draft, _ *rand.Rand) {
		d.claims.set("sub", quote("arn:aws:iam::"+account+":role/x"))
		d.aws.set("aws_account", quote(account))
	}
}

// spanned sets exp so many seconds after iat.
func spanned(label string, seconds int64) mutation {
	return mutation{name: "exp: a lifetime that is " + label, on: "exp iat", change: func(d *draft, _ *rand.Rand) {
		issued, _ := strconv.ParseInt(d.claims.value("iat"), 10, 64) // a good token's, of digits alone
		d.claims.set("exp", strconv.FormatInt(issued+seconds, 10))
	}}
}

// rewrittenIn are mutations that edit a member's JSON text.
func rewrittenIn(in place, name, on string, variants ...textVariant) []mutation {
	var all []mutation
	for _, v := range variants {
		all = append(all, mutation{name: name + ": " + v.label, on: on, change: func(d *draft, _ *rand.Rand) {
			o := in(d)
			o.set(name, v.change(o.value(name)))
		}})
	}
	return all
}
