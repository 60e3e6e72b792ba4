package devsts

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Server is a local STS. It holds no listener: Handler and ManagementHandler go
// into an http.Server or an httptest.Server. Its methods may be called at the
// same time.
type Server struct {
	now        func() time.Time // the true time
	offset     atomic.Int64     // nanoseconds that tokens are away from it
	maxPayload int
	base       atomic.Pointer[string]
	accounts   []*account          // in the order of the configuration
	byID       map[string]*account // by account ID
	byIssuer   map[string]*account // by the issuer's UUID
	byKey      map[string]*role    // by access key ID
	sessions   sessionTable        // of AssumeRoleWithWebIdentity
	inForce    faultTable
	unknown    fetchCounter // of UUIDs that no account has
}

// New makes a server from a configuration, which it validates.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("validating configuration: %w", err)
	}
	s := &Server{
		now: c.Now, maxPayload: c.MaxPayloadBytes,
		byID: map[string]*account{}, byIssuer: map[string]*account{}, byKey: map[string]*role{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.maxPayload == 0 {
		s.maxPayload = DefaultMaxPayloadBytes
	}
	for _, conf := range c.Accounts {
		a, err := newAccount(conf)
		if err != nil {
			return nil, err
		}
		s.accounts = append(s.accounts, a)
		s.byID[a.ID], s.byIssuer[a.IssuerID] = a, a
		for _, r := range a.roles {
			if r.AccessKeyID != "" {
				s.byKey[r.AccessKeyID] = r
			}
		}
	}
	if c.BaseURL != "" {
		if err := s.SetBaseURL(c.BaseURL); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// SetBaseURL says where clients reach Handler: an http or https URL without a
// trailing slash, query or fragment. Issuers are this and "/" and their UUID.
// It must be set before the first token or discovery document is asked for.
func (s *Server) SetBaseURL(base string) error {
	u, err := url.Parse(base)
	if err != nil {
		return fmt.Errorf("setting the base URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("setting the base URL: %q is not an http or https URL with a host", base)
	}
	if strings.ContainsAny(base, "?#") || strings.HasSuffix(base, "/") {
		return fmt.Errorf("setting the base URL: %q ends in a slash or has a query or fragment", base)
	}
	s.base.Store(&base)
	return nil
}

// errNoBaseURL is a mistake of whoever started the server.
var errNoBaseURL = errors.New("building an issuer's URL: the base URL is not set")

func (s *Server) issuerURL(a *account) (string, error) {
	base := s.base.Load()
	if base == nil {
		return "", errNoBaseURL
	}
	return *base + "/" + a.IssuerID, nil
}

// Handler serves the two AWS APIs at POST / and the issuers' documents.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", s.serveAPI)
	mux.HandleFunc("GET /{issuer}/.well-known/openid-configuration", s.serveDocument(DocumentDiscovery))
	mux.HandleFunc("GET /{issuer}/.well-known/jwks.json", s.serveDocument(DocumentKeys))
	return mux
}

// serveAPI answers one call of the query protocol.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	known := services()
	svc := known["2011-06-15"] // for the namespace of errors, until Version is known
	f, body, bad := readForm(w, r)
	if bad != nil {
		writeError(w, svc.namespace, bad)
		return
	}
	action, ok := f.get("Action")
	if !ok {
		writeError(w, svc.namespace, newError(http.StatusBadRequest, "MissingAction", "The request has no Action parameter."))
		return
	}
	version, _ := f.get("Version")
	if v, ok := known[version]; ok {
		svc = v
	}
	if _, versionOK := known[version]; !versionOK {
		writeError(w, svc.namespace, errInvalidAction(action, version))
		return
	}
	res, bad := s.answer(r, svc, action, version, f, body)
	if bad != nil {
		writeError(w, svc.namespace, bad)
		return
	}
	writeResult(w, svc.namespace, action, res)
}

// answer carries out one operation of a service, for those of them that are
// signed after it knows who is calling and that they may.
func (s *Server) answer(r *http.Request, svc service, action, version string, f form, body []byte) (result, *apiError) {
	if operation, ok := svc.unsigned[action]; ok {
		return operation(s, r.Context(), f)
	}
	operation, ok := svc.operations[action]
	if !ok {
		return nil, errInvalidAction(action, version)
	}
	c, bad := s.authenticate(r, f, body, svc.name)
	if bad != nil {
		return nil, bad
	}
	if c.role.denied(svc.name + ":" + action) {
		return nil, errAccessDenied(c.role.callerARN(), svc.name+":"+action)
	}
	return operation(s, c)
}

// authenticate finds the role that signed a request and checks its signature.
func (s *Server) authenticate(r *http.Request, f form, body []byte, service string) (call, *apiError) {
	sig, bad := parseAuthorization(r)
	if bad != nil {
		return call{}, bad
	}
	invalid := newError(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
	caller, ok := s.byKey[sig.keyID]
	if !ok {
		caller, ok = s.sessions.find(sig.keyID)
	}
	if !ok {
		return call{}, invalid
	}
	if caller.SessionToken != "" && r.Header.Get("X-Amz-Security-Token") != caller.SessionToken {
		return call{}, invalid
	}
	now := s.now()
	if bad := sig.verify(r, body, caller.SecretAccessKey, service, now); bad != nil {
		return call{}, bad
	}
	if !caller.ends.IsZero() && !now.Before(caller.ends) {
		return call{}, errExpiredToken()
	}
	return call{role: caller, region: sig.region, form: f, now: s.tokenTime(now)}, nil
}
