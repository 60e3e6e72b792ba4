package caddymodule

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/identity"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func init() {
	caddy.RegisterModule(new(Handler))
}

// Handler lets requests pass that bear a token of AWS STS from a trusted
// issuer, and hands the caller's AWS identity on in headers.
//
// Placeholders: `{aws_token.<path>}` for each attribute of the verified token
// (docs/attributes.md), `{aws_jwt.reason}` for a refusal, `{aws_jwt.rule}`
// for the rule that decided, and `{http.auth.user.id}`, which is `{aws_token.sub}`.
type Handler struct {
	// The issuers that are trusted. One is required, here or in the file, or an
	// organization.
	Issuers []Issuer `json:"issuers,omitempty"`

	// A JSON file with an array of issuers, spelt as they are here. It is read
	// again when it changes; a bad version leaves the last good one in force.
	IssuersFile string `json:"issuers_file,omitempty"`

	// Trust every account of AWS organizations, without listing their issuers.
	// Default: none.
	Organization *Organization `json:"organization,omitempty"`

	// How the issuers' keys are fetched and kept.
	JWKS *JWKS `json:"jwks,omitempty"`

	// The audiences that a token may be made out to. Required, here or for every
	// issuer.
	Audiences []string `json:"audiences,omitempty"`

	// Refuse a token that is made out to several audiences.
	SingleAudience bool `json:"single_audience,omitempty"`

	// The algorithms that are allowed: RS256, ES384. Default: both.
	Algorithms []verifier.Algorithm `json:"algorithms,omitempty"`

	// How far clocks may differ, at most 60s. Default: 30s.
	Leeway *caddy.Duration `json:"leeway,omitempty"`

	// The longest that a token may live, exp - iat. Default: 1h.
	MaxLifetime *caddy.Duration `json:"max_lifetime,omitempty"`

	// The AWS accounts that may pass. Default: any that an issuer speaks for.
	Accounts []string `json:"accounts,omitempty"`

	// The AWS organizations whose accounts may pass. Default: any, and none.
	Orgs []string `json:"orgs,omitempty"`

	// For each key of a principal tag, the values of which one is required.
	PrincipalTags map[string][]string `json:"principal_tags,omitempty"`

	// For each key of a request tag, the values of which one is required. The
	// caller chooses request tags.
	RequestTags map[string][]string `json:"request_tags,omitempty"`

	// A rule that is true, or that fails, refuses.
	Deny []Rule `json:"deny,omitempty"`

	// When there are any, one at least must be true.
	Allow []Rule `json:"allow,omitempty"`

	// Where a request may bear its token, each once. bearer is `Authorization:
	// Bearer` (RFC 6750). basic is `Authorization: Basic` (RFC 7617): the token is
	// the password, and the user name is ignored. Challenges are sent in this order.
	// Default: bearer.
	TokenSources []string `json:"token_sources,omitempty"`

	// What becomes of a request that the policy refuses. enforce refuses it;
	// audit logs what it would refuse, and lets it pass. Refusals for
	// any other cause stand. Default: enforce.
	Mode string `json:"mode,omitempty"`

	// Let a request without a token pass, stripped of identity headers. One
	// whose token is bad is refused all the same. Default: false.
	Optional bool `json:"optional,omitempty"`

	// Headers for the next handler, in addition to the default ones.
	Headers []Header `json:"headers,omitempty"`

	// Set X-Aws-Token-Account-Id, -Org-Id, -Sub, -Source-Region and -Jti.
	// Default: true.
	DefaultHeaders *bool `json:"default_headers,omitempty"`

	// A signed JWT for the next handler that says who the caller is. Default: none.
	Assertion *Assertion `json:"assertion,omitempty"`

	// Keep the Authorization header of a request that passes. Default: false.
	ForwardToken bool `json:"forward_token,omitempty"`

	// The protocols that a request may change to. The one that can be let
	// through is websocket, by a handshake over HTTP/1.1 (RFC 6455, section 4.1).
	// The connection ends with the token. Default: none.
	AllowUpgrade []string `json:"allow_upgrade,omitempty"`

	// The longest that a request which passed may last, with its answer; one with
	// a token then ends with it at the latest, leeway added. Default: no limit,
	// but for upgrades, which always end with the token.
	MaxStream *caddy.Duration `json:"max_stream,omitempty"`

	// The realm of WWW-Authenticate. Default: aws.
	Realm string `json:"realm,omitempty"`

	// Tell the client the reason of a refusal, in error_description. This helps
	// whoever attacks, too: it is for development.
	ExplainErrors bool `json:"explain_errors,omitempty"`

	// How verified tokens are remembered. Default: 100000 of them, for 1h.
	Cache *Cache `json:"cache,omitempty"`

	// The share of the processors that may check signatures at once, in per cent,
	// so that a flood of forged tokens leaves the others to known callers; at
	// least one may. Handlers with the same share have it together. Default: 50.
	SignatureShare int `json:"signature_share,omitempty"`

	// Log one of so many requests that pass at INFO: 1 is each, 100 one of a
	// hundred, by chance. Default: 0, none; at DEBUG all are logged.
	LogPasses int `json:"log_passes,omitempty"`

	// Remove forged identity headers, refuse upgrades, and let every other
	// request pass. Only headers, assertion and allow_upgrade may stand beside it. The
	// Caddyfile puts such a handler before one with a matcher, so that a path
	// left open is no way to smuggle an identity. With allow_upgrade it takes a
	// handshake's Upgrade out of the request instead, and a handler behind it
	// that lets the caller upgrade puts it back.
	FirewallOnly bool `json:"firewall_only,omitempty"`

	verifier     *verifier.Verifier
	policy       *celpolicy.Policy
	headers      *identity.Headers
	fields       []string // that headers may set
	sources      sources  // those of TokenSources
	leeway       time.Duration
	maxStream    time.Duration     // 0: none
	clientTold   bool              // whoever asks says which client it is; see Original
	asserter     *asserter         // nil: there are no assertions
	storage      certmagic.Storage // of the keys of assertions; nil: Caddy's
	signing      *signingLease     // of the keys of assertions, once it is taken
	lease        *lease            // of the key sets, once it is taken
	checksAtOnce int               // of the bound on signature checks, once a share in it is taken
	server       *caddyhttp.Server // that it is provisioned for, if requests may be handed over
	door         string            // of that server
	ended        atomic.Bool       // whether the configuration's time is over
	warnings     []string          // what may be wrong with the configuration

	tally  tally                   // what each rule decided
	remote *verifier.RemoteKeySets // those of the lease, also once it is released

	home   *caddyhttp.Server      // that it is provisioned for, or nil
	placed atomic.Pointer[string] // where it stands there, once its configuration runs

	census atomic.Pointer[verifier.Census] // of its configuration, if the handler is the first of that

	logger      *zap.Logger  // of decisions
	slogger     *slog.Logger // of issuers and keys
	clockLogger *zap.Logger
	clock       *clockWatch // of the clock now; nil: it is none that issuers know
	now         func() time.Time
}

