package devsts

import (
	"encoding/json"
	"net/http"
)

// discoveryDocument has the members of AWS's document, and no others: AWS
// leaves out response_types_supported and the endpoints that OpenID Connect
// Discovery 1.0 requires, and a verifier must live with that.
type discoveryDocument struct {
	Claims     []string `json:"claims_supported"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	Issuer     string   `json:"issuer"`
	KeySet     string   `json:"jwks_uri"`
	Subjects   []string `json:"subject_types_supported"`
}

func (s *Server) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	acct, ok := s.byIssuer[r.PathValue("issuer")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	issuer, err := s.issuerURL(acct)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	writeJSON(w, discoveryDocument{
		Claims:     []string{"sub", "iss", "aud", "exp", "iat", "jti", awsNamespace},
		Algorithms: []string{RS256, ES384},
		Issuer:     issuer,
		KeySet:     issuer + "/.well-known/jwks.json",
		Subjects:   []string{"public"},
	})
}

func (s *Server) serveKeySet(w http.ResponseWriter, r *http.Request) {
	acct, ok := s.byIssuer[r.PathValue("issuer")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	generations, err := acct.keys.published()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var set struct {
		Keys []any `json:"keys"`
	}
	for _, g := range generations {
		rsa, err := g.rsaJWK()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		ec, err := g.ecJWK()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		set.Keys = append(set.Keys, rsa, ec)
	}
	writeJSON(w, set)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client is gone; there is nobody to tell
}
