package ledger

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

const (
	// maxText is how much of a text from outside an entry keeps, in bytes, and
	// maxHint how much of a hint, which quotes such texts among words of ours.
	maxText = 128
	maxHint = 1024

	// maxPath is the longest path, in bytes, of a request whose facts are kept
	// whole: 1,000 entries must not keep 1,000 headers.
	maxPath = 4096
)

// Entry is one refusal, or one pass that the policy would have refused. Nothing
// in its JSON is a token or a part of one.
type Entry struct {
	ID     uint64    `json:"id"` // rises from 1 with each entry of the process
	Time   time.Time `json:"time"`
	Result Result    `json:"result"`           // Refused or Audited
	Status int       `json:"status,omitempty"` // what the client was answered; none of an audited pass
	Reason string    `json:"reason"`
	Rule   string    `json:"rule,omitempty"` // the rule or the requirement that decided
	Hint   string    `json:"hint,omitempty"` // what was wanted, what was found and what to do

	// Handler is where the aws_jwt stands, such as "orders.example.com /admin/*".
	Handler string `json:"handler,omitempty"`

	Issuer    string `json:"iss,omitempty"`
	AccountID string `json:"account,omitempty"`
	Subject   string `json:"sub,omitempty"`
	TokenID   string `json:"jti,omitempty"`
	KeyID     string `json:"kid,omitempty"`

	// Unverified says that these five are what a token says of itself that was not
	// verified.
	Unverified bool `json:"unverified"`

	RemoteIP string        `json:"remote_ip,omitempty"`
	Method   string        `json:"method,omitempty"`
	Host     string        `json:"host,omitempty"`
	Path     string        `json:"path,omitempty"` // without the query
	Cached   bool          `json:"cached"`
	Duration time.Duration `json:"-"` // duration_seconds in JSON

	// Token is what was verified, and Request what the policy was asked about, so
	// that it can be asked again. Both are kept of the last entries only, and not
	// of a request with a path over 4 KiB; Token is nil then. Do not change it.
	Token   *awstoken.Token   `json:"-"`
	Request celpolicy.Request `json:"-"`
}

// MarshalJSON writes the duration in seconds, as metrics have it.
func (e Entry) MarshalJSON() ([]byte, error) {
	type plain Entry
	return json.Marshal(struct {
		plain
		Seconds float64 `json:"duration_seconds"`
	}{plain(e), e.Duration.Seconds()})
}

// bound cuts what comes from outside, and makes it printable.
func (e *Entry) bound() {
	for _, text := range []*string{
		&e.Reason, &e.Rule, &e.Handler, &e.Issuer, &e.AccountID, &e.Subject, &e.TokenID, &e.KeyID,
		&e.RemoteIP, &e.Method, &e.Host, &e.Path,
	} {
		*text = printable(*text, maxText)
	}
	e.Hint = printable(e.Hint, maxHint)
	r := &e.Request
	if e.Token == nil || len(r.Method)+len(r.Host)+len(r.EscapedPath)+len(r.RemoteIP) > maxPath {
		e.Token, *r = nil, celpolicy.Request{}
		return
	}
	// Its strings must not keep the header that they were cut out of.
	r.Method, r.Host = strings.Clone(r.Method), strings.Clone(r.Host)
	r.EscapedPath, r.RemoteIP = strings.Clone(r.EscapedPath), strings.Clone(r.RemoteIP)
}

// printable returns a copy of a text that is cut, that holds no token, and that has nothing which a
// terminal would obey or turn round, or a reader take for the end of a line.
func printable(text string, limit int) string {
	const ellipsis = "…"
	text = terminal.WithoutTokens(text)
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, text[:min(len(text), limit+1)])
	if len(clean) > limit {
		clean = strings.ToValidUTF8(clean[:limit-len(ellipsis)], "") + ellipsis
	}
	return strings.Clone(clean)
}