// The modes of a handler.
const (
	modeEnforce = "enforce"
	modeAudit   = "audit"
)

// Issuer is somebody whose tokens are trusted.
type Issuer = verifier.Issuer

// Organization trusts the issuers of all accounts of AWS organizations.
type Organization = verifier.Organization

// JWKS says how the issuers' keys are fetched and kept.
type JWKS struct {
	// The age from which keys are refreshed in the background. Default: 15m.
	TTL *caddy.Duration `json:"ttl,omitempty"`

	// The age up to which keys serve while the issuer cannot be reached.
	// Default: 24h, or ttl when that is longer.
	MaxStale *caddy.Duration `json:"max_stale,omitempty"`

	// The shortest time between two fetches for a key ID that is unknown, and
	// after a fetch that failed, of one issuer. Default: 30s.
	Cooldown *caddy.Duration `json:"cooldown,omitempty"`

	// The longest that one fetch may take. Default: 5s.
	Timeout *caddy.Duration `json:"timeout,omitempty"`

	// PEM files with the authorities that may vouch for the issuers' servers.
	// Default: those of the system.
	CA []string `json:"ca,omitempty"`

	// The http, https or socks5 proxy for every fetch. Default: what the
	// environment's HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.
	Proxy string `json:"proxy,omitempty"`

	// Fetch keys from loopback, private, link-local and multicast addresses,
	// too. Default: only from public ones, or from loopback when the issuer's
	// own host is a loopback address.
	AllowPrivateAddresses bool `json:"allow_private_addresses,omitempty"`

	// Keep the last good keys in Caddy's storage, so that a restart while an
	// issuer is down serves on. Default: true.
	Persist *bool `json:"persist,omitempty"`
}

// Rule is one rule of the policy.
type Rule struct {
	// The name that logs show. Default: deny[0], allow[1], counted within its kind.
	Name string `json:"name,omitempty"`

	// A CEL expression that is true or false.
	Expression string `json:"expression"`

	// Try the rule out: it decides nothing, and what it would have changed is
	// logged and counted. Default: false.
	Shadow bool `json:"shadow,omitempty"`
}

// Header is a header for the next handler.
type Header struct {
	// The header's name. What a client sends under it is removed.
	Field string `json:"field"`

	// The header's value; it may hold placeholders. What comes out of a
	// placeholder is percent-encoded. An empty value sets no header.
	Value string `json:"value"`
}

// CaddyModule returns the Caddy module information.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.aws_jwt",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
