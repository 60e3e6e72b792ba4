package devsts

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Document names the documents that an issuer publishes.
type Document string

// The documents. DocumentBoth occurs in a Fault alone.
const (
	DocumentDiscovery Document = "discovery" // /.well-known/openid-configuration
	DocumentKeys      Document = "keys"      // /.well-known/jwks.json
	DocumentBoth      Document = "both"
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

// jwkSet is a JWK Set (RFC 7517).
type jwkSet struct {
	Keys []any `json:"keys"`
}

// errNoDocument is the answer about a UUID that no account has.
var errNoDocument = errors.New("404 page not found")

// discovery returns the account's discovery document; there is none for nil.
func (s *Server) discovery(a *account) (discoveryDocument, error) {
	if a == nil {
		return discoveryDocument{}, errNoDocument
	}
	issuer, err := s.issuerURL(a)
	if err != nil {
		return discoveryDocument{}, err
	}
	return discoveryDocument{
		Claims:     []string{"sub", "iss", "aud", "exp", "iat", "jti", awsNamespace},
		Algorithms: []string{RS256, ES384},
		Issuer:     issuer,
		KeySet:     issuer + "/.well-known/jwks.json",
		Subjects:   []string{"public"},
	}, nil
}

// keySet returns the account's published keys; there are none for nil.
func (s *Server) keySet(a *account) (jwkSet, error) {
	if a == nil {
		return jwkSet{}, errNoDocument
	}
	generations, err := a.keys.published()
	if err != nil {
		return jwkSet{}, err
	}
	var set jwkSet
	for _, g := range generations {
		rsa, err := g.rsaJWK()
		if err != nil {
			return jwkSet{}, err
		}
		ec, err := g.ecJWK()
		if err != nil {
			return jwkSet{}, err
		}
		set.Keys = append(set.Keys, rsa, ec)
	}
	return set, nil
}

// fetch is one request for one of an issuer's documents.
type fetch struct {
	server   *Server
	w        http.ResponseWriter
	r        *http.Request
	account  *account // nil when no account has the UUID
	document Document // never DocumentBoth
}

// serveDocument counts a request and answers it, rightly or as a fault says.
func (s *Server) serveDocument(d Document) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f := fetch{server: s, w: w, r: r, account: s.byIssuer[r.PathValue("issuer")], document: d}
		counter := &s.unknown
		if f.account != nil {
			counter = &f.account.fetches
		}
		counter.add(d)
		f.serve()
	}
}

// serve answers as the fault in force says, if there is one.
func (f fetch) serve() {
	if fault := f.server.inForce.find(f.r.PathValue("issuer"), f.document); fault != nil {
		fault.kind.serve(f, fault)
		return
	}
	f.serveRight()
}

// serveRight answers with the right document.
func (f fetch) serveRight() {
	if body, ok := f.right(); ok {
		f.write(body)
	}
}

// right returns the right document. When there is none it has answered why.
func (f fetch) right() ([]byte, bool) {
	if f.document == DocumentDiscovery {
		d, err := f.server.discovery(f.account)
		return f.encode(d, err)
	}
	set, err := f.server.keySet(f.account)
	return f.encode(set, err)
}

// encode returns a document as JSON, or answers with the error that building
// it has met.
func (f fetch) encode(document any, err error) ([]byte, bool) {
	var body []byte
	if err == nil {
		body, err = json.Marshal(document)
	}
	if err != nil {
		status := http.StatusInternalServerError
		switch {
		case errors.Is(err, errNoDocument):
			status = http.StatusNotFound
		case errors.Is(err, errNoBaseURL):
			status = http.StatusServiceUnavailable
		}
		http.Error(f.w, err.Error(), status)
		return nil, false
	}
	return append(body, '\n'), true
}

func (f fetch) write(body []byte) {
	f.w.Header().Set("Content-Type", "application/json")
	_, _ = f.w.Write(body) // the client is gone; there is nobody to tell
}
