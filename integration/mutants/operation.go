package main

const (
	decisionFile = "caddymodule/decision.go"
	respondFile  = "caddymodule/respond.go"
)

func operationMutants() []mutant {
	return []mutant{
		off("O1", "no part of a token in the log", checkFile, `"issuer %s is not trusted here", quote(a.claimed.Issuer))`,
			`"issuer %s is not trusted here: %s", quote(a.claimed.Issuer), quote(a.token[len(a.token)/2:]))`),
		off("O1", "no part of a token in an answer", respondFile, "	// A client that is gone", "	body = append(body, visitOf(r).credential.token...)\n	// A client that is gone"),
		off("O2", "texts are cut", decisionFile, "	if len(text) > limit {", "	if len(text) > 64*limit {"),
		off("O2", "control characters are replaced", decisionFile, "		if r >= 0x7F && unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {", "		if r == utf8.RuneError {").
			and(decisionFile, "	\"unicode\"\n", "	\"unicode\"\n	\"unicode/utf8\"\n"),
		off("O3", "one body for each status", respondFile, "http.StatusText(a.status), a.status})", "refused.reason, a.status})"),
		off("O3", "the challenge tells no reason", "caddymodule/refusal.go", "	if explain {", "	if explain || r.reason != \"\" {"),
		off("O4", "a file that is missing is an error", trustFile, "newIssuersFile(c.IssuersFile, m, t.listed); err != nil {", "newIssuersFile(c.IssuersFile, m, t.listed); err != nil && t.file != nil {").
			and(trustFile, "t.file.len() == 0 && c.Organization == nil {", "t.file != nil && t.file.len() == 0 && c.Organization == nil {"),
		off("O4", "mode audit lets only the policy's refusals pass", serveFile, "if h.Mode != modeAudit || refused.answer() != insufficientScope {", "if h.Mode != modeAudit {"),
		off("O4", "only optional lets a request without a token pass", serveFile, `case c.token == "" && h.Optional:`, `case c.token == "" && (h.Optional || h.policy != nil):`),
		off("O4", "under optional a bad token is refused", serveFile, "	result, err := h.verify(r, v)\n	if err != nil {\n",
			"	result, err := h.verify(r, v)\n	if err != nil && h.Optional {\n		v.passed = anonymous\n		return nil\n	}\n	if err != nil {\n"),
	}
}
