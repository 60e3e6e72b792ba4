package main

import (
	"slices"
	"strings"
)

// issMutations are about iss.
func issMutations() []mutation {
	return slices.Concat(
		[]mutation{absent(inClaims, "iss", "iss")},
		values(inClaims, "iss", "iss",
			variant{"of another trusted issuer", `"{other}"`}, variant{"of a stranger", `"{stranger}"`},
			variant{"null", `null`}, variant{"a number", `1`}, variant{"empty", `""`}, variant{"a list", `[{value}]`},
			variant{"an object", `{"iss":{value}}`}, variant{"two in a list", `[{value},"{stranger}"]`},
			variant{"a slash behind", `"{text}/"`}, variant{"a dot segment behind", `"{text}/."`},
			variant{"a query behind", `"{text}?"`}, variant{"a fragment behind", `"{text}#"`},
			variant{"a path behind", `"{text}/../x"`}, variant{"a space behind", `"{text} "`}, variant{"a space before", `" {text}"`},
			variant{"a line end behind", `"{text}\n"`}, variant{"a NUL behind", `"{text}\u0000"`},
			variant{"a lone surrogate behind", `"{text}\ud800"`}, variant{"a stranger's behind", `"{text} {stranger}"`}),
		rewritten("iss", "iss",
			textVariant{label: "in upper case", change: strings.ToUpper},
			textVariant{label: "the host in upper case", change: swap("sts.example", "STS.example")},
			textVariant{label: "with the port", change: swap("sts.example", "sts.example:443")},
			textVariant{label: "with user information", change: swap("https://", "https://x@")},
			textVariant{label: "a dot behind the host", change: swap("sts.example", "sts.example.")},
			textVariant{label: "plain http", change: swap("https:", "http:")},
			textVariant{label: "no scheme", change: swap("https://", "")},
			textVariant{label: "a host behind ours", change: swap("sts.example", "sts.example.evil.example")},
			textVariant{label: "a host before ours", change: swap("sts.example", "evil-sts.example")},
			textVariant{label: "another alphabet", change: swap("sts.example", "st\u0455.example")},
			textVariant{label: "percent-encoded", change: swap("sts.example", "%73ts.example")},
			textVariant{label: "two slashes", change: swap("sts.example/", "sts.example//")},
			textVariant{label: "slashes escaped", change: func(s string) string { return strings.ReplaceAll(s, "/", `\/`) }},
			textVariant{label: "a letter escaped", change: swap("sts.example", `\u0073ts.example`)},
		),
		names(inClaims, "iss", "iss", `"{stranger}"`),
	)
}

// audMutations are about aud.
func audMutations() []mutation {
	return slices.Concat(
		[]mutation{absent(inClaims, "aud", "aud")},
		values(inClaims, "aud", "aud",
			variant{"null", `null`}, variant{"a number", `1`}, variant{"empty", `""`}, variant{"an empty list", `[]`},
			variant{"another", `"other"`}, variant{"another in a list", `["other"]`}, variant{"ours in a list", `["my-app"]`},
			variant{"ours first, then another", `["my-app","other"]`}, variant{"another first, then ours", `["other","my-app"]`},
			variant{"ours twice", `["my-app","my-app"]`}, variant{"ours and a number", `["my-app",5]`}, variant{"ours and null", `["my-app",null]`},
			variant{"ours and an empty one", `["my-app",""]`}, variant{"a list in a list", `[["my-app"]]`}, variant{"an object", `{"my-app":true}`},
			variant{"true", `true`}, variant{"in upper case", `"MY-APP"`}, variant{"a space behind", `"my-app "`}, variant{"a part of it", `"my"`},
			variant{"more behind it", `"my-app2"`}, variant{"several with commas", `"my-app,other"`}, variant{"several with spaces", `"my-app other"`},
			variant{"a list in a string", `"[\"my-app\"]"`}, variant{"a slash behind", `"my-app/"`},
			variant{"a letter escaped", `"\u006dy-app"`}, variant{"a star", `"*"`}, variant{"a NUL behind", `"my-app\u0000"`},
			variant{"ours and a lone surrogate", `["my-app","\ud800"]`}),
		values(inClaims, "aud", "aud size",
			variant{"ours behind 200 others", `[` + strings.Repeat(`"other",`, 200) + `"my-app"]`},
			variant{"ours behind 1100 others", `[` + strings.Repeat(`"",`, 1100) + `"my-app"]`}),
		names(inClaims, "aud", "aud", `"other"`),
		values(inClaims, "azp", "azp", variant{"another", `"other"`}),
	)
}

// rewritten are mutations that edit a claim's JSON text.
func rewritten(name, on string, variants ...textVariant) []mutation {
	return rewrittenIn(inClaims, name, on, variants...)
}
