package devsts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// The management overview, GET /.
type overview struct {
	About    string            `json:"about"`
	BaseURL  string            `json:"base_url"`
	Accounts []accountOverview `json:"accounts"`
	Commands []string          `json:"commands"`
}

type accountOverview struct {
	ID      string         `json:"id"`
	Issuer  string         `json:"issuer"`
	OrgID   string         `json:"org_id,omitempty"`
	Enabled bool           `json:"federation_enabled"`
	KeyIDs  []string       `json:"published_key_ids"`
	Roles   []roleOverview `json:"roles"`
}

type roleOverview struct {
	ARN             string            `json:"arn"`
	AccessKeyID     string            `json:"access_key_id"`
	SecretAccessKey string            `json:"secret_access_key"`
	SessionToken    string            `json:"session_token,omitempty"`
	PrincipalTags   map[string]string `json:"principal_tags,omitempty"`
}

// ManagementHandler serves what AWS has no API for, for a listener of its own:
// GET / lists accounts, issuers, roles and access keys, and POST
// /rotate?issuer=<account ID or issuer UUID>[&withdraw=1] rotates keys.
// Requests that a browser sends for a page of another origin are refused.
func (s *Server) ManagementHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.serveOverview)
	mux.HandleFunc("POST /rotate", s.serveRotate)
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *Server) serveOverview(w http.ResponseWriter, r *http.Request) {
	out := overview{
		About: "devsts, a local AWS STS for development; these secrets protect nothing",
		Commands: []string{
			fmt.Sprintf("curl -X POST 'http://%s/rotate?issuer=%s'", r.Host, s.accounts[0].ID),
			fmt.Sprintf("curl -X POST 'http://%s/rotate?issuer=%s&withdraw=1'", r.Host, s.accounts[0].ID),
		},
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

func (s *Server) accountOverview(a *account) (accountOverview, error) {
	issuer, err := s.issuerURL(a)
	if err != nil {
		return accountOverview{}, err
	}
	o := accountOverview{ID: a.ID, Issuer: issuer, OrgID: a.OrgID, Enabled: a.enabled.Load()}
	generations, err := a.keys.published()
	if err != nil {
		return accountOverview{}, err
	}
	for _, g := range generations {
		o.KeyIDs = append(o.KeyIDs, g.rsaID(), g.ecID())
	}
	for _, r := range a.roles {
		o.Roles = append(o.Roles, roleOverview{
			ARN: r.ARN, AccessKeyID: r.AccessKeyID, SecretAccessKey: r.SecretAccessKey,
			SessionToken: r.SessionToken, PrincipalTags: r.PrincipalTags,
		})
	}
	return o, nil
}

func (s *Server) serveRotate(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a, err := s.findAccount(q.Get("issuer"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	withdraw := false
	if text := q.Get("withdraw"); text != "" {
		if withdraw, err = strconv.ParseBool(text); err != nil {
			http.Error(w, fmt.Sprintf("withdraw: %q is not 1 or 0", text), http.StatusBadRequest)
			return
		}
	}
	if err := a.keys.rotate(withdraw); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	o, err := s.accountOverview(a)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, map[string]any{"issuer": o.Issuer, "published_key_ids": o.KeyIDs})
}
