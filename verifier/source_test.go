package verifier

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Every answer is refused, and does no harm to the keys that are there.
func TestRemoteRefusesAnswers(t *testing.T) {
	e := newEndpoint(t)
	goodDiscovery, goodJWKS := e.discovery, e.jwks
	discovery := func(issuer, uri string) http.HandlerFunc {
		return text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, uri))
	}
	uri := e.issuer + "/.well-known/jwks.json"
	bomb := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		for range 64 {
			_, _ = z.Write(make([]byte, 64<<10))
		}
	}
	for name, tt := range map[string]struct{ discovery, jwks http.HandlerFunc }{
		"discovery for another issuer": {discovery(e.issuer+"/", uri), goodJWKS},
		"no issuer":                    {text(fmt.Sprintf(`{"jwks_uri":%q}`, uri)), goodJWKS},
		"no jwks_uri":                  {text(fmt.Sprintf(`{"issuer":%q}`, e.issuer)), goodJWKS},
		"jwks_uri twice":               {text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":"x","jwks_uri":%q}`, e.issuer, uri)), goodJWKS},
		"jwks_uri elsewhere":           {discovery(e.issuer, "https://evil.example/jwks.json"), goodJWKS},
		"jwks_uri by another port":     {discovery(e.issuer, "http://127.0.0.1:1/jwks.json"), goodJWKS},
		"jwks_uri by another name":     {discovery(e.issuer, strings.Replace(uri, "127.0.0.1", "localhost", 1)), goodJWKS},
		"jwks_uri by another scheme":   {discovery(e.issuer, strings.Replace(uri, "http:", "https:", 1)), goodJWKS},
		"jwks_uri of 100 KB":           {discovery(e.issuer, "https://"+strings.Repeat("x", 100_000)), goodJWKS},
		"jwks_uri of 100 KB at home":   {discovery(e.issuer, e.URL+"/"+strings.Repeat("x", 100_000)), goodJWKS},
		"jwks_uri with user info":      {discovery(e.issuer, strings.Replace(uri, "//", "//u@", 1)), goodJWKS},
		"jwks_uri of metadata":         {discovery(e.issuer, "http://169.254.169.254/latest"), goodJWKS},
		"discovery redirects":          {redirect(uri), goodJWKS},
		"keys redirect":                {goodDiscovery, redirect(uri + "?again")},
		"HTML with 200":                {goodDiscovery, text("<html>hello</html>")},
		"404 with keys":                {goodDiscovery, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound); goodJWKS(w, r) }},
		"204":                          {goodDiscovery, status(204)},
		"over 512 KiB":                 {goodDiscovery, text(string(aws().jwks()) + strings.Repeat(" ", maxDocument))},
		"a status with much to say": {func(w http.ResponseWriter, r *http.Request) {
			hijack(w, "HTTP/1.1 "+strings.Repeat("A", 60_000)+"\r\n\r\n")
		}, goodJWKS},
		"a gzip bomb":              {goodDiscovery, bomb},
		"no usable key":            {goodDiscovery, text(`{"keys":[{"kty":"oct","kid":"x","k":"AA"}]}`)},
		"a connection that is cut": {goodDiscovery, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"a body that never ends":   {goodDiscovery, endless},
		"headers that never come":  {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, goodJWKS},
	} {
		t.Run(name, func(t *testing.T) {
			e.set(&e.discovery, goodDiscovery)
			e.set(&e.jwks, goodJWKS)
			s, clk := newRemote(t, e.issuer, RemoteConfig{Timeout: 500 * time.Millisecond})
			wantKey(t, s, "RSA_0") // the control
			e.set(&e.discovery, tt.discovery)
			e.set(&e.jwks, tt.jwks)
			clk.advance(DefaultTTL + time.Second)
			wantKey(t, s, "RSA_0")
			s.running.Wait()
			if s.set().failure == nil || len(s.set().failure.Error()) > maxFailure+8 {
				t.Errorf("failure: %.600v", s.set().failure)
			}
			wantKey(t, s, "RSA_0")
		})
	}
}

// hijack answers with these bytes.
func hijack(w http.ResponseWriter, answer string) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = connection.Write([]byte(answer))
	_ = connection.Close()
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(to, "?again") && r.URL.RawQuery != "" {
			text(string(aws().jwks()))(w, r)
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write([]byte(" ")); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		time.Sleep(time.Millisecond)
	}
}

// The key document is on the issuer's own scheme, host and port, to the byte.
func TestSameOrigin(t *testing.T) {
	const elsewhere = "is not of the issuer's own scheme, host and port"
	for _, tt := range []struct {
		name, issuer, jwksURI string
		fault                 string // "" is accepted
	}{
		{"https", "https://sts.example/uuid", "https://sts.example/keys", ""},
		{"https with a port", "https://sts.example:8443/uuid", "https://sts.example:8443/keys", ""},
		{"http on loopback", "http://127.0.0.1:8443/uuid", "http://127.0.0.1:8443/keys", ""},
		{"https on loopback", "https://127.0.0.1:8443/uuid", "https://127.0.0.1:8443/keys", ""},
		{"http on localhost", "http://localhost/uuid", "http://localhost/keys", ""},
		{"http on IPv6", "http://[::1]:8443/uuid", "http://[::1]:8443/keys", ""},
		{"another query", "https://sts.example/uuid", "https://sts.example/keys?v=2", ""},

		{"from http to https", "http://127.0.0.1:8443/uuid", "https://127.0.0.1:8443/keys", elsewhere},
		{"from https to http", "https://127.0.0.1:8443/uuid", "http://127.0.0.1:8443/keys", elsewhere},
		{"from http to https, no port", "http://localhost/uuid", "https://localhost/keys", elsewhere},
		{"from https to http, no port", "https://localhost/uuid", "http://localhost/keys", elsewhere},
		{"another port", "https://sts.example:8443/uuid", "https://sts.example:8444/keys", elsewhere},
		{"a port more", "https://sts.example/uuid", "https://sts.example:8443/keys", elsewhere},
		{"a port less", "https://sts.example:8443/uuid", "https://sts.example/keys", elsewhere},
		{"another host", "https://sts.example/uuid", "https://evil.example/keys", elsewhere},
		{"a host below", "https://sts.example/uuid", "https://keys.sts.example/keys", elsewhere},
		{"a host above", "https://sts.example/uuid", "https://example/keys", elsewhere},
		{"a longer host", "https://sts.example/uuid", "https://sts.example.evil.example/keys", elsewhere},
		{"another loopback host", "http://127.0.0.1:8443/uuid", "http://[::1]:8443/keys", elsewhere},
		{"http away from loopback", "https://sts.example/uuid", "http://sts.example/keys", "jwks_uri: "},
		{"user information", "https://sts.example/uuid", "https://sts.example@evil.example/keys", "jwks_uri: "},
		{"no host", "https://sts.example/uuid", "/keys", "jwks_uri: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := sameOrigin(tt.issuer, tt.jwksURI)
			if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("got %v, want %q", err, tt.fault)
			}
		})
	}
}
