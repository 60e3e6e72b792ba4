package verifier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// maxURL is the longest jwks_uri that is followed, in bytes. It stands in every
// error of its fetch, and so in logs.
const maxURL = 2048

// source is where an issuer publishes its keys.
type source struct {
	location
	client *http.Client
	dating dating
}

// location tells where keys are.
type location struct {
	issuer  string
	jwksURL string // skips discovery
}

// fetch returns the key document with its usable keys.
func (s source) fetch(ctx context.Context) ([]byte, map[string]Key, error) {
	// The next fetch of this issuer is minutes away: no connection is kept, and no
	// goroutine. Another issuer's fetch may have to dial once more for it.
	defer s.client.CloseIdleConnections()
	jwksURL := s.jwksURL
	if jwksURL == "" {
		var err error
		if jwksURL, err = s.discover(ctx); err != nil {
			return nil, nil, err
		}
	}
	text, err := s.get(ctx, jwksURL)
	if err != nil {
		return nil, nil, err
	}
	keys, err := judgeJWKS(text, recordOf(ctx))
	if err != nil {
		return nil, nil, fmt.Errorf("%w (from %s)", err, jwksURL)
	}
	return text, keys, nil
}

// discover finds the key document by OpenID Connect Discovery 1.0, section 4.
func (s source) discover(ctx context.Context) (string, error) {
	location := strings.TrimSuffix(s.issuer, "/") + "/.well-known/openid-configuration"
	text, err := s.get(ctx, location)
	if err != nil {
		return "", err
	}
	document, err := awstoken.ParseObject(text)
	if err != nil {
		return "", faulty(ProbeNotJSON, fmt.Errorf("reading discovery document %s: %w", location, err))
	}
	recordOf(ctx).discovered(document)
	if document["issuer"] != s.issuer {
		return "", faulty(ProbeOtherIssuer, fmt.Errorf("reading discovery document %s: it is for another issuer", location))
	}
	jwksURI, ok := document["jwks_uri"].(string)
	if !ok {
		return "", faulty(ProbeJWKSURI, fmt.Errorf("reading discovery document %s: it has no jwks_uri", location))
	}
	if len(jwksURI) > maxURL {
		return "", faulty(ProbeJWKSURI, fmt.Errorf("reading discovery document %s: its jwks_uri has %d bytes, at most %d are read", location, len(jwksURI), maxURL))
	}
	if err := sameOrigin(s.issuer, jwksURI); err != nil {
		return "", faulty(ProbeJWKSURI, fmt.Errorf("reading discovery document %s: %w", location, err))
	}
	return jwksURI, nil
}

func sameOrigin(issuer, jwksURI string) error {
	if err := checkURL(jwksURI); err != nil {
		return fmt.Errorf("jwks_uri: %w", err)
	}
	a, err := url.Parse(issuer)
	if err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	b, err := url.Parse(jwksURI)
	if err != nil {
		return fmt.Errorf("jwks_uri: %w", err)
	}
	if a.Scheme != b.Scheme || a.Host != b.Host {
		return fmt.Errorf("jwks_uri %s is not of the issuer's own scheme, host and port; jwks_url would say so on purpose", quote(jwksURI))
	}
	return nil
}

func (s source) get(ctx context.Context, location string) ([]byte, error) {
	defer recordOf(ctx).visit(location)()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, location, nil)
	if err != nil {
		return nil, fmt.Errorf("getting %s: %w", location, err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "caddy-awsjwt")
	told := s.dating.begin()
	response, err := s.client.Do(request)
	if err != nil {
		// The *url.Error names the method and the URL already.
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, statusFault(response.StatusCode,
			fmt.Errorf("getting %s: it answered %d, 200 is wanted and no redirect is followed", location, response.StatusCode))
	}
	told(s.issuer, response.Header) // and not of an error page, which may be anybody's
	text, err := io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("getting %s: %w", location, err)
	}
	if len(text) > maxDocument {
		return nil, faulty(ProbeTooLarge, fmt.Errorf("getting %s: %w", location, errTooLarge))
	}
	return text, nil
}

var errTooLarge = errors.New("the document is over 512 KiB")
