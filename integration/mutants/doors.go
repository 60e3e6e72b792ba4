package main

const (
	consoleFile       = "caddymodule/console.go"
	consoleAccessFile = "caddymodule/consoleaccess.go"
	consoleDataFile   = "caddymodule/console/data.go"
	consolePageFile   = "caddymodule/console/page.go"
	consoleTryFile    = "caddymodule/console/try.go"
	consoleLinesFile  = "caddymodule/console/lines.go"
	textFile          = "caddymodule/console/assets/dom.js"
	entryFile         = "caddymodule/ledger/entry.go"
	adminFile         = "caddymodule/admin.go"
	refreshFile       = "caddymodule/adminrefresh.go"
	rehearsalFile     = "caddymodule/rehearsalrunning.go"
	provisionFile     = "caddymodule/provision.go"
	readyFile         = "caddymodule/readyanswer.go"
	errandFile        = "verifier/errand.go"
)

// doorMutants are those of the console and the admin API. The attacks
// come through the doors of callers, so other tests notice these.
func doorMutants() []mutant {
	const unit, page = "./caddymodule", "./caddymodule/console"
	return []mutant{
		off("A1", "the console does not load without an access rule", consoleFile, "if len(c.RemoteIP) == 0 && !c.Authenticated {", "if len(c.RemoteIP) < 0 && !c.Authenticated {").
			unseen(unit, "TestConsoleNeedsAnAccessRule"),
		off("A1", "remote_ip", consoleAccessFile, "case len(c.ranges) > 0 && !c.near(r):", "case len(c.ranges) < 0 && !c.near(r):").
			unseen(unit, "TestConsoleAddresses"),
		off("A1", "an address that a client may have written lets nobody in", consoleAccessFile, "return trusted && (server == nil || server.TrustedProxiesStrict == 0)", "return trusted && server == nil").
			unseen(unit, "TestConsoleAddressesOfHeaders"),
		off("A1", "authenticated", consoleAccessFile, "case c.Authenticated && !authenticated(r):", "case c.Authenticated && !authenticated(r) && len(c.ranges) == 0:").
			unseen(unit, "TestConsoleBothRulesMustHold"),
		off("A1", "whom mode audit alone lets pass is not let in", consoleAccessFile, "return ok && v.passed == allowed", "return ok && v.passed != \"\"").
			unseen(unit, "TestConsoleBehindAWSJWT"),
		off("A1", "a refusal is the same for all", consoleFile, "		w.WriteHeader(http.StatusForbidden) // and nothing that tells one cause from another\n",
			"		w.WriteHeader(http.StatusForbidden)\n		_, _ = w.Write([]byte(why))\n").
			unseen(unit, "TestConsoleRefusesAllAlike"),
		off("A2", "names that nobody listed are refused without TLS", consoleAccessFile, "case !c.Authenticated && r.TLS == nil && !c.named(r.Host):", "case !c.Authenticated && r.TLS == nil && r.Host == \"\" && !c.named(r.Host):").
			unseen(unit, "TestConsoleHosts"),
		off("A2", "data are for the page's own origin", consoleDataFile, "		if fromElsewhere(r) {", "		if fromElsewhere(r) && r.Host == \"\" {").
			unseen(page, "TestDataForAnotherOrigin"),
		off("A2", "attempts are the page's own", consoleTryFile, "	if !fromThePage(r) {", "	if !fromThePage(r) && r.Host == \"\" {").
			unseen(page, "TestTryIsForThePageAlone"),
		off("A2", "nobody frames the page", consolePageFile, "	\"frame-ancestors 'none'; base-uri", "	\"base-uri").
			and(consolePageFile, "	header.Set(\"X-Frame-Options\", \"DENY\")\n", "").
			unseen("./integration/console", "TestAnotherOriginsPage"),
		off("A3", "the page's policy", consolePageFile, "	header.Set(\"Content-Security-Policy\", policy)\n", "").
			unseen("./integration/console", "TestPolicyBlocksWhatIsInjected"),
		off("A3", "a text becomes text", textFile, "element.textContent = text;", "element.innerHTML = text;").
			unseen(page, "TestAssetsKeepThePolicy"),
		off("A4", "no token in what is remembered", entryFile, "	text = terminal.WithoutTokens(text)\n", "	_ = terminal.WithoutTokens\n").
			unseen("./caddymodule/ledger", "TestEntriesHoldNoToken"),
		off("A4", "no token in an error of the admin API", adminFile, "text, \"eyJ\"); found {", "text, \"eyJ\"); found && before == \"-\" {").
			unseen(unit, "TestAdminErrorsHoldNoToken"),
		off("A5", "a body is of a type that a form cannot send", adminFile, "if err != nil || kind != \"application/json\" {", "if err != nil || kind == \"\" {").
			unseen("./integration/admin", "TestBrowsersAreKeptOut"),
		off("A5", "a call has one method", adminFile, "	if r.Method != c.method {", "	if r.Method == http.MethodPut {").
			unseen(unit, "TestAdminCallsThatAreWrong"),
		off("A6", "what is asked about logs nothing", provisionFile, "		h.logger = zap.NewNop() // it has said all when it was run\n", "		_ = zap.NewNop\n").
			unseen(unit, "TestRehearsedHandlerIsQuiet"),
		off("A6", "tokens that are explained tell nothing of the clock", provisionFile, "		if asking == nil { // whose tokens are of any age\n", "		if h.clock == nil {\n").
			unseen(unit, "TestRehearsedHandlerIsQuiet"),
		off("A6", "what is explained is what runs", rehearsalFile, "	return h.where + \"\\n\" + string(text)\n", "	return h.where + \"\\n\" + string(text[:0])\n").
			unseen(unit, "TestExplainOfConfigurationThatWasReplaced"),
	}
}

