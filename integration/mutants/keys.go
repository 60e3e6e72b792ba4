package main

const (
	sourceFile    = "verifier/source.go"
	clientFile    = "verifier/client.go"
	jwksFile      = "verifier/jwks.go"
	candidateFile = "verifier/candidate.go"
	rationFile    = "verifier/ration.go"
)

func keyMutants() []mutant {
	return []mutant{
		off("K1", "jwks_uri is the issuer's own", sourceFile, "if a.Scheme != b.Scheme || a.Host != b.Host {", `if a.Scheme == "" || b.Scheme == "" {`),
		off("K1", "redirects are not followed", clientFile, "		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },\n", ""),
		off("K1", "addresses are public", clientFile, "if public || g.allowPrivate ||", "if public || ip.IsValid() ||"),
		off("K1", "discovery is for the issuer", sourceFile, `if document["issuer"] != s.issuer {`, `if document["issuer"] == "" {`),
		off("K2", "a fetch ends in time", fetchFile, "ctx, cancel := context.WithTimeout(ctx, s.owner.config.Timeout)", "ctx, cancel := context.WithCancel(ctx)"),
		{row: "K2", control: "a bound on documents", edits: []edit{
			{sourceFile, "io.LimitReader(response.Body, maxDocument+1)", "io.LimitReader(response.Body, 1<<30)"},
			{sourceFile, "if len(text) > maxDocument {", "if len(text) > 1<<30 {"},
			{jwksFile, "if len(text) > maxDocument {", "if len(text) > 1<<30 {"},
		}},
		off("K2", "the answer is 200", sourceFile, "if response.StatusCode != http.StatusOK {", "if response.StatusCode < http.StatusOK {"),
		off("K3", "private keys are not used", jwksFile, "if _, there := member[name]; there {", "if _, there := member[name]; there && name == \"\" {"),
		off("K3", "use is sig", jwksFile, `there && use != "sig" {`, `there && use == "" {`),
		off("K3", "key_ops has verify", jwksFile, `if !mayVerify(member["key_ops"]) {`, `if member["key_ops"] == "" {`),
		off("K3", "RSA keys have 2048 bits", keyFile, "minRSABits = 2048", "minRSABits = 512"),
		off("K3", "exponents over 64 bits are not cut", jwksFile, ` && isShortExponent(member["e"])`, "").
			unseen("./verifier", "TestParseJWKSPassesOver"),
		off("K3", "alg is the key's own", jwksFile, "alg != string(k.algorithm) {", "alg == \"\" {"),
		off("K3", "two keys with one ID void each other", jwksFile, "delete(keys, id)\n	}", "_ = id\n	}"),
		off("K3", "keys of other kinds are passed over", jwksFile, "		if err != nil {\n			continue\n		}", "		if err != nil {\n			return nil, err\n		}"),
		off("K3", "a bound on keys", jwksFile, "keys[k.id] = k; len(keys) > maxKeys {", "keys[k.id] = k; len(keys) < 0 {"),
		off("K4", "one fetch a cooldown for unknown key IDs", fetchFile, "			s.lastForKID = f.began\n", "			_ = id\n"),
		off("K4", "a ration for new issuers", fetchFile, "if o.ration != nil && !s.trusted && !inStore {", "if o.ration != nil && s.trusted && !inStore {"),
		off("K5", "callers share one fetch", remoteFile, "	if s.current != nil {\n		return s.current, nil", "	if s.current != nil && s.current.inStore {\n		return s.current, nil"),
		off("K6", "max_stale", remoteFile, "now.Sub(s.fetched) > s.owner.config.MaxStale {", "now.Sub(s.fetched) < 0 {"),
		off("K6", "a failed fetch is not tried again at once", remoteFile, "s.failure == nil || now.Sub(s.failed) >= s.owner.config.Cooldown)", "s.failure == nil || now.Sub(s.failed) >= 0)"),
		off("K6", "good keys are stored", fetchFile, "		s.keep(f.began, text)\n", "		_ = text\n"),
		off("K7", "keys are refreshed after ttl", remoteFile, "if age > s.owner.config.TTL {\n				_, _", "if age < 0 {\n				_, _"),
	}
}

func reloadMutants() []mutant {
	return []mutant{
		off("K7", "a token that is remembered needs its key", cacheFile, "	if err != nil || key.fingerprint != r.fingerprint {", "	if err != nil && key.fingerprint == r.fingerprint {"),
		off("D1", "exp, each time a token is sent", claimsFile, "if !now.Before(t.Expiry.Add(v.leeway)) {", "if now.IsZero() {"),
		off("D1", "the clock is read after the key was waited for", cacheFile, "	from := v.trust.again(r.from)\n", "	began := v.now()\n	from := v.trust.again(r.from)\n").
			and(cacheFile, "	now := v.now() // and not before: the key may have been waited for\n", "	now := began\n").
			unseen("./verifier", "TestHitThatWaitedForItsKey"),
		off("D1", "only the same token shares a check", signedFile, "of := checkOf{token, key.fingerprint}", "of := checkOf{fingerprint: key.fingerprint}"),
		off("D1", "a token that is remembered is held against the clock", cacheFile, "		if c.check(v, now, from, r.result.Token) != nil {", "		if c.name != CheckExpiry && c.check(v, now, from, r.result.Token) != nil {"),
		off("D2", "a token that is remembered needs its issuer", cacheFile, "	if from == nil || !from.allows(r.algorithm) {", "	if from == nil {\n		from = r.from\n	}\n	if !from.allows(r.algorithm) {"),
		{row: "D2", control: "a configuration's trust ends with it", edits: []edit{
			{"caddymodule/provision.go", "	h.verifier, err = verifier.New(config)\n	found.add(err)\n}",
				"	if h.verifier, err = verifier.New(config); kept == nil {\n\t\tkept = h.verifier\n\t}\n\th.verifier = kept\n	found.add(err)\n}\n\nvar kept *verifier.Verifier"},
		}},
		off("D3", "nothing is remembered of a bad token", checkFile, "	described := *refusal\n",
			"	described := *refusal\n\tbad = append(bad, a.token+string(a.compact.payload))\n").and(checkFile, "func orNil(", "var bad []string\n\nfunc orNil("),
		off("D3", "a bound on the failures that are remembered", cacheFile, "MaximumSize: maxFailed,", "MaximumSize: 1000 * maxFailed,").
			unseen("./verifier", "TestFailuresAreBounded"),
		off("D4", "a signature that does not fit is checked once", cacheFile, "	return age >= 0 && age < failedTTL &&", "	return age < 0 &&").
			unseen("./verifier", "TestCacheSparesChecks"),
		off("D4", "a check gives back its place in the queue", signedFile, "		s.end(of, shared, s.check(c, key))\n		<-s.queue\n", "		s.end(of, shared, s.check(c, key))\n").
			unseen("./verifier", "TestCheckWithAFreeSlot"),
		off("D4", "a check that panics accepts nothing", signedFile, "err = fmt.Errorf(\"verifying signature: panic: %v\", p)", "err = nil").
			unseen("./verifier", "TestPanicInACheck"),
		off("D4", "a bound on signatures that wait", signedFile,
			"			s.end(of, shared, s.overloaded(\"%d signatures wait to be checked already\", cap(s.queue)-cap(s.slots)))\n", "			s.lead(of, shared, c, key)\n").
			unseen("./verifier", "TestSignatureChecksAreBounded"),
	}
}
