package main

// figure is what one benchmark measures.
type figure struct{ pkg, name string }

// row is one line of the table.
type row struct {
	what  string
	of    figure
	unit  string // what is looked at, unless it is time
	floor figure // its name is "" where there is none
	among string // what the floor is, in words

	// What is to be reached; 0 is no such bound.
	ratio  float64 // to the floor
	allocs float64
	most   float64 // in the unit
}

// The floors, each beside what it is the floor of.
var (
	es384     = figure{"verifier", "Floor/ES384"}
	rs256     = figure{"verifier", "Floor/RS256"}
	hash      = figure{"verifier", "Floor/SHA256"}
	hashThere = figure{"caddymodule", "Floor/SHA256"}
	unmarshal = figure{"awstoken", "Floor/unmarshal"}
)

// rows are those of the table, in order. A floor may be its own row, so that
// what it takes can be seen.
var rows = []row{
	{what: "the handler alone, warm, no policy", of: figure{"caddymodule", "Handler/warm/no_policy"}, floor: hashThere, among: "SHA-256 of the token", ratio: 3, allocs: 6},
	{what: "the handler alone, warm, a small policy", of: figure{"caddymodule", "Handler/warm/small_policy"}, floor: hashThere, among: "SHA-256 of the token"},
	{what: "telling of a pass: metrics, log, memory of decisions", of: figure{"caddymodule", "TellPass"}, floor: figure{"caddymodule", "Handler/warm/small_policy"}, among: "the handler alone, warm, a small policy", ratio: 0.03},
	{what: "an assertion that is reused", of: figure{"caddymodule", "Assert/reused"}, floor: figure{"caddymodule", "Handler/warm/no_policy"}, among: "the handler alone, warm, no policy", ratio: 0.2},
	{what: "an assertion made for a token, ES256", of: figure{"caddymodule", "Assert/fresh"}, floor: figure{"caddymodule/signing", "Sign/ES256/signature-alone"}, among: "crypto/ecdsa"},
	{what: "the verifier alone, cold, ES384", of: figure{"verifier", "Verify/ES384/cold"}, floor: es384, among: "crypto/ecdsa", ratio: 1.05},
	{what: "the verifier alone, cold, RS256", of: figure{"verifier", "Verify/RS256/cold"}, floor: rs256, among: "crypto/rsa", ratio: 1.4},
	{what: "the verifier alone, warm, ES384", of: figure{"verifier", "Verify/ES384/warm"}, floor: hash, among: "SHA-256 of the token"},
	{what: "the verifier alone, warm, RS256", of: figure{"verifier", "Verify/RS256/warm"}, floor: hash, among: "SHA-256 of the token"},
	{what: "claims decoded", of: figure{"awstoken", "DecodeUsual"}, floor: unmarshal, among: "encoding/json"},
	{what: "a policy of two rules evaluated", of: figure{"celpolicy", "Typical"}},
	{what: "headers stripped of a harmless request", of: figure{"identity", "StripClean"}},
	{what: "headers stripped of a forged one", of: figure{"identity", "StripForged"}},
	{what: "the default headers set", of: figure{"identity", "SetDefaults"}},
	{what: "issuers counted for a scrape: 10,000 at each of ten sites, 50 in use", of: figure{"caddymodule", "Vitals/sites=10/counted"}, floor: figure{"caddymodule", "Vitals/sites=10/walk"}, among: "a look at each", ratio: 0.01},
	{what: "memory of a cached token", of: figure{"verifier", "Memory"}, unit: "B/token", most: 2500},
}
