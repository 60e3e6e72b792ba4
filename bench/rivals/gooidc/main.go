// Command gooidc is the proxy that one would write in an hour: httputil's, with
// go-oidc before it. It verifies each token anew, since go-oidc keeps none.
package main

import (
	"crypto"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "`address` to listen on")
	upstream := flag.String("upstream", "http://127.0.0.1:9000", "`URL` of the upstream")
	issuer := flag.String("issuer", "", "issuer `URL`")
	audience := flag.String("audience", "", "the audience")
	jwks := flag.String("jwks", "", "`file` with the issuer's key set")
	header := flag.String("header", "", "`name` of the header that gets the subject")
	flag.Parse()
	handler, err := proxy(*upstream, *issuer, *audience, *jwks, *header)
	if err == nil {
		server := &http.Server{Addr: *listen, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		err = server.ListenAndServe()
	}
	fmt.Fprintln(os.Stderr, "gooidc:", err)
	os.Exit(1)
}

// proxy is the handler: what it lets pass bears the token's subject.
func proxy(upstream, issuer, audience, jwks, header string) (http.Handler, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, fmt.Errorf("reading the upstream's URL: %w", err)
	}
	text, err := os.ReadFile(jwks)
	if err != nil {
		return nil, fmt.Errorf("reading the key set: %w", err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("reading the key set: %w", err)
	}
	static := new(oidc.StaticKeySet)
	for _, key := range set.Keys {
		static.PublicKeys = append(static.PublicKeys, crypto.PublicKey(key.Key))
	}
	verifier := oidc.NewVerifier(issuer, static, &oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES384}})
	forward := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, err := verifier.Verify(r.Context(), text)
		if err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		r.Header.Set(header, token.Subject)
		r.Header.Del("Authorization")
		forward.ServeHTTP(w, r)
	}), nil
}
