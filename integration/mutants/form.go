package main

const (
	compactFile     = "verifier/compact.go"
	objectFile      = "awstoken/object.go"
	readerOfObjects = "awstoken/objectreader.go"
	readerOfStrings = "awstoken/stringreader.go"
	decodeFile      = "awstoken/decode.go"
	readerFile      = "awstoken/claimreader.go"
	keyFile         = "verifier/key.go"
	checkFile       = "verifier/step.go"
	issuerFile      = "verifier/issuer.go"
	joseFile        = "verifier/jose.go"
	signedFile      = "verifier/signature.go"
	bearerFile      = "caddymodule/bearer.go"
)

// anyAlgorithm lets a token name whatever algorithm it likes.
var anyAlgorithm = []edit{
	{keyFile, "return a == RS256 || a == ES384 }", `return a != "" }`},
	{issuerFile, "return slices.Contains(i.Algorithms, a) }", "return slices.Contains(i.Algorithms, i.Algorithms[0]) }"},
}

func formMutants() []mutant {
	list := []mutant{
		off("C1", "a bearer token has no characters but b64token's", bearerFile, "case rest[0] != ' ' || !isB64Token(rest[1:]):", "case rest[0] != ' ':"),
		{row: "C2", control: "the list of algorithms", edits: anyAlgorithm},
		{row: "C3", control: "the list of algorithms, and the key's own", edits: append(anyAlgorithm[:len(anyAlgorithm):len(anyAlgorithm)],
			edit{checkFile, "if key.algorithm != a.compact.algorithm {", "if key.algorithm == \"\" {"})},
		off("C4", "typ is JWT or absent", compactFile, `there && typ != "JWT" {`, `there && typ == "" {`),
	}
	for _, name := range []string{"crit", "b64", "jku", "x5u", "x5c", "jwk", "zip"} {
		list = append(list, off("C4", name+" is refused in a header", compactFile, `"`+name+`", `, ""))
	}
	return append(list,
		off("C4", "cty is refused in a header", compactFile, `, "cty"}`, `}`),
		off("C5", "a name stands once in an object", readerOfObjects, "[name]; twice {", "[name]; twice && name == \"\" {"),
		off("C5", "claims' names have one case", decodeFile, "if k := UnknownCase(name, known); k != \"\" {", "if k := UnknownCase(name, known); k == \"-\" {"),
		off("C5", "a header's names have one case", compactFile, "known != \"\" {", "known == \"-\" {"),
		off("C5", "the text is UTF-8", objectFile, "if !utf8.Valid(text) {", "if utf8.RuneCount(text) < 0 {"),
		off("C5", "no lone surrogates", readerOfStrings, "if !utf16.IsSurrogate(unit) {", "if unit >= 0 {"),
		off("C5", "a bound on depth", objectFile, "depth++; depth > MaxDepth {", "depth++; depth > 1<<30 {"),
		off("C5", "nothing stands behind the object", objectFile, "r.at != len(r.text) {", "r.at > len(r.text) {"),
		off("C5", "a bound on depth, wherever the brackets stand", objectFile, "if opened <= MaxDepth && opened", "if opened"),
		off("C5", "a control character is escaped", readerOfStrings, "		case c < ' ':\n			return \"\", errNotJSON\n		}\n		r.at++\n", "		}\n		r.at++\n"),
		off("C6", "base64 has no unused bits and no padding", compactFile, "base64.RawURLEncoding.Strict()", "base64.RawURLEncoding"),
		off("C6", "base64 has no line ends", compactFile, "case strings.IndexByte(s, '\\r') >= 0 || strings.IndexByte(s, '\\n') >= 0, err != nil", "case err != nil").
			unseen("./verifier", "TestVerifyRefusesForms"),
		off("C7", "a bound on the token's size", compactFile, "if len(token) > MaxTokenSize {", "if len(token) > 64*MaxTokenSize {"),
		off("C7", "a token has three segments", compactFile, `+ 1; n != 3 {`, `+ 1; n < 3 {`),
		off("C7", "a bound on a header's size", compactFile, "if len(header) > maxHeaderSize {", "if len(header) > 64*maxHeaderSize {"),
		off("C7", "a bound on the values of an object", objectFile, "if values > MaxValues {", "if values > 64*MaxValues {"),
		off("C8", "kid is a string", compactFile, `if !ok || kid == "" {`, `if !ok && kid != "" {`),
		off("C9", "signatures are checked", joseFile, "		err = verifier.Verify([]byte(signingInput), signature, key.public)\n", "		_ = verifier\n"),
		off("C6", "signatures are over the bytes that came", checkFile, "	c, refusal := parseCompact(a.token)\n",
			"	if segments := strings.Split(a.token, \".\"); len(segments) == 3 {\n		if header, err := decodeSegment(segments[0]); err == nil {\n"+
				"			segments[0] = strictBase64.EncodeToString([]byte(strings.TrimSpace(string(header))))\n			a.token = strings.Join(segments, \".\")\n		}\n	}\n	c, refusal := parseCompact(a.token)\n").
			and(checkFile, "	\"errors\"\n", "	\"errors\"\n	\"strings\"\n"),
	)
}
