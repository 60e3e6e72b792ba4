package verifier

import "time"

// ProbeReport is what an issuer's keys look like.
type ProbeReport struct {
	Issuer   string
	Path     string // where the issuer is written; "" for one of an Organization's
	Accounts []string

	// Discovery is the discovery document; nil when a JWKS URL, a file or a key
	// set stands in for it.
	Discovery *Fetched

	// Document is the key document: a URL, or the path of a file. It is nil when
	// discovery failed, and for keys that come from no document.
	Document *Fetched

	// Keys are those of the document, the usable ones first, and otherwise in its
	// order. Of a very long document some are only counted.
	Keys     []PublishedKey
	MoreKeys int

	Problems []Finding // each of which refuses tokens
	Warnings []Finding

	remote bool // whether it was fetched
}

// Fetched is a document that was asked for.
type Fetched struct {
	Location string // its URL, or the path of a file
	Took     time.Duration
}

// PublishedKey is one key of a key document. ID, Kind and Curve are as the
// document has them, which is text from outside.
type PublishedKey struct {
	ID        string
	Algorithm Algorithm // the one that it verifies; "" when it is not usable
	Kind      string    // kty: RSA, EC, …
	Bits      int       // the length of an RSA key's modulus, 0 when it cannot be told
	Curve     string    // crv, of an EC key

	// Problem is why the key is not usable, "" when it is.
	Problem string
}

// Usable reports whether tokens can be verified with the key.
func (k PublishedKey) Usable() bool { return k.Problem == "" }

// Finding is something that is, or may be, wrong with an issuer.
type Finding struct {
	Code   ProbeCode
	Text   string // what was met; it may hold text from outside
	Remedy string // what to change
}

// ProbeCode is the kind of a Finding. The set is closed.
type ProbeCode string

// The problems.
const (
	ProbeUnreachable ProbeCode = "unreachable"   // no connection, or one that broke
	ProbeTimeout     ProbeCode = "timeout"       // no answer in time
	ProbeProxy       ProbeCode = "proxy"         // the proxy does not let through
	ProbeAddress     ProbeCode = "address"       // an address that is not public
	ProbeTLS         ProbeCode = "tls"           // a certificate that nobody trusted vouches for, or no TLS
	ProbeRedirect    ProbeCode = "redirect"      // another place
	ProbeStatus      ProbeCode = "status"        // another status than 200
	ProbeTooLarge    ProbeCode = "too_large"     // a document of over 512 KiB
	ProbeNotJSON     ProbeCode = "not_json"      // no strict JSON object
	ProbeOtherIssuer ProbeCode = "other_issuer"  // the discovery document is another issuer's
	ProbeJWKSURI     ProbeCode = "jwks_uri"      // missing, or of another origin
	ProbeNotJWKS     ProbeCode = "not_jwks"      // no array of keys
	ProbeTooManyKeys ProbeCode = "too_many_keys" // over 64 usable ones
	ProbeNoUsableKey ProbeCode = "no_usable_key" // none, or none for an allowed algorithm
	ProbeFile        ProbeCode = "file"          // a file that cannot be read
	ProbeOpaque      ProbeCode = "opaque"        // a KeySet of somebody else's
	ProbeFailed      ProbeCode = "failed"        // anything else
)

// The warnings.
const (
	ProbeOneAlgorithm     ProbeCode = "one_algorithm"     // an allowed algorithm has no key
	ProbeAlgorithmsListed ProbeCode = "algorithms_listed" // discovery does not list an allowed algorithm
	ProbeSlow             ProbeCode = "slow"              // over half of the time-out
	ProbePlainHTTP        ProbeCode = "plain_http"        // on loopback
	ProbeManyKeys         ProbeCode = "many_keys"         // over half of the bound
	ProbeKeyIDTwice       ProbeCode = "key_id_twice"      // keys that void each other
	ProbePrivateKey       ProbeCode = "private_key"       // a private key is published
)
