package console

import (
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// Summary is what the page shows at a glance.
type Summary struct {
	Now     time.Time       `json:"now"`
	Minutes []ledger.Minute `json:"minutes"` // the last 60, the oldest first
	Reasons []ledger.Count  `json:"reasons"` // of the last hour
	Rules   []RuleCount     `json:"rules"`   // since the configuration was loaded
	Issuers IssuerCounts    `json:"issuers"`

	// OldestKeyAgeSeconds is the age of the key set that was fetched longest ago.
	OldestKeyAgeSeconds float64 `json:"oldest_key_age_seconds"`

	// Handlers is how many aws_jwt the configuration that runs has.
	Handlers int `json:"handlers"`

	Cache CacheFigures `json:"cache"`
	Clock Clock        `json:"clock"`
}

// ReasonGroup has the reasons that lie in one thing, in the order in which they
// are looked for.
type ReasonGroup struct {
	In      string   `json:"in"` // such as Token
	Reasons []string `json:"reasons"`
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

// Issuer is an issuer with its keys, in the one way in which some handlers trust
// it, as the page and the admin API show it.
type Issuer struct {
	URL           string             `json:"url"`
	Accounts      []string           `json:"accounts"`
	ListedIn      verifier.Listing   `json:"listed_in"`
	Candidate     bool               `json:"candidate,omitempty"`
	KeysFrom      verifier.KeySource `json:"keys_from"`
	KeysAt        string             `json:"keys_at,omitempty"`
	State         verifier.KeyState  `json:"state"`
	Keys          []Key              `json:"keys"`
	FetchedAt     time.Time          `json:"fetched_at,omitzero"`
	KeyAgeSeconds *float64           `json:"key_age_seconds,omitempty"`
	AttemptedAt   time.Time          `json:"attempted_at,omitzero"`
	Fetching      bool               `json:"fetching,omitempty"`
	Error         string             `json:"error,omitempty"`
	NextFetchAt   time.Time          `json:"next_fetch_at,omitzero"`
	UsedBy        []string           `json:"used_by"`
}

// Key is one key of an issuer.
type Key struct {
	KeyID     string             `json:"kid"`
	Algorithm verifier.Algorithm `json:"algorithm"`
}

// IssuerPage is a part of a list of issuers.
type IssuerPage struct {
	Issuers []Issuer `json:"issuers"`
	Total   int      `json:"total"`          // of all pages
	Next    string   `json:"next,omitempty"` // for After; absent on the last page

	// Candidates is how many more there are that the page leaves out, since anybody
	// can invent them. The admin API, which lists them, does not say.
	Candidates int `json:"candidates,omitempty"`
}

// Answer is a walk through the checks: of a decision that was made, or of what
// somebody tries.
type Answer struct {
	Decision *ledger.Entry `json:"decision,omitempty"`
	Walk     *walk.Walk    `json:"walk"`

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
