package verifier

import "testing"

// The examples of RFC 7520, section 4. They sign one sentence, which is no JSON.
const frodo = "" +
	"SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW" +
	"5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0" +
	"by4"

const (
	bilbo     = "bilbo.baggins@hobbiton.example"
	secretKid = "018c0ae5-4d9b-471b-bfd6-eef314bc7037"

	// Protected headers.
	rsaHeader    = "eyJhbGciOiJSUzI1NiJ9"
	hmacHeader   = "eyJhbGciOiJIUzI1NiJ9"
	secretHeader = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9"
)

func bilboRSA() jwkMap {
	return jwkMap{"kty": "RSA", "kid": bilbo, "use": "sig", "e": "AQAB", "n": "" +
		"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqV" +
		"wGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJls" +
		"de3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkq" +
		"gc5gHdrNP5zw"}
}

func bilboEC() jwkMap {
	return jwkMap{
		"kty": "EC", "kid": bilbo, "use": "sig", "crv": "P-521",
		"x": "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",
		"y": "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1",
	}
}

func secret() jwkMap {
	return jwkMap{"kty": "oct", "kid": secretKid, "use": "sig", "alg": "HS256", "k": "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"}
}

// rsaSignature is section 4.1: all that keeps it from being a token of ours is
// what it says.
func rsaSignature() example {
	return example{
		name: "4.1", algorithm: "RS256", key: bilboRSA(),
		input: "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + frodo,
		signature: "" +
			"MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoB" +
			"wA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0" +
			"ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vj" +
			"bU5y18kDquDg",
		reason: MalformedToken, hint: "payload: reading strict JSON",
	}
}

// firstOfThree is a signature of section 4.8, in compact form and thus without a
// kid, which stands outside the protected header there.
func firstOfThree() example {
	return example{
		name: "4.8, RS256", algorithm: "RS256", key: bilboRSA(),
		input: rsaHeader + "." + frodo,
		signature: "" +
			"MIsjqtVlOpa71KE-Mss8_Nq2YH4FGhiocsqrgi5NvyG53uoimic1tcMdSg-qptrzZc7CG6Svw2Y13TDIqHzTUrL_lR2ZFcryNFiHkSw129EghG" +
			"pwkpxaTn_THJTCglNbADko1MZBCdwzJxwqZc-1RlpO2HibUYyXSwO97BSe0_evZKdjvvKSgsIqjytKSeAMbhMBdMma622_BG5t4sdbuCHtFjp9" +
			"iJmkio47AIwqkZV1aIZsv33uPUqBBCXbYoQJwt7mxPftHmNlGoOSMxR_3thmXTCm4US-xiNOyhbm8afKK64jU6_TPtQHiJeQJxz9G3Tx-083B7" +
			"45_AfYOnlC9w",
		reason: MalformedToken, hint: "header: kid is missing",
	}
}

func TestRFC7520Verifies(t *testing.T) {
	verifies(t, rsaSignature())
	verifies(t, firstOfThree())
	keys, err := parseJWKS(jwks(bilboRSA(), bilboEC(), secret()))
	if err != nil {
		t.Fatal(err)
	}
	if _, reason := checkForm(t, keys, rsaSignature().compact()); reason != "" {
		t.Errorf("4.1 was refused: %s", reason)
	}
}

// Section 4.1 is the control of 4.2 to 4.4, which are of other algorithms: it gets
// past the header.
func TestRFC7520IsRefused(t *testing.T) {
	pss := example{
		name: "4.2", algorithm: "PS384", key: bilboRSA(), reason: AlgorithmNotAllowed,
		input: "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + frodo,
		signature: "" +
			"cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPp" +
			"cbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lf" +
			"JT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifK" +
			"o8DYM-X72Eaw",
	}
	ecdsa := example{
		name: "4.3", algorithm: "ES512", key: bilboEC(), reason: AlgorithmNotAllowed,
		input: "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + frodo,
		signature: "" +
			"AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMD" +
			"xXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
	}
	hmac := example{
		name: "4.4", algorithm: "HS256", key: secret(), reason: AlgorithmNotAllowed,
		input: secretHeader + "." + frodo, signature: "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0",
	}
	refused(t, []example{rsaSignature(), firstOfThree(), pss, ecdsa, hmac})

	detached := hmac
	detached.name, detached.reason, detached.hint = "4.5", MalformedToken, "payload: it is empty"
	detached.sent = part(hmac.compact(), 1, func(string) string { return "" })
	// The two dots of Bilbo's address make three parts of it.
	flattened := firstOfThree()
	flattened.name, flattened.hint = "4.8's first, flattened", "header: it has a character outside of base64url"
	flattened.sent = jsonForm(map[string]any{
		"payload": frodo, "protected": rsaHeader, "header": jwkMap{"kid": bilbo}, "signature": flattened.signature,
	})
	refused(t, append(jsonExamples(hmac, firstOfThree()), detached, flattened))
}

// jsonExamples are those that have a JSON form alone, with a header that is not
// protected. Each is given in both JSON forms, where it has both.
func jsonExamples(hmac, first example) (examples []example) {
	add := func(e example, name string, text map[string]any) {
		text["payload"] = frodo
		e.name, e.sent, e.reason, e.hint = name, jsonForm(text), MalformedToken, "parts, a JWT has 3"
		examples = append(examples, e)
	}
	specific, content, third := hmac, hmac, hmac
	specific.input, specific.signature = hmacHeader+"."+frodo, "bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20"
	content.input, content.signature = "."+frodo, "xuLifqLGiblpv9zBpuZczWhNj1gARaLV3UxvxhJxZuk"
	second := example{
		algorithm: "ES512", key: bilboEC(), input: "." + frodo, signature: "" +
			"ARcVLnaJJaUWG8fG-8t5BREVAuTY8n8YHjwDO1muhcdCoFZFFjfISu0Cdkn9Ybdlmi54ho0x924DUz8sK7ZXkhc7AFM8ObLfTvNCrqcI3Jkl2U" +
			"5IX3utNhODH6v7xgy1Qahsn0fyb4zSAkje8bAWz4vIfj5pCMYxxm4fgV3q7ZYhm5eD",
	}
	kid := func(kid string) map[string]any { return map[string]any{"kid": kid} }
	all := func(alg, kid string) map[string]any { return map[string]any{"alg": alg, "kid": kid} }
	member := func(e example, protected string, header map[string]any) map[string]any {
		m := map[string]any{"signature": e.signature}
		if protected != "" {
			m["protected"] = protected
		}
		if header != nil {
			m["header"] = header
		}
		return m
	}
	of46 := member(specific, hmacHeader, kid(secretKid))
	of47 := member(content, "", all("HS256", secretKid))
	add(specific, "4.6, general", map[string]any{"signatures": []any{of46}})
	add(specific, "4.6, flattened", of46)
	add(content, "4.7, general", map[string]any{"signatures": []any{of47}})
	add(content, "4.7, flattened", of47)
	for _, signer := range []example{first, second, third} {
		add(signer, "4.8, with "+signer.algorithm, map[string]any{"signatures": []any{
			member(first, rsaHeader, kid(bilbo)), member(second, "", all("ES512", bilbo)),
			member(third, secretHeader, nil),
		}})
	}
	return examples
}
