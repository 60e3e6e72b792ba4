package devsts

import (
	"encoding/json"
	"net/http"
)

// The management overview, GET /.
type overview struct {
	About    string            `json:"about"`
	BaseURL  string            `json:"base_url"`
	Accounts []accountOverview `json:"accounts"`
	Commands []string          `json:"commands"`
	Kinds    []FaultKind       `json:"fault_kinds"`
}

type accountOverview struct {
	ID        string         `json:"id"`
	Issuer    string         `json:"issuer"`
	OrgID     string         `json:"org_id,omitempty"`
	Enabled   bool           `json:"federation_enabled"`
	KeyIDs    []string       `json:"published_key_ids"`
	Signing   []string       `json:"signing_key_ids"`
	Providers []OIDCProvider `json:"oidc_providers,omitempty"`
	Roles     []roleOverview `json:"roles"`
}

type roleOverview struct {
	ARN             string            `json:"arn"`
	AccessKeyID     string            `json:"access_key_id,omitempty"`
	SecretAccessKey string            `json:"secret_access_key,omitempty"`
	SessionToken    string            `json:"session_token,omitempty"`
	PrincipalTags   map[string]string `json:"principal_tags,omitempty"`
	Trust           []TrustStatement  `json:"trust,omitempty"`
}

func (s *Server) serveOverview(w http.ResponseWriter, r *http.Request) {
	out := overview{
		About:    "devsts, a local AWS STS for development; these secrets protect nothing",
		Commands: exampleCommands(r.Host, s.accounts[0].ID),
		Kinds:    FaultKinds(),
	}
	if base := s.base.Load(); base != nil {
		out.BaseURL = *base
	}
	for _, a := range s.accounts {
		o, err := s.accountOverview(a)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		out.Accounts = append(out.Accounts, o)
	}
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(out) // the client is gone; there is nobody to tell
}

// exampleCommands has one line or more for each command, to paste into a shell.
func exampleCommands(host, account string) []string {
	url := "'http://" + host
	issuer := "issuer=" + account
	return []string{
		"curl -X POST " + url + "/rotate?" + issuer + "'",
		"curl -X POST " + url + "/rotate?" + issuer + "&withdraw=1'",
		"curl -X POST " + url + "/rotate?" + issuer + "&overlap=30s'",
		"curl -X POST " + url + "/withdraw?" + issuer + "'",
		"curl -X POST " + url + "/faults?" + issuer + "&kind=error&status=503&for=10s'",
		"curl -X POST " + url + "/faults?issuer=*&document=keys&kind=delay&delay=2s'",
		"curl " + url + "/faults'",
		"curl -X DELETE " + url + "/faults?" + issuer + "'",
		"curl -X DELETE " + url + "/faults'",
		"curl " + url + "/fetches'",
		"curl -X POST " + url + "/fetches/reset'",
		"curl -X POST " + url + "/clock?offset=-10m'",
		"curl " + url + "/clock'",
	}
}

func (s *Server) accountOverview(a *account) (accountOverview, error) {
	issuer, err := s.issuerURL(a)
	if err != nil {
		return accountOverview{}, err
	}
	o := accountOverview{ID: a.ID, Issuer: issuer, OrgID: a.OrgID, Enabled: a.enabled.Load(), Providers: a.OIDCProviders}
	generations, err := a.keys.published()
	if err != nil {
		return accountOverview{}, err
	}
	for _, g := range generations {
		o.KeyIDs = append(o.KeyIDs, g.ids()...)
	}
	o.Signing = generations[signing(generations, s.now())].ids()
	for _, r := range a.roles {
		o.Roles = append(o.Roles, roleOverview{
			ARN: r.ARN, AccessKeyID: r.AccessKeyID, SecretAccessKey: r.SecretAccessKey,
			SessionToken: r.SessionToken, PrincipalTags: r.PrincipalTags, Trust: r.Trust,
		})
	}
	return o, nil
}
