package console

import (
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// Summary is what the page shows at a glance.
type Summary struct {
	Now     time.Time     `json:"now"`
	Minutes []Minute      `json:"minutes"` // the last 60, the oldest first
	Reasons []ReasonCount `json:"reasons"` // of the last hour
	Rules   []RuleCount   `json:"rules"`   // since the configuration was loaded
	Issuers IssuerCounts  `json:"issuers"`

	// OldestKeyAgeSeconds is the age of the key set that was fetched longest ago.
	OldestKeyAgeSeconds float64 `json:"oldest_key_age_seconds"`

	// Handlers is how many aws_jwt the configuration that runs has.
	Handlers int `json:"handlers"`

	Cache CacheFigures `json:"cache"`
	Clock Clock        `json:"clock"`
}

// Minute counts the decisions of one minute.
type Minute struct {
	At        time.Time `json:"at"` // its begin
	Allowed   uint64    `json:"allowed"`
	Anonymous uint64    `json:"anonymous"`
	Audited   uint64    `json:"audited"`
	Refused   uint64    `json:"refused"`
}

// ReasonCount counts the decisions of one result and reason.
type ReasonCount struct {
	Result string `json:"result"` // refused or audited
	Reason string `json:"reason"`
	Count  uint64 `json:"count"`
}

// RuleCount counts what one rule of a handler decided.
type RuleCount struct {
	Handler string `json:"handler"`
	Rule    string `json:"rule"`
	Effect  string `json:"effect"` // allow, deny or require
	Shadow  bool   `json:"shadow,omitempty"`
	Count   uint64 `json:"count"`
}

// IssuerCounts counts the issuers by state.
type IssuerCounts struct {
	Fresh       int `json:"fresh"`
	Stale       int `json:"stale"`
	Unavailable int `json:"unavailable"`
	Unfetched   int `json:"unfetched"`

	// Failing counts those whose keys serve, but were not to be had the last time.
	Failing int `json:"failing"`
}

// CacheFigures are those of the caches of verified tokens.
type CacheFigures struct {
	Entries int    `json:"entries"`
	Hits    uint64 `json:"hits"`
	Misses  uint64 `json:"misses"`
}

// Clock says whether the gateway's clock seems to be off.
type Clock struct {
	Suspected     bool    `json:"suspected"`
	OffsetSeconds float64 `json:"offset_seconds"` // above zero when it is fast
	Hint          string  `json:"hint,omitempty"`
}

// Issuer is one trusted issuer and the state of its keys.
type Issuer struct {
	URL           string     `json:"url"`
	Accounts      []string   `json:"accounts"`
	ListedIn      string     `json:"listed_in"` // configuration, issuers_file or organization
	KeysFrom      string     `json:"keys_from"` // discovery, jwks_url or jwks_file
	State         string     `json:"state"`     // fresh, stale, unavailable or unfetched
	Keys          []Key      `json:"keys"`
	FetchedAt     *time.Time `json:"fetched_at,omitempty"`
	KeyAgeSeconds *float64   `json:"key_age_seconds,omitempty"`
	AttemptedAt   *time.Time `json:"attempted_at,omitempty"`
	Error         string     `json:"error,omitempty"`
	NextFetchAt   *time.Time `json:"next_fetch_at,omitempty"`
	UsedBy        []string   `json:"used_by"`
}

// Key is one key of an issuer.
type Key struct {
	KeyID     string `json:"kid"`
	Algorithm string `json:"algorithm"`
}

// IssuerPage is a part of the list of issuers, the unavailable ones first.
type IssuerPage struct {
	Issuers []Issuer `json:"issuers"`
	Total   int      `json:"total"` // that the query selects
	Next    string   `json:"next,omitempty"`
}

// Decision is a refusal, or a pass that mode audit let through.
type Decision struct {
	ID         uint64    `json:"id"`
	Time       time.Time `json:"time"`
	Result     string    `json:"result"`
	Status     int       `json:"status,omitempty"`
	Reason     string    `json:"reason"`
	Rule       string    `json:"rule,omitempty"`
	Hint       string    `json:"hint,omitempty"`
	Handler    string    `json:"handler,omitempty"`
	Issuer     string    `json:"iss,omitempty"`
	Account    string    `json:"account,omitempty"`
	Subject    string    `json:"sub,omitempty"`
	TokenID    string    `json:"jti,omitempty"`
	KeyID      string    `json:"kid,omitempty"`
	Unverified bool      `json:"unverified"` // whether iss to kid are but what the token says
	RemoteIP   string    `json:"remote_ip,omitempty"`
	Method     string    `json:"method,omitempty"`
	Host       string    `json:"host,omitempty"`
	Path       string    `json:"path,omitempty"`
	Cached     bool      `json:"cached"`
	Duration   float64   `json:"duration_seconds"`
}

// DecisionPage is a part of the list of decisions, the newest first.
type DecisionPage struct {
	Decisions []Decision `json:"decisions"`
	Next      uint64     `json:"next,omitempty"`
}

// Answer is a walk through the checks: of a decision that was made, or of what
// somebody tries.
type Answer struct {
	Decision *Decision  `json:"decision,omitempty"`
	Walk     *walk.Walk `json:"walk"`

	// Signature says what is known of the token's signature.
	Signature Signature `json:"signature"`

	// Notes say what of the walk is not what the gateway did, or would do.
	Notes []string `json:"notes,omitempty"`
}

// Signature says what is known of a token's signature.
type Signature string

// What is known.
const (
	SignatureFits     Signature = "verified"
	SignatureAbsent   Signature = "absent"   // there are claims alone
	SignatureDoubtful Signature = "unproven" // it does not fit, or was not reached
)

// Gateway is one aws_jwt handler that a policy can be tried at.
type Gateway struct {
	Where  string `json:"where"`
	Mode   string `json:"mode"`   // enforce or audit
	Policy string `json:"policy"` // its rules and requirements, as a Caddyfile has them
}

// Attempt is what somebody tries.
type Attempt struct {
	Text     string `json:"text"`    // a JSON payload, or a token
	Handler  string `json:"handler"` // by its Where
	Policy   string `json:"policy"`  // rules to ask instead of the handler's; "" are its own
	Method   string `json:"method"`
	Host     string `json:"host"`
	Path     string `json:"path"` // as it is on the wire
	RemoteIP string `json:"remote_ip"`
}
