package caddymodule

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/proxyprotocol" // a listener wrapper
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"       // a handler that comes before

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/certificates"
)

type object = map[string]any

// reloading is a Caddy in this process before an issuer whose answers can be
// held up, so that a request is under way while another configuration is loaded.
type reloading struct {
	t       *testing.T
	sts     *devsts.Server
	issuer  string
	asked   chan struct{} // a key document was asked for
	release func()
	ports   [2]string
	secure  bool
	storage string
	loaded  []byte // the configuration that was loaded last
}

func newReloading(t *testing.T, secure bool) *reloading {
	t.Helper()
	server, err := devsts.New(devsts.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	gate := make(chan struct{})
	r := &reloading{
		t: t, sts: server, asked: make(chan struct{}, 100), release: sync.OnceFunc(func() { close(gate) }),
		secure: secure, storage: t.TempDir(),
	}
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.asked <- struct{}{}
		select {
		case <-gate:
			server.Handler().ServeHTTP(w, request)
		case <-request.Context().Done():
		}
	}))
	t.Cleanup(endpoint.Close)
	if err := server.SetBaseURL(endpoint.URL); err != nil {
		t.Fatal(err)
	}
	if r.issuer, err = server.IssuerURL(ordersAccount); err != nil {
		t.Fatal(err)
	}
	for i := range r.ports {
		address, err := stack.FreeAddress()
		if err != nil {
			t.Fatal(err)
		}
		r.ports[i] = address
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// guarded is a site that says who it is to those whom aws_jwt lets pass.
func (r *reloading) guarded(name string, jwks object, more object) object {
	handler := object{
		"handler": "aws_jwt", "jwks": jwks, "audiences": []string{audience},
		"issuers": []object{{"url": r.issuer, "accounts": []string{ordersAccount}}},
	}
	for field, value := range more {
		handler[field] = value
	}
	return object{"listen": r.ports[:1], "routes": []object{{"handle": []object{handler, {"handler": "static_response", "body": name}}}}}
}

// load runs a configuration of these servers, as POST /load does.
func (r *reloading) load(servers object) {
	r.t.Helper()
	apps := object{"http": object{"servers": servers}}
	for _, server := range servers {
		server.(object)["automatic_https"] = object{"disable": true}
		if r.secure {
			if server.(object)["tls_connection_policies"] == nil {
				server.(object)["tls_connection_policies"] = []object{{}}
			}
			apps["tls"] = object{"certificates": object{"load_pem": []object{certificate()}}}
		}
	}
	text, err := json.Marshal(object{
		"admin":   object{"disabled": true, "config": object{"persist": false}},
		"storage": object{"module": "file_system", "root": r.storage},
		"logging": object{"logs": object{"default": object{"writer": object{"output": "discard"}}}},
		"apps":    apps,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.loaded = text
	if err := caddy.Load(text, true); err != nil {
		r.t.Fatal(err)
	}
}

// certificate is one for this machine, with its key.
var certificate = sync.OnceValue(func() object {
	made := certificates.SelfSigned("127.0.0.1", "localhost")
	return object{"certificate": string(made.PEM()), "key": string(made.KeyPEM())}
})

func (r *reloading) token() string {
	r.t.Helper()
	claims, err := r.sts.GoodClaims(ordersARN, audience)
	if err != nil {
		r.t.Fatal(err)
	}
	token, err := r.sts.Mint(ordersAccount, nil, claims)
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

// waitUntilAsked waits until a request waits for keys.
func (r *reloading) waitUntilAsked() {
	r.t.Helper()
	select {
	case <-r.asked:
	case <-time.After(30 * time.Second):
		r.t.Fatal("nobody asks for keys")
	}
}

// send begins a request, and gives its answer when it is there. "" is none.
func (r *reloading) send() <-chan string {
	r.t.Helper()
	scheme := "http://"
	if r.secure {
		scheme = "https://"
	}
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, scheme+r.ports[0]+"/orders", strings.NewReader("body"))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+r.token())
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
	}}
	answer := make(chan string, 1)
	go func() {
		response, err := client.Do(request)
		if err != nil {
			answer <- ""
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answer <- response.Status[:3] + " " + string(body)
	}()
	return answer
}

// keyFile has the issuer's keys.
func (r *reloading) keyFile() string {
	r.t.Helper()
	w := httptest.NewRecorder()
	_, path, _ := strings.Cut(strings.TrimPrefix(r.issuer, "http://"), "/")
	r.sts.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+path+"/.well-known/jwks.json", nil))
	file := filepath.Join(r.t.TempDir(), "jwks.json")
	if err := os.WriteFile(file, w.Body.Bytes(), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return file
}
