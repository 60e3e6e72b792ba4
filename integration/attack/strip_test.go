package attack

import (
	"slices"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// matched is a site with a part that is open, in groups of which each could
// skip what stands beside it.
const matched = `
	aws_jwt /admin* {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
	}
	handle /open* {
		reverse_proxy UPSTREAM
	}
	handle {
		reverse_proxy UPSTREAM
	}`

// lenient has Caddy let names with "_" and "." in, which it drops otherwise, on
// the listener with TLS.
const lenient = `
	global servers {
	global expected_underscore_headers x_* x-aws_* x-aws-token_* x-aws-tokens_* x_aws.token_org.id x_aws.tokens_org.id
	global expected_dot_headers x.* x-aws-token.* x-aws-tokens.*
	global }
	aws_jwt /orders* {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
	}
	reverse_proxy UPSTREAM`

var secured = []protocol{h1TLS, h2}

// stripProbes: the client's own identity fields where the token lacks the
// attribute, as in CVE-2025-64484 (oauth2-proxy read X_Forwarded_Email for
// X-Forwarded-Email) and CVE-2026-30851 (Caddy kept what forward_auth should
// have replaced). Each control sends the same under a name that is nobody's.
func stripProbes() []probe {
	return slices.Concat(spellingProbes(), repetitionProbes(), wireSpellingProbes(), strippedPathProbes(), copiedFieldProbes())
}

func spellingProbes() []probe {
	token := bareToken()
	var probes []probe
	add := func(site string, by []protocol, name, forged, neighbour string) {
		probes = append(probes, probe{
			name: name, site: site, by: by,
			attack: call(token, field{forged, evil}), disarmed: all(carries(bare), unforged),
			control: call(token, field{neighbour, evil}), intact: all(carries(bare), has(neighbour, evil)),
		})
	}
	add(plain, every, "an attribute that the token lacks", "X-Aws-Token-Org-Id", "X-Aws-Tokens-Org-Id")
	add(plain, every, "an attribute that the token has", "X-Aws-Token-Sub", "X-Aws-Tokens-Sub")
	add(plain, every, "in capitals", "X-AWS-TOKEN-ORG-ID", "X-AWS-TOKENS-ORG-ID")
	add(plain, every, "in lower case", "x-aws-token-org-id", "x-aws-tokens-org-id")
	add(plain, every, "no attribute of the namespace", "X-Aws-Token-Anything", "X-Aws-Token")
	add(plain, every, "the namespace alone", "X-Aws-Token-", "X-Aws-Token")
	add(plain, every, "a configured field", "X-Team", "X-Teams")
	add(plain, every, "a configured field in mixed case", "x-tEaM", "x-tEaMs")
	add(plain, every, "other bytes between the words", "X!Aws~Token+Org*Id", "X!Aws~Tokens+Org*Id")
	add(plain, every, "odder bytes between the words", "X^Aws|Token`Org'Id", "X^Aws|Tokens`Org'Id")
	add(plain, every, "a configured field with another byte", "X~Team", "X~Teams")
	// Caddy drops these two by itself, unless told otherwise.
	add(lenient, secured, "underscores", "x_aws_token_org_id", "x_aws_tokens_org_id")
	add(lenient, secured, "one underscore", "X-Aws-Token_Org-Id", "X-Aws-Tokens_Org-Id")
	add(lenient, secured, "an underscore in the namespace", "X-Aws_Token-Org-Id", "X-Aws_Tokens-Org-Id")
	add(lenient, secured, "dots", "X.Aws.Token.Org.Id", "X.Aws.Tokens.Org.Id")
	add(lenient, secured, "a dot behind the namespace", "X-Aws-Token.Org-Id", "X-Aws-Tokens.Org-Id")
	add(lenient, secured, "underscores and dots", "x_aws.token_org.id", "x_aws.tokens_org.id")
	add(lenient, secured, "a configured field with an underscore", "x_team", "x_teams")
	add(lenient, secured, "a configured field with a dot", "X.Team", "X.Teams")
	return probes
}

// repetitionProbes: a filter that looks at the first value, or at one that is
// not empty, misses the others.
func repetitionProbes() []probe {
	token := bareToken()
	forged, neighbour := field{"X-Aws-Token-Org-Id", evil}, field{"X-Kept", "kept"}
	bearer := field{"Authorization", "Bearer " + token}
	var probes []probe
	add := func(name string, fields ...field) {
		probes = append(probes, probe{
			name: name, attack: request{fields: append(fields, neighbour)}, disarmed: all(carries(bare), unforged, has("X-Kept", "kept")),
			control: request{fields: []field{bearer, neighbour}}, intact: all(carries(bare), has("X-Kept", "kept")),
		})
	}
	add("twice", bearer, forged, forged)
	add("before and after the credential", forged, bearer, forged)
	add("a hundred times", append(slices.Repeat([]field{forged}, 100), bearer)...)
	add("a hundred names", append(numbered("X-Aws-Token-", 100), bearer)...)
	add("an empty value", bearer, field{"X-Aws-Token-Org-Id", ""}, field{"X-Team", ""})
	add("an empty value first", bearer, field{"X-Team", ""}, field{"X-Team", evil})
	add("spaces and tabs round the value", bearer, field{"X-Team", " \t evil\t "})
	add("a list", bearer, field{"X-Team", "orders, evil"})
	add("two cases", bearer, field{"X-TEAM", evil}, field{"x-team", evil})
	return probes
}

func numbered(prefix string, n int) []field {
	fields := make([]field, n)
	for i := range fields {
		fields[i] = field{prefix + string(rune('a'+i/26)) + string(rune('a'+i%26)), evil}
	}
	return fields
}

// wireSpellingProbes are spellings that only HTTP/1.1 has.
func wireSpellingProbes() []probe {
	token := bareToken()
	bearer := "Authorization: Bearer " + token
	var probes []probe
	add := func(name string, attack, control request, disarmed func(stack.Arrival) string) {
		probes = append(probes, probe{
			name: name, by: onlyH1, attack: attack, control: control,
			disarmed: all(carries(bare), disarmed), intact: all(carries(bare), has("X-Kept", evil)),
		})
	}
	add("no space after the colon", rawGet(bearer, "X-Team:evil"), rawGet(bearer, "X-Kept:evil"), unforged)
	add("a folded value", rawGet(bearer, "X-Team: a,", "\tevil"), rawGet(bearer, "X-Kept:", "\tevil"), unforged)
	// A line that begins with a space belongs to the one before (RFC 9112,
	// section 5.2), and must not become one of its own on the way.
	add("a field folded into another", rawGet(bearer, "X-Kept: kept", " X-Team: evil"), rawGet(bearer, "X-Kept:", " evil"),
		has("X-Kept", "kept X-Team: evil"))
	// Lines that end in LF alone are lines, too (RFC 9112, section 2.2).
	add("behind a bare line feed", rawGet(bearer, "X-Kept: kept\nX-Team: evil\nX-Aws-Token-Org-Id: evil"),
		rawGet(bearer, "X-Other: kept\nX-Kept: evil"), all(unforged, has("X-Kept", "kept")))
	return probes
}
