package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/certmagic"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/signing"
	"github.com/caddy-awsjwt/caddy-awsjwt/identity"
)

func init() {
	caddy.RegisterModule(new(Publisher))
}

// Publisher is the issuer of assertions as others see it. Under the issuer's URL
// it serves the discovery document (/.well-known/openid-configuration), the key
// set (/.well-known/jwks.json), a SPIFFE bundle (/.well-known/spiffe-bundle) and,
// with exchange, the token endpoint (/token). Every other path is left to the
// next handler.
type Publisher struct {
	// The issuer's URL: the iss of what is signed. Its path is where the documents
	// are. Required.
	URL string `json:"url,omitempty"`

	// The algorithms of which there are always keys: ES256, RS256. Keys that
	// assertions of others were signed with are published in any case. Default: ES256.
	Algorithms []signing.Algorithm `json:"algorithms,omitempty"`

	// How long a key signs, as in assertion, with which it has to agree. Default: 24h.
	Rotation *caddy.Duration `json:"rotation,omitempty"`

	// Trade tokens of AWS for JWTs of this issuer (RFC 8693). Default: no.
	Exchange *Exchange `json:"exchange,omitempty"`

	path    string // of the URL
	keys    *signing.Keys
	signing *signingLease
	storage certmagic.Storage // nil: Caddy's
	now     func() time.Time
}

// The documents, below the issuer's URL.
const (
	discoveryPath = "/.well-known/openid-configuration"
	jwksPath      = "/.well-known/jwks.json"
	bundlePath    = "/.well-known/spiffe-bundle"
	tokenPath     = "/token"
)

// CaddyModule returns the Caddy module information.
func (*Publisher) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.aws_jwt_issuer",
		New: func() caddy.Module { return new(Publisher) },
	}
}

// Provision checks the configuration and takes a share in the keys. It makes none.
func (p *Publisher) Provision(ctx caddy.Context) error {
	if p.now == nil {
		p.now = time.Now
	}
	var found faults
	found.add(registerMetrics(ctx.GetMetricsRegistry()))
	if err := identity.CheckIssuer(p.URL); err != nil {
		found.add(fmt.Errorf("url: %w", err))
		return found.errOf("aws_jwt_issuer")
	}
	if u, err := url.Parse(p.URL); err == nil {
		p.path = u.Path
	}
	if p.Algorithms == nil {
		p.Algorithms = []signing.Algorithm{signing.ES256}
	}
	if len(p.Algorithms) == 0 {
		found.add(errors.New("algorithms: the list is empty; leave it out or fill it"))
	}
	for i, each := range p.Algorithms {
		if err := each.Check(); err != nil {
			found.add(fmt.Errorf("algorithms[%d]: %w", i, err))
		} else if slices.Contains(p.Algorithms[:i], each) {
			found.add(fmt.Errorf("algorithms[%d]: %s stands there twice", i, each))
		}
	}
	ttl := p.Exchange.provision(ctx, p, &found)
	p.signing = leaseSigning(ctx, p.storage, "", p.URL, found.positive("rotation", p.Rotation), p.now, &found)
	p.signing.checkLife("exchange", ttl, &found)
	p.keys = p.signing.keys()
	return found.errOf("aws_jwt_issuer")
}

// Cleanup gives back what Provision took, also when Provision failed half-way.
func (p *Publisher) Cleanup() error {
	taken := p.signing
	p.signing = nil
	return errors.Join(taken.release(), p.Exchange.cleanup())
}

// ServeHTTP answers what is asked under the issuer's URL.
func (p *Publisher) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	below, ok := strings.CutPrefix(r.URL.Path, p.path)
	if !ok {
		return next.ServeHTTP(w, r)
	}
	switch below {
	case discoveryPath, jwksPath, bundlePath:
		return p.serveDocument(w, r, below)
	case tokenPath:
		if p.Exchange != nil {
			return p.Exchange.serve(w, r)
		}
	}
	return next.ServeHTTP(w, r)
}

// serveDocument answers with one of the public documents. They are for everybody,
// a page in a browser included.
func (p *Publisher) serveDocument(w http.ResponseWriter, r *http.Request, which string) error {
	header := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		return caddyhttp.Error(http.StatusMethodNotAllowed, errors.New("aws_jwt_issuer: only GET and HEAD are answered"))
	}
	published, err := p.keys.Publish(r.Context(), p.Algorithms...)
	if err != nil {
		return unpublished(w, err)
	}
	body, kind := published.JWKS, "application/jwk-set+json"
	switch which {
	case discoveryPath:
		kind = "application/json"
		if body, err = json.Marshal(p.discovery(published.Algorithms)); err != nil {
			return caddyhttp.Error(http.StatusInternalServerError, err)
		}
	case bundlePath:
		body, kind = published.Bundle, "application/json"
	}
	header.Set("Content-Type", kind)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", published.MaxAge/time.Second))
	header.Set("Access-Control-Allow-Origin", "*")
	// net/http leaves it out for HEAD. A client that is gone is no fault.
	_, _ = w.Write(body)
	return nil
}

// unpublished says that there are no keys at present. Nobody is to keep that. What
// the storage says about it is logged with the keys, and not for error routes, which
// may show it to whoever asks.
func unpublished(w http.ResponseWriter, err error) error {
	refused := ofSigning(err)
	w.Header().Set("Cache-Control", "no-store")
	status := refused.answer().status
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter(refused.retryAfter))
	}
	return caddyhttp.Error(status, refused)
}

// discovery is the provider's metadata (OpenID Connect Discovery 1.0, section 3;
// RFC 8414, section 2). There is nothing to log in to, so response_types_supported
// stands there only because it has to.
type discovery struct {
	Issuer        string              `json:"issuer"`
	JWKSURI       string              `json:"jwks_uri"`
	TokenEndpoint string              `json:"token_endpoint,omitempty"`
	GrantTypes    []string            `json:"grant_types_supported,omitempty"`
	ClientAuth    []string            `json:"token_endpoint_auth_methods_supported,omitempty"`
	ResponseTypes []string            `json:"response_types_supported"`
	SubjectTypes  []string            `json:"subject_types_supported"`
	Algorithms    []signing.Algorithm `json:"id_token_signing_alg_values_supported"`
	Claims        []string            `json:"claims_supported"`
}

func (p *Publisher) discovery(algorithms []signing.Algorithm) discovery {
	d := discovery{
		Issuer: p.URL, JWKSURI: p.URL + jwksPath,
		ResponseTypes: []string{"id_token"}, SubjectTypes: []string{"public"}, Algorithms: algorithms,
		Claims: []string{"iss", "sub", "aud", "iat", "exp", "aws_token"},
	}
	if p.Exchange != nil {
		d.TokenEndpoint, d.GrantTypes, d.ClientAuth = p.URL+tokenPath, []string{grantExchange}, []string{"none"}
	}
	return d
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Publisher)(nil)
	_ caddy.CleanerUpper          = (*Publisher)(nil)
	_ caddyhttp.MiddlewareHandler = (*Publisher)(nil)
)
