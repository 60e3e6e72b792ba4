// An upstream in Go that lets nobody in but with an assertion of the gateway:
// the middleware is all there is to copy.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	header    = "X-Aws-Token-Assertion"
	algorithm = jose.ES256 // what the gateway signs with, and nothing else
	patience  = 5 * time.Second
)

// asserted lets requests pass whose assertion is good, with its subject in their
// context.
func asserted(issuer, audience string, next http.Handler) http.Handler {
	verifier := oidc.NewVerifier(issuer, &keySet{url: issuer + "/.well-known/jwks.json"},
		&oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{string(algorithm)}})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := verifier.Verify(r.Context(), r.Header.Get(header)) // the signature, iss, aud and exp
		if err != nil || token.Subject == "" || len(r.Header.Values(header)) != 1 {
			log.Printf("refused: %v", err)
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), subject{}, token.Subject)))
	})
}

type subject struct{}

// keySet has the gateway's keys for as long as they may be kept. A key that it
// lacks makes it ask again, every five seconds at most.
type keySet struct {
	url   string
	mu    sync.Mutex
	keys  jose.JSONWebKeySet
	until time.Time // when they are too old
	asked time.Time
}

var maxAge = regexp.MustCompile(`max-age=(\d+)`)

// VerifySignature is what go-oidc asks for. Its own RemoteKeySet keeps keys for
// good, and asks for each one that it lacks.
func (s *keySet) VerifySignature(_ context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{algorithm})
	if err != nil {
		return nil, err
	}
	named := jws.Signatures[0].Protected
	if named.ExtraHeaders[jose.HeaderType] != "JWT" {
		return nil, errors.New("it is no JWT")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := !time.Now().Before(s.until)
	if (old || len(s.keys.Key(named.KeyID)) == 0) && time.Since(s.asked) >= patience {
		s.asked = time.Now()
		if err := s.fetch(); err != nil {
			log.Printf("fetching the gateway's keys: %v", err)
		}
	}
	found := s.keys.Key(named.KeyID)
	if !time.Now().Before(s.until) || len(found) != 1 || found[0].Algorithm != string(algorithm) {
		return nil, fmt.Errorf("there is no key %.64q", named.KeyID)
	}
	return jws.Verify(found[0])
}

func (s *keySet) fetch() error {
	client := http.Client{Timeout: patience}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.url, nil) // for all callers
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	var keys jose.JSONWebKeySet
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&keys); err != nil {
		return err
	}
	age := patience
	if found := maxAge.FindStringSubmatch(answer.Header.Get("Cache-Control")); found != nil {
		seconds, _ := strconv.Atoi(found[1])
		age = max(age, time.Duration(seconds)*time.Second)
	}
	s.keys, s.until = keys, s.asked.Add(age)
	return nil
}

func main() {
	server := http.Server{Addr: os.Getenv("LISTEN"), ReadHeaderTimeout: patience}
	server.Handler = asserted(os.Getenv("ISSUER"), os.Getenv("AUDIENCE"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, _ := r.Context().Value(subject{}).(string)
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "hello %s\n", who) //nolint:gosec // as plain text, it is no script
	}))
	log.Fatal(server.ListenAndServe())
}
