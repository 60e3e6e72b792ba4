package main

import "slices"

// timeMutations are about exp, iat and nbf.
func timeMutations() []mutation {
	return slices.Concat(
		[]mutation{absent(inClaims, "exp", "exp iat"), absent(inClaims, "iat", "exp iat"), absent(inClaims, "nbf", "nbf")},
		forms("exp", "exp iat"), forms("iat", "exp iat"), nbfForms(),
		values(inClaims, "exp", "exp iat",
			variant{"an hour ago", `{now-3600}`}, variant{"a second ago", `{now-1}`}, variant{"now", `{now-0}`},
			variant{"an hour ago, as a string", `"{now-3600}"`}, variant{"an hour ago, with a fraction", `{now-3600}.5`},
			variant{"in two hours", `{now+7200}`}, variant{"in ten years", `{now+315360000}`},
			variant{"in milliseconds", `{value}000`}, variant{"the last second of 9999", `253402300799`}, variant{"after the year 9999", `253402300800`}),
		values(inClaims, "iat", "exp iat",
			variant{"a minute ahead", `{now+60}`}, variant{"a day ahead", `{now+86400}`}, variant{"a day ago", `{now-86400}`},
			variant{"now", `{now-0}`}, variant{"in milliseconds", `{value}000`}),
		values(inClaims, "nbf", "nbf",
			variant{"now", `{now-0}`}, variant{"an hour ago", `{now-3600}`}, variant{"in 1970", `0`}, variant{"a minute ahead", `{now+60}`},
			variant{"an hour ahead", `{now+3600}`}, variant{"an hour ahead, as a string", `"{now+3600}"`}, variant{"after the year 9999", `253402300800`}),
		[]mutation{
			spanned("as long as AWS allows", 3600), spanned("a second longer than AWS allows", 3601),
			spanned("none", 0), spanned("negative", -60),
		},
		names(inClaims, "exp", "exp iat", `{now-3600}`),
		names(inClaims, "iat", "exp iat", `{now+86400}`),
	)
}

// forms are ways to write a time that is right, and what is none.
func forms(name, on string) []mutation {
	return values(inClaims, name, on,
		variant{"null", `null`}, variant{"true", `true`}, variant{"a list", `[{value}]`}, variant{"an object", `{}`},
		variant{"a string", `"{value}"`}, variant{"a text", `"tomorrow"`}, variant{"an empty string", `""`},
		variant{"a whole number with a fraction", `{value}.0`}, variant{"with a fraction", `{value}.5`},
		variant{"with an exponent", `{value}e0`}, variant{"with a large exponent", `{value}E+18`}, variant{"beyond a double", `1e400`},
		variant{"negative", `-{value}`}, variant{"zero", `0`}, variant{"minus zero", `-0`},
		variant{"over 64 bits", `99999999999999999999`}, variant{"64 bits", `9223372036854775807`},
		variant{"a leading zero", `0{value}`}, variant{"a plus sign", `+{value}`}, variant{"in hexadecimal", `0x7fffffff`},
		variant{"a date", `"2099-01-01T00:00:00Z"`})
}

// nbfForms are those for nbf, which a good token does not have.
func nbfForms() []mutation {
	return values(inClaims, "nbf", "nbf",
		variant{"null", `null`}, variant{"true", `true`}, variant{"a list", `[{now-60}]`}, variant{"an object", `{}`},
		variant{"a string", `"{now-60}"`}, variant{"a text", `"yesterday"`}, variant{"an empty string", `""`},
		variant{"with a fraction", `{now-60}.5`}, variant{"with an exponent", `{now-60}e0`}, variant{"beyond a double", `1e400`},
		variant{"negative", `-1`}, variant{"minus zero", `-0`}, variant{"64 bits", `9223372036854775807`}, variant{"over 64 bits", `99999999999999999999`})
}