// costMutants are those of what is asked of them again and again, or costs much.
func costMutants() []mutant {
	const unit, page = "./caddymodule", "./caddymodule/console"
	return []mutant{
		off("A7", "states without causes", readyFile, "unreadyFrom{i.url, i.state(), ",
			"unreadyFrom{i.url, i.state() + func() string {\n\t\tif s, _ := i.by[0].verifier.Status(i.url); s.Err != nil {\n\t\t\treturn s.Err.Error()\n\t\t}\n\t\treturn \"\"\n\t}(), ").
			unseen(unit, "TestReadyTellsLittle"),
		off("A7", "one question at a time waits for keys", readyFile, "!r.waiting.CompareAndSwap(false, true) {",
			"!func() bool {\n\t\tfor !r.waiting.CompareAndSwap(false, true) {\n\t\t\ttime.Sleep(time.Millisecond)\n\t\t}\n\t\treturn true\n\t}() {").
			unseen(unit, "TestReadyForMany"),
		off("A7", "an answer serves a second", readyFile, "age < 0 || age >= readyKept {", "age < 0 || age >= 0 {").
			unseen(unit, "TestReadyKeepsItsAnswer"),
		off("A7", "readiness fetches a few at a time", errandFile, "if q.workers < maxErrands {", "if q.workers < 1<<20 {").
			unseen("./verifier", "TestSlowIssuersAheadOfAToken"),
		off("A7", "a bound on the issuers that are told", readyFile, "case more > 0:", "case more > 1<<30:").
			unseen(unit, "TestReadyTellsLittle"),
		off("A8", "a bound on the issuers of one refresh", refreshFile, "more := len(all) - maxRefreshed; more > 0 {", "more := len(all) - maxRefreshed; more > 1<<30 {").
			unseen(unit, "TestAdminRefreshOfMany"),
		off("A8", "a refresh leaves out what anybody can invent", refreshFile, "	case s.Candidate && !o.Candidate, ", "	case ").
			unseen(unit, "TestAdminCandidates"),
		off("A8", "a bound on attempts at once", consolePageFile, "make(chan struct{}, tryingAtOnce)", "make(chan struct{}, 100*tryingAtOnce)").
			unseen(page, "TestAttemptsAtOnce"),
		off("A8", "a bound on the lines of a policy that is tried", consoleLinesFile, "const MaxLines = 32", "const MaxLines = 32_000").
			unseen(page, "TestFaultsOfAPolicy"),
		off("A8", "explaining ends in time", provisionFile, "if err := asking.Err(); err != nil { // of thousands", "if err := asking.Err(); err != nil && h.verifier != nil { // of thousands").
			unseen(unit, "TestExplainEndsInTime"),
	}
}
