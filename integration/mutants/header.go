package main

const (
	stripFile    = "identity/strip.go"
	nameFile     = "identity/name.go"
	trailersFile = "identity/trailers.go"
	encodeFile   = "identity/encode.go"
	serveFile    = "caddymodule/serve.go"
	visitFile    = "caddymodule/visit.go"
	targetFile   = "caddymodule/target.go"
	upgradeFile  = "caddymodule/upgrade.go"
	streamFile   = "caddymodule/stream.go"
	basicFile    = "caddymodule/basic.go"
	tokensFile   = "caddymodule/tokensource.go"
)

func headerMutants() []mutant {
	return []mutant{
		off("H1", "identity fields are removed", stripFile, "		case managed.manage(key):\n			delete(r.Header, key)", "		case managed.manage(key):\n			_ = key"),
		off("H1", "every field of the namespace is removed", nameFile, "if len(name) >= len(namespace) && sameName(name[:len(namespace)], namespace) {", "if sameName(name, namespace+\"sub\") {"),
		off("H1", "the configured fields are removed", nameFile, "	return nameIn(name, n.fields) || nameIn(name, n.also)", "	return nameIn(name, n.also)"),
		off("H1", "names are compared without their case", nameFile, "		return c + ('a' - 'A')", "		return c"),
		off("H1", "an underscore or a dot in a name is a dash", nameFile, "	return '-'\n", "	return c\n"),
		off("H1", "fields are removed where a matcher leaves a path open", serveFile, "	h.headers.Strip(r)\n", ""),
		off("H2", "Connection names no identity field", stripFile, "case listsNames(key) && managed.listed(values):", "case listsNames(key) && len(values) == 0:"),
		off("H3", "trailers that arrive behind the body are removed", stripFile, "	if mayHaveTrailers(r) {", "	if mayHaveTrailers(r) && r.URL == nil {"),
		off("H4", "values are percent-encoded", encodeFile, "	if unsafe == 0 {", "	if unsafe >= 0 {"),
		off("H4", "a bound on values", encodeFile, "const maxValue = 4096", "const maxValue = 1 << 20"),
		off("H5", "the credential is taken out of the request", bearerFile, "		delete(header, name)\n", ""),
		off("H6", "there is one credential", bearerFile, "	case 1:\n", "	default:\n"),
		off("H6", "no Bearer behind another scheme", bearerFile, "joined != \"\" {", "joined != \"\" && rest == \"\" {"),
		off("H6", "one space behind Bearer", bearerFile, "case rest[0] != ' ' || !isB64Token(rest[1:]):\n		return credential{malformed:",
			"case rest[0] != ' ':\n		return credential{malformed:").
			and(bearerFile, "	return credential{field: field, token: rest[1:]}", "	return credential{field: field, token: strings.TrimSpace(rest)}"),
		off("H10", "the connection of a refused request ends if its body was not read", respondFile, "	w.Header().Set(\"Connection\", \"close\")\n", "").
			unseen("./caddymodule", "TestRefusalOverTheWire"),
		off("H11", "Basic is read only where it is a source", bearerFile, `from.has(basicTokens) && strings.EqualFold(scheme, "Basic")`, `strings.EqualFold(scheme, "Basic")`),
		off("H11", "no Basic behind another scheme", bearerFile, `from.has(basicTokens) && strings.EqualFold(words[0], "Basic")`, `from.has(basicTokens) && words[0] == ""`),
		off("H11", "base64 in its one form", basicFile, "base64.StdEncoding.Strict()", "base64.StdEncoding"),
		off("H11", "a password has no characters but a token's", basicFile, "case !isB64Token(token):", "case !isB64Token(token[:1]):"),
		off("H11", "a token of one handler is no other scheme's field of the next", serveFile, `field != "" && !v.isToken {`, `field != "" {`).
			unseen("./caddymodule", "TestOptionalBehindOtherSources"),
		off("H11", "Basic asks at 401 alone", tokensFile, "case refused.answer().status == http.StatusUnauthorized:", "default:"),
		off("H8", "OPTIONS is asked for a token", serveFile, "	v.arrive(r.Header, h.sources)\n", "	v.arrive(r.Header, h.sources)\n	if r.Method == http.MethodOptions {\n		v.passed = anonymous\n		return nil\n	}\n"),
	}
}

func upgradeMutants() []mutant {
	return []mutant{
		off("H7", "Upgrade is refused", upgradeFile, "	return upgrade || protocol || r.Method", "	return upgrade && protocol || r.Method"),
		off("H7", "CONNECT is refused", upgradeFile, "|| protocol || r.Method == http.MethodConnect", "|| protocol"),
		off("H7", "allow_upgrade lets WebSocket alone through", upgradeFile, `isWebSocket(only(r.Header, "Upgrade"))`, `r.Header["Upgrade"] != nil`),
		off("H7", "a handshake has no body", upgradeFile, "		r.ContentLength == 0 && len(r.TransferEncoding) == 0 &&\n", ""),
		off("H7", "a handshake has a key", upgradeFile, " && err == nil && len(nonce) == 16", " && (err != nil || len(nonce) >= 0)"),
		off("H7", "a handshake has version 13", upgradeFile, `only(r.Header, "Sec-Websocket-Version") == "13"`, `only(r.Header, "Sec-Websocket-Version") != ""`),
		off("H7", "nobody upgrades without a token", serveFile, "leavesHTTP(r, false); refused", "leavesHTTP(r, true); refused"),
		off("H7", "nobody upgrades on a path that a matcher leaves open", upgradeFile, `		delete(r.Header, "Upgrade")
	}
}

// offer`, `	}
}

// offer`).and(serveFile, "leavesHTTP(r, v.upgrade)", "leavesHTTP(r, true)"),
		off("H7", "an upgrade ends with its token", streamFile, "h.maxStream == 0 && !v.upgrade {", "h.maxStream == 0 {"),
		off("H7", "a handler that is stuck loses its client", streamFile, "		hangUp(w, r)\n", ""),
		off("H7", "error routes find no upgrade", streamFile, "	dropUpgrade(r.Header)\n	s.mu.Lock()", "	s.mu.Lock()"),
		off("H7", "error routes do not serve what is over", streamFile, "	if s.over {\n", "	if s.over && r == nil {\n").
			unseen("./caddymodule", "TestStreamAndErrorRoutes"),
		off("H7", "a stream ends with its token", streamFile, "	timer := time.AfterFunc(d.at.Sub(began)", "	timer := time.AfterFunc(d.at.Sub(began)+time.Hour"),
	}
}
