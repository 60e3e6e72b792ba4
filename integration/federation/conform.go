package federation

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Candidate is an issuer and one of its tokens.
type Candidate struct {
	// Issuer is the URL that the identity provider has in IAM.
	Issuer string
	// Token is a compact JWT of it.
	Token string
	// ClientIDs are the audiences that the provider has in IAM.
	ClientIDs []string
	// AllowLoopback excuses an issuer on a loopback host from https and from
	// having no port, as tests need it. AWS excuses nobody.
	AllowLoopback bool
	// Client fetches the issuer's documents; nil means one with five seconds.
	Client *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Finding is a requirement that is not met.
type Finding struct {
	Requirement Requirement
	Problem     string // what is wrong, without the token or a part of its signature
}

// String is one line: the requirement, the problem, and who asks for it.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s (%s)", f.Requirement, f.Problem, f.Requirement.Source())
}

// Requirement is the short name of something that AWS asks for.
type Requirement string

// The requirements.
const (
	IssuerURL        Requirement = "issuer-url"
	Discovery        Requirement = "discovery"
	DiscoveryIssuer  Requirement = "discovery-issuer"
	DiscoveryKeys    Requirement = "discovery-jwks-uri"
	DiscoveryMembers Requirement = "discovery-members"
	KeySet           Requirement = "key-set"
	KeyCount         Requirement = "key-count"
	KeyID            Requirement = "key-kid"
	KeyUse           Requirement = "key-use"
	KeyOperations    Requirement = "key-key_ops"
	TokenSize        Requirement = "token-size"
	TokenForm        Requirement = "token-form"
	Algorithm        Requirement = "token-alg"
	TokenKey         Requirement = "token-kid"
	Signature        Requirement = "token-signature"
	RequiredClaims   Requirement = "claims-required"
	TokenIssuer      Requirement = "claims-iss"
	Timestamps       Requirement = "claims-timestamps"
	Expired          Requirement = "claims-exp"
	FromTheFuture    Requirement = "claims-iat"
	Audience         Requirement = "claims-aud"
	AuthorizedParty  Requirement = "claims-azp"
)

const (
	createProvider = "IAM API Reference, CreateOpenIDConnectProvider"
	providerGuide  = "IAM User Guide, Create an OpenID Connect (OIDC) identity provider in IAM"
	assumeRole     = "STS API Reference, AssumeRoleWithWebIdentity"
	discovery      = "OpenID Connect Discovery 1.0"
	core           = "OpenID Connect Core 1.0"
)

// Source names the page that asks for a requirement.
func (r Requirement) Source() string {
	return map[Requirement]string{
		IssuerURL:        createProvider + ", Url: https, a path is allowed, no port, no query",
		Discovery:        discovery + ", section 4; re:Post, AssumeRoleWithWebIdentity API call error InvalidIdentityToken: within five seconds",
		DiscoveryIssuer:  discovery + ", section 4.3: exactly the issuer",
		DiscoveryKeys:    discovery + ", section 3: an https URL",
		DiscoveryMembers: discovery + ", section 3: REQUIRED; people were refused by AWS without them",
		KeySet:           providerGuide + "; RFC 7517, section 5",
		KeyCount:         providerGuide + ": at most 100 RSA and 100 EC keys",
		KeyID:            providerGuide + ": every key has a kid",
		KeyUse:           providerGuide + ": use is sig",
		KeyOperations:    providerGuide + ": no key_ops",
		TokenSize:        assumeRole + ", WebIdentityToken: 4 to 20000 characters",
		TokenForm:        assumeRole + ", WebIdentityToken; RFC 7515, section 7.1",
		Algorithm:        assumeRole + ", WebIdentityToken: RS256, RS384, RS512, ES256, ES384 or ES512",
		TokenKey:         providerGuide + ": the token's kid is in the key set",
		Signature:        assumeRole + ", InvalidIdentityToken",
		RequiredClaims:   providerGuide + ": aud, iat, iss and sub; " + core + ", section 2: exp",
		TokenIssuer:      createProvider + ", Url: corresponds to the claim iss",
		Timestamps:       assumeRole + ", WebIdentityToken: an integer or a long integer",
		Expired:          assumeRole + ", ExpiredTokenException",
		FromTheFuture:    assumeRole + ", InvalidIdentityToken; five minutes are what implementers found",
		Audience:         createProvider + ", ClientIDList",
		AuthorizedParty:  core + ", section 2; AWS: \"Token audience contains more than one audience while authorized party is not present\"",
	}[r]
}

// Requirements lists all of them.
func Requirements() []Requirement {
	return []Requirement{
		IssuerURL, Discovery, DiscoveryIssuer, DiscoveryKeys, DiscoveryMembers, KeySet, KeyCount, KeyID, KeyUse, KeyOperations,
		TokenSize, TokenForm, Algorithm, TokenKey, Signature, RequiredClaims, TokenIssuer, Timestamps, Expired, FromTheFuture,
		Audience, AuthorizedParty,
	}
}

// Conform returns what AWS would not take, or nothing. An error of a fetch is a
// finding, too. It is stricter than AWS in that every key of the set must be one
// that AWS can use, so that a rotation never brings a surprise.
func Conform(ctx context.Context, c Candidate) []Finding {
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 5 * time.Second}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	r := &report{Candidate: c}
	r.issuer()
	keys := r.documents(ctx)
	r.token(keys)
	return r.findings
}

// report collects findings about a candidate.
type report struct {
	Candidate
	findings []Finding
}

func (r *report) add(q Requirement, format string, args ...any) {
	r.findings = append(r.findings, Finding{q, fmt.Sprintf(format, args...)})
}
