package main

const (
	headersFile   = "identity/headers.go"
	assertionFile = "identity/assertion.go"
	subjectFile   = "identity/subject.go"
	formFile      = "caddymodule/exchangerequest.go"
	tradeFile     = "caddymodule/trade.go"
	scheduleFile  = "caddymodule/signing/schedule.go"
	keysFile      = "caddymodule/signing/keys.go"
	changeFile    = "caddymodule/signing/change.go"
	lookFile      = "caddymodule/signing/look.go"

	signingPackage = "./caddymodule/signing"
)

func assertionMutants() []mutant {
	return []mutant{
		off("S1", "the field of assertions is removed, whatever it is called", headersFile, "		h.outside = append(h.outside, h.asserts)\n", ""),
		off("S1", "identity fields are removed", stripFile, "		case managed.manage(key):\n			delete(r.Header, key)", "		case managed.manage(key):\n			_ = key"),
		off("S2", "a tag is one segment of a SPIFFE ID", subjectFile, "		if c, found := foreignToSegment(text); found {", "		if c, found := foreignToSegment(text); found && s == nil {").
			and("identity/spiffeid.go", "		if c, found := foreignToSegment(segment); found {", "		if c, found := foreignToSegment(segment); found && path == \"\" {"),
		off("S2", "no segment leads up", subjectFile, "		problem = spiffePathProblem(path)\n", "		problem = spiffePathProblem(strings.ReplaceAll(path, \"..\", \"x\"))\n"),
		off("S2", "no tag is a SPIFFE ID by itself", subjectFile, "	case len(text) >= len(spiffeScheme) && strings", "	case len(text) < len(spiffeScheme) && strings"),
		off("S2", "a part of an identity is none", subjectFile, "		if text == \"\" {\n			return", "		if text == \"\" && t == nil {\n			return"),
		off("S2", "something keeps two tags apart", subjectFile, "		case open != nil && !isOfOneLength", "		case open != nil && s == nil && !isOfOneLength"),
		off("S2", "callers do not name themselves", subjectFile, "	if attributes > 0 && chosen == attributes {", "	if attributes == 0 && chosen > 0 {"),
		off("S3", "a JWT is made out to who was asked for", assertionFile, "		a.issuer, sub, audience, now.Unix()", "		a.issuer, sub, a.audiences[len(a.audiences)-1], now.Unix()"),
		off("S4", "an audience is one of the list", tradeFile, "	if !slices.Contains(e.Audiences, asked.audience) {", "	if !slices.Contains(append(e.Audiences, asked.audience), asked.audience) {").
			and(assertionFile, "	if !slices.Contains(a.audiences, audience) {", "	if !slices.Contains(append(a.audiences, audience), audience) {"),
		off("S4", "a parameter stands there once", formFile, "		if len(form[name]) > 1 {", "		if len(form[name]) > 9 {"),
		off("S4", "the policy decides on who trades", tradeFile, "	refused := h.decide(r, v)\n", "	refused := h.decide(r, v)\n	if v.result != nil {\n		refused = nil\n	}\n"),
		off("S4", "a token of the form alone", tradeFile, "[]string{\"Bearer \" + asked.token}", "append(r.Header[\"Authorization\"], \"Bearer \"+asked.token)[:1]"),
		off("S4", "nothing outlives the token that it is signed for", assertionFile, "	if t.Expiry.Before(expiry) {", "	if t.Expiry.Before(now) {"),
		off("S4", "a key is published for its lead before it signs", scheduleFile, "toMake{algorithm, now.Add(s.lead)}), true", "toMake{algorithm, now}), true").
			unseen(signingPackage, "TestRotation"),
		off("S4", "a key is published for a rotation after it has signed", scheduleFile, "!have[i+1].activeFrom.Add(s.rotation).After(now)", "!have[i+1].activeFrom.After(now)").
			unseen(signingPackage, "TestRotation"),
		off("S4", "keys that were read too long ago sign nothing", keysFile, "age >= s.schedule.lead {", "age >= 1000*s.schedule.lead {").
			unseen(signingPackage, "TestStorageFailsLater"),
		off("S4", "nobody keeps old keys beyond the lead", scheduleFile, "min(s.maxAge, s.lead-age)", "min(s.maxAge, s.lead)").
			unseen(signingPackage, "TestMaxAgeOfOldKeys"),
		off("S4", "keys that cannot be read are not written over", lookFile, "		return nil, fmt.Errorf(\"reading signing keys", "		return nil, nil\n	}\n	if err != nil {\n		return nil, fmt.Errorf(\"reading signing keys").
			unseen(signingPackage, "TestStoredKeysThatCannotBeRead"),
		off("S4", "a lock is not relied on for long", changeFile, "held < 0 || held > maxHold", "held < 0").
			unseen(signingPackage, "TestLockIsNotReliedOnForLong"),
		off("S4", "the keys are looked at again under the lock", changeFile, "	d, err := s.load(ctx)\n	if err != nil {\n		return Failed, err\n	}\n	due", "	var d *document\n	due").
			unseen(signingPackage, "TestFirstUseMakesOneKey"),
	}
}
