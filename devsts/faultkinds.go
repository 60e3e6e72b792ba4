package devsts

// FaultKind is what goes wrong with a document.
type FaultKind string

// The kinds. Those that change the right document answer 404, as without a
// fault, for a UUID that no account has.
const (
	// FaultDelay answers rightly, after Fault.Delay.
	FaultDelay FaultKind = "delay"
	// FaultError answers with Fault.Status.
	FaultError FaultKind = "error"
	// FaultHang does not answer until the client goes. A request that is still
	// there when the fault ends is answered then.
	FaultHang FaultKind = "hang"
	// FaultEndless answers 200 and sends a byte now and then. When the fault
	// ends it cuts the connection.
	FaultEndless FaultKind = "endless"
	// FaultGarbage answers 200 with an HTML page.
	FaultGarbage FaultKind = "garbage"
	// FaultTruncated answers with the first half of the right document. As HTTP
	// the answer is whole, and its length is that of the half.
	FaultTruncated FaultKind = "truncated"
	// FaultReset cuts the connection (TCP RST) without an answer.
	FaultReset FaultKind = "reset"
	// FaultOversize answers with the right document and an extra member that
	// makes it larger than 512 KiB.
	FaultOversize FaultKind = "oversize"
	// FaultGzipBomb answers with the right document and 64 MiB of spaces behind
	// it, compressed (Content-Encoding: gzip), whatever the client accepts.
	FaultGzipBomb FaultKind = "gzip_bomb"
	// FaultRedirect answers 302 with the same URL and ?redirected=1, which is
	// then answered rightly.
	FaultRedirect FaultKind = "redirect"
	// FaultWrongIssuer answers with a discovery document of another issuer.
	FaultWrongIssuer FaultKind = "wrong_issuer"
	// FaultForeignKeys answers with a discovery document whose jwks_uri is
	// https://keys.invalid/jwks.json.
	FaultForeignKeys FaultKind = "foreign_keys"
	// FaultNoUsableKeys answers with an oct and a P-256 key alone, which have
	// the kids of the right keys.
	FaultNoUsableKeys FaultKind = "no_usable_keys"
	// FaultUnknownKinds answers with the right keys, and between them one of an
	// unknown kty, an oct, a P-256 and a broken one, with kids of their own. A
	// tolerant reader finds the right keys.
	FaultUnknownKinds FaultKind = "unknown_kinds"
)

// faultKind is how a kind is served.
type faultKind struct {
	name  FaultKind
	only  Document // the one document that it is about; empty for either
	serve func(fetch, *armedFault)
}

// FaultKinds returns all kinds.
func FaultKinds() []FaultKind {
	var names []FaultKind
	for _, k := range faultKinds() {
		names = append(names, k.name)
	}
	return names
}

func faultKinds() []faultKind {
	return []faultKind{
		{FaultDelay, "", fetch.delay},
		{FaultError, "", fetch.fail},
		{FaultHang, "", fetch.hang},
		{FaultEndless, "", fetch.endless},
		{FaultGarbage, "", fetch.garbage},
		{FaultTruncated, "", fetch.truncated},
		{FaultReset, "", fetch.reset},
		{FaultOversize, "", fetch.oversize},
		{FaultGzipBomb, "", fetch.gzipBomb},
		{FaultRedirect, "", fetch.redirect},
		{FaultWrongIssuer, DocumentDiscovery, fetch.wrongIssuer},
		{FaultForeignKeys, DocumentDiscovery, fetch.foreignKeys},
		{FaultNoUsableKeys, DocumentKeys, fetch.noUsableKeys},
		{FaultUnknownKinds, DocumentKeys, fetch.unknownKinds},
	}
}

func findFaultKind(name FaultKind) (faultKind, bool) {
	for _, k := range faultKinds() {
		if k.name == name {
			return k, true
		}
	}
	return faultKind{}, false
}
