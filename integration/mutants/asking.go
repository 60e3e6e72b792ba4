package main

const (
	authorizeFile = "caddymodule/authorize.go"
	originalFile  = "caddymodule/original.go"
	nginxFile     = "examples/proxies/nginx/nginx.conf"
	haproxyFile   = "examples/proxies/haproxy/haproxy.cfg"
	scriptFile    = "examples/proxies/haproxy/aws_jwt.lua"
)

// askingMutants are those of aws_jwt_authorize, and of the examples of proxies that
// ask it, which have to do what aws_jwt does elsewhere.
func askingMutants() []mutant {
	const unit, proxies = "./caddymodule", "./integration/subrequest"
	return []mutant{
		off("Q1", "original is believed of trusted proxies alone", authorizeFile, "	if a.Original != nil || a.Handler.Assertion != nil {", "	if a.Handler.Assertion != nil {").
			unseen(unit, "TestAuthorizeBelievesTrustedProxiesAlone"),
		off("Q1", "an assertion is for trusted proxies alone", authorizeFile, "	if a.Original != nil || a.Handler.Assertion != nil {", "	if a.Original != nil {").
			unseen(unit, "TestAuthorizeGivesAssertionsToTrustedProxiesAlone"),
		off("Q2", "a header of the question is there once", originalFile, "		if len(values) != 1 {", "		if len(values) == 0 {").
			unseen(unit, "TestAuthorizeRefuses"),
		off("Q2", "no host is a list", originalFile, `"/\\@?# ,"`, `"/\\@?# "`).
			unseen(unit, "TestAuthorizeRefuses"),
		off("Q2", "no path has a fragment", originalFile, `strings.ContainsAny(value, "# ")`, `strings.ContainsAny(value, " ")`).
			unseen(unit, "TestAuthorizeRefuses"),
		off("Q3", "a policy reads nothing of the question's own", authorizeFile, `if each.name == "" && policy.Reads(each.variable) {`, `if each.name == "-" && policy.Reads(each.variable) {`).
			unseen(unit, "TestBadAuthorize"),
		off("Q3", "a refusal has no identity", authorizeFile, "		refused = h.decide(r, v)\n", "		refused = h.decide(r, v)\n		w.Header().Set(\"X-Aws-Token-Sub\", \"somebody\")\n").
			unseen(unit, "TestAuthorizeRefuses"),
		off("Q4", "nginx hands on no Authorization", nginxFile, "			proxy_set_header Authorization \"\";\n", "").
			unseen(proxies, "TestUpstreamSeesTheCaller"),
		off("Q4", "nginx sets what a client may have sent", nginxFile, "			proxy_set_header X-Aws-Token-Assertion $aws_assertion;\n", "").
			unseen(proxies, "TestUpstreamSeesTheCaller"),
		off("Q4", "HAProxy takes out what a client sends, in every spelling", scriptFile, `string.gsub(string.lower(name), "[^a-z0-9]", "-")`, `string.gsub(string.lower(name), "[^a-z0-9_.]", "-")`).
			unseen(proxies, "TestUpstreamSeesTheCaller"),
		off("Q4", "HAProxy refuses where its script fails", haproxyFile, "	http-request deny deny_status 503 unless { var(txn.aws_jwt_passed) -m bool }\n", "").
			unseen(proxies, "TestHAProxyWhoseScriptFails"),
	}
}
