package main

import (
	"slices"
	"strconv"
	"strings"
)

// awsMutations are about the other claims that are particular to AWS, and about
// claims that nobody knows.
func awsMutations() []mutation {
	all := slices.Concat(
		values(inAWS, "org_id", "org", variant{"null", `null`}, variant{"a number", `1`}, variant{"empty", `""`}),
		values(inAWS, "ou_path", "ou", variant{"a string", `"o-abc1234567/r-ab12/"`}, variant{"an object", `{}`}, variant{"numbers", `[1]`}, variant{"an empty list", `[]`}),
		values(inAWS, "principal_tags", "principal-tags",
			variant{"null", `null`}, variant{"a list", `["team"]`}, variant{"a number inside", `{"team":1}`}, variant{"an object inside", `{"team":{}}`},
			variant{"keys that differ in case", `{"A-B":"1","a-b":"2"}`}, variant{"one key twice", `{"team":"a","team":"b"}`},
			variant{"names of claims", `{"iss":"{stranger}","aud":"x","exp":"0","aws_account":"{strange account}"}`},
			variant{"a prototype", `{"__proto__":"x","constructor":"y"}`}),
		values(inAWS, "request_tags", "request-tags",
			variant{"other letters", `{"Größe ":"\u2028x","a/b:c":"=+-@"}`}, variant{"a list", `[]`}, variant{"null", `null`},
			variant{"an empty key", `{"":""}`}, variant{"50 of them", tags(50)}),
		values(inAWS, "original_session_exp", "session",
			variant{"null", `null`}, variant{"a number", `{now+3600}`}, variant{"no RFC 3339", `"2026-12-07 22:17:32"`}, variant{"with an offset", `"2026-12-07T22:17:32+01:00"`}),
		values(inAWS, "source_region", "region", variant{"null", `null`}, variant{"a list", `[]`}, variant{"control characters", `"x\r\ny"`}),
		values(inAWS, "principal_id", "principal-id", variant{"another", `"arn:aws:iam::{strange account}:role/x"`}, variant{"a number", `1`}),
		values(inAWS, "org_id", "org", variant{"another organization", `"o-stranger01"`}),
		values(inAWS, "a_claim_to_come", "aws-unknown",
			variant{"a string", `"x"`}, variant{"an object", `{"x":[1,2,{"y":null}]}`}, variant{"a large number", `123456789012345678901234567890`}),
		values(inClaims, "claim_to_come", "unknown",
			variant{"a string", `"x"`}, variant{"an object", `{"iss":"{stranger}","exp":0}`}, variant{"a large number", `123456789012345678901234567890`},
			variant{"a number beyond a double", `1e400`}, variant{"null", `null`}),
		values(inClaims, "scope", "scope", variant{"of an access token", `"read write"`}),
		values(inClaims, "__proto__", "claim-proto", variant{"in the claims", `{"iss":"{stranger}"}`}),
		names(inAWS, "org_id", "org", `"o-stranger01"`),
		names(inAWS, "principal_tags", "principal-tags", `{"team":"admin"}`),
		[]mutation{absent(inAWS, "principal_id", "principal-id"), absent(inAWS, "source_region", "region"), absent(inAWS, "org_id", "org"), absent(inAWS, "ou_path", "ou")},
	)
	return all
}

// tags writes so many tags.
func tags(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = quote("key-"+strconv.Itoa(i)) + `:"value"`
	}
	return "{" + strings.Join(all, ",") + "}"
}

// payloadTextMutations change the payload's JSON text, in ways that a claim's
// value does not show.
func payloadTextMutations() []mutation {
	return edits("payload text", "payload-text", func(d *draft) *[]edit { return &d.payloadText }, append(jsonTexts(),
		textVariant{label: "nested 17 deep", change: inside(nested(16))},
		textVariant{label: "nested 1000 deep", change: inside(nested(999))},
		textVariant{label: "nested 1500 deep in objects", change: inside(`"x":` + strings.Repeat(`{"":`, 1498) + "1" + strings.Repeat("}", 1498)), on: "size"},
		textVariant{label: "900 values", change: inside(`"x":[` + strings.Repeat("0,", 899) + `0]`), on: "size"},
		textVariant{label: "2000 values", change: inside(`"x":[` + strings.Repeat("0,", 1999) + `0]`), on: "size"},
		textVariant{label: "8 KiB more", change: inside(`"x":"` + strings.Repeat("x", 8<<10) + `"`), on: "size"},
		textVariant{label: "16 KiB more", change: inside(`"x":"` + strings.Repeat("x", 16<<10) + `"`), on: "size"},
		textVariant{label: "16 KiB of white space behind", change: behind(strings.Repeat(" ", 16<<10)), on: "size"},
	)...)
}
