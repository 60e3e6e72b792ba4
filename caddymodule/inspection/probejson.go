package inspection

import (
	"io"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// The JSON form of probes, which aws-jwt probe --json prints.
type (
	probesJSON struct {
		Issuers []probedJSON `json:"issuers"`
		Summary summaryJSON  `json:"summary"`
	}
	summaryJSON struct {
		Issuers   int `json:"issuers"`
		OK        int `json:"ok"`
		Warnings  int `json:"warnings"`
		Failed    int `json:"failed"`
		NotProbed int `json:"not_probed"`
	}
	probedJSON struct {
		Issuer    string        `json:"issuer"`
		Where     string        `json:"where,omitempty"`
		Outcome   Outcome       `json:"outcome"`
		Error     string        `json:"error,omitempty"` // why it was not probed
		Accounts  []string      `json:"accounts,omitempty"`
		Discovery *fetchedJSON  `json:"discovery,omitempty"`
		Document  *fetchedJSON  `json:"document,omitempty"`
		Keys      []keyJSON     `json:"keys,omitempty"`
		MoreKeys  int           `json:"more_keys,omitempty"`
		Problems  []findingJSON `json:"problems,omitempty"`
		Warnings  []findingJSON `json:"warnings,omitempty"`
	}
	fetchedJSON struct {
		Location     string `json:"location"` // a URL, or the path of a file
		Milliseconds int64  `json:"took_ms"`
	}
	keyJSON struct {
		ID        string             `json:"kid"`
		Usable    bool               `json:"usable"`
		Algorithm verifier.Algorithm `json:"alg,omitempty"`
		Kind      string             `json:"kty,omitempty"`
		Bits      int                `json:"bits,omitempty"`
		Curve     string             `json:"crv,omitempty"`
		Problem   string             `json:"problem,omitempty"`
	}
	findingJSON struct {
		Code   verifier.ProbeCode `json:"code"`
		Text   string             `json:"text"`
		Remedy string             `json:"remedy"`
	}
)

// JSON writes the probes in their JSON form, whole and indented.
func (p Probes) JSON(w io.Writer) error {
	counts := p.count()
	all := probesJSON{
		Issuers: make([]probedJSON, len(p)),
		Summary: summaryJSON{len(p), counts[OK], counts[Warned], counts[Failed], counts[NotProbed]},
	}
	for n, each := range p {
		all.Issuers[n] = each.json()
	}
	return terminal.WriteJSON(w, all)
}

func (p Probed) json() probedJSON {
	described := probedJSON{Issuer: p.URL, Where: p.Where, Outcome: p.Outcome()}
	if p.Err != nil {
		described.Error = p.Err.Error()
	}
	r := p.Report
	if r == nil {
		return described
	}
	described.Accounts, described.MoreKeys = r.Accounts, r.MoreKeys
	described.Discovery, described.Document = fetched(r.Discovery), fetched(r.Document)
	described.Problems, described.Warnings = findings(r.Problems), findings(r.Warnings)
	for _, k := range r.Keys {
		described.Keys = append(described.Keys, keyJSON{k.ID, k.Usable(), k.Algorithm, k.Kind, k.Bits, k.Curve, k.Problem})
	}
	return described
}

func fetched(f *verifier.Fetched) *fetchedJSON {
	if f == nil {
		return nil
	}
	return &fetchedJSON{f.Location, int64(f.Took / time.Millisecond)}
}

func findings(found []verifier.Finding) (all []findingJSON) {
	for _, f := range found {
		all = append(all, findingJSON(f))
	}
	return all
}
