package main

const (
	cacheFile        = "verifier/cache.go"
	claimsFile       = "verifier/claims.go"
	trustFile        = "verifier/trust.go"
	organizationFile = "verifier/organization.go"
	remoteFile       = "verifier/remote.go"
	fetchFile        = "verifier/remotefetch.go"
)

func issuerMutants() []mutant {
	return []mutant{
		off("I1", "the org_id of an organization's token", organizationFile, "case i.orgs == nil || slices", "case i.orgs != nil || slices"),
		off("I1", "an issuer is one of those that are trusted", trustFile, "	if t.organization != nil {\n		return t.organization.find(url)",
			"	for _, i := range t.listed {\n\t\treturn i\n\t}\n	if t.organization != nil {\n		return t.organization.find(url)"),
		{row: "I2", control: "issuers are compared with their case", edits: []edit{
			{trustFile, `import "fmt"`, "import (\n\t\"fmt\"\n\t\"strings\"\n)"},
			{trustFile, "	if i := t.listed[url]; i != nil {\n		return i\n	}", "	for known, i := range t.listed {\n\t\tif strings.EqualFold(known, url) {\n\t\t\treturn i\n\t\t}\n\t}"},
			{checkFile, "if a.from != nil && decoded.Issuer != a.from.URL {", "if decoded.Issuer == \"\" {"},
		}},
		{row: "I2", control: "issuers are compared with their last slash", edits: []edit{
			{trustFile, `import "fmt"`, "import (\n\t\"fmt\"\n\t\"strings\"\n)"},
			{trustFile, "if i := t.listed[url]; i != nil {", `if i := t.listed[strings.TrimSuffix(url, "/")]; i != nil {`},
			{checkFile, "if a.from != nil && decoded.Issuer != a.from.URL {", "if decoded.Issuer == \"\" {"},
		}},
		off("I3", "a key is one issuer's alone", fetchFile, "	s.keys, s.fetched, s.failure, s.stored = keys, f.began, nil, false",
			"	for _, other := range s.owner.sets {\n\t\tother.keys, other.fetched = keys, f.began\n\t}\n	s.keys, s.fetched, s.failure, s.stored = keys, f.began, nil, false"),
		off("I4", "the accounts that an issuer may speak for", claimsFile, "if len(from.Accounts) > 0 && !slices", "if len(from.Accounts) < 0 && !slices"),
		off("I4", "sub is of the account", claimsFile, "if t.Principal.AccountID != t.AccountID {", "if t.Principal.AccountID == \"\" {"),
		off("I4", "an account has 12 digits", decodeFile, "if !IsAccountID(t.AccountID) {", "if t.AccountID == \"\" {"),
		off("I5", "the token is made out to us", claimsFile, "if slices.Contains(from.Audiences, a) {", "if a != \"\" {"),
		off("I5", "single_audience", claimsFile, "if v.singleAudience && len(audience) > 1 {", "if v.singleAudience && len(audience) < 0 {"),
		off("I5", "aud is there", decodeFile, "if len(t.Audience) == 0 {", "if len(t.Audience) < 0 {"),
		off("I6", "exp", claimsFile, "if !now.Before(t.Expiry.Add(v.leeway)) {", "if now.IsZero() {"),
		off("I6", "iat and nbf", claimsFile, "if start.at.After(limit) {", "if start.at.After(limit.AddDate(1000, 0, 0)) {"),
		off("I6", "max_lifetime", claimsFile, "lifetime > v.maxLifetime {", "lifetime < 0 {"),
		off("I6", "times are in digits alone", readerFile, "	seconds, err := strconv.ParseUint(number.String(), 10, 63)\n",
			"	float, err := strconv.ParseFloat(number.String(), 64)\n\tseconds := uint64(float)\n"),
		off("I6", "exp comes after iat", decodeFile, "if !t.Expiry.After(t.IssuedAt) {", "if t.Expiry.IsZero() {"),
	}
}
