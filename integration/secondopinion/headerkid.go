package main

import (
	"slices"
	"strings"
)

// kidMutations are about kid.
func kidMutations() []mutation {
	return slices.Concat(
		[]mutation{absent(inHeader, "kid", "kid")},
		values(inHeader, "kid", "kid",
			variant{"null", `null`}, variant{"a number", `0`}, variant{"empty", `""`},
			variant{"a list", `[{value}]`}, variant{"an object", `{"kid":{value}}`}, variant{"true", `true`},
			variant{"unknown", `"EC384_9"`}, variant{"of a generation to come", `"EC384_1"`},
			variant{"in lower case", `"ec384_0"`}, variant{"a space behind", `"{text} "`},
			variant{"a space before", `" {text}"`}, variant{"a NUL behind", `"{text}\u0000"`},
			variant{"a path", `"../../{text}"`}, variant{"a statement", `"{text}' OR '1'='1"`},
			variant{"an issuer before", `"{other}/{text}"`}, variant{"in other digits", `"EC384_\u0660"`},
			variant{"a letter escaped", `"\u0045C384_0"`}, variant{"unknown and long", quote(strings.Repeat("k", 800))},
			variant{"a lone surrogate behind", `"{text}\ud800"`}),
		names(inHeader, "kid", "kid", `"EC384_9"`),
	)
}

// typMutations are about typ.
func typMutations() []mutation {
	return slices.Concat(
		[]mutation{absent(inHeader, "typ", "typ")},
		values(inHeader, "typ", "typ",
			variant{"null", `null`}, variant{"a number", `1`}, variant{"empty", `""`}, variant{"a list", `["JWT"]`},
			variant{"in lower case", `"jwt"`}, variant{"an access token's", `"at+jwt"`}, variant{"a media type", `"application/jwt"`},
			variant{"JOSE", `"JOSE"`}, variant{"a logout token's", `"logout+jwt"`}, variant{"a proof of possession's", `"dpop+jwt"`},
			variant{"a space behind", `"JWT "`}, variant{"a letter escaped", `"\u004aWT"`}),
		names(inHeader, "typ", "typ", `"JOSE"`),
	)
}
