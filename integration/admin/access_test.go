package admin

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/certificates"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// calls are all calls, each with a body that is good.
var calls = []struct{ method, path, body string }{
	{"GET", "/aws_jwt/issuers", ""}, {"POST", "/aws_jwt/issuers/refresh", `{"state":"used"}`},
	{"POST", "/aws_jwt/cache/purge", ""}, {"GET", "/aws_jwt/decisions", ""}, {"POST", "/aws_jwt/explain", `{"host":"orders.example.com"}`},
}

// A page in a browser of somebody who works on the gateway's machine reaches no
// call; without what betrays the browser, each is answered.
func TestBrowsersAreKeptOut(t *testing.T) {
	w := newWorld(t)
	w.start(twoSites)
	for _, call := range calls {
		if status, text := w.call(call.method, call.path, call.body); status != http.StatusOK {
			t.Errorf("%s: %d %s", call.path, status, text)
		}
		if status, text := w.call(call.method, call.path, call.body, "Origin", "http://"+w.admin); status != http.StatusOK {
			t.Errorf("%s from its own origin: %d %s", call.path, status, text)
		}
		for _, header := range [][]string{
			{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Mode", "no-cors"}, {"Sec-Fetch-Mode", "cors"},
			{"Sec-Fetch-Mode", "cors", "Referer", "https://evil.example/"}, {"Host", "evil.example"}, {"Host", "orders.example.com"},
		} {
			status, text := w.call(call.method, call.path, call.body, header...)
			if status != http.StatusForbidden && status != http.StatusBadRequest || strings.Contains(text, "used_by") || strings.Contains(text, "outcome") {
				t.Errorf("%s with %v: %d %s", call.path, header, status, text)
			}
		}
	}
	// What a form can send, from a browser that says nothing of where it comes from.
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded"} {
		if status, _ := w.call("POST", "/aws_jwt/explain", `{}`, "Content-Type", kind); status != http.StatusUnsupportedMediaType {
			t.Errorf("%s: %d", kind, status)
		}
	}
}

// The origins that the configuration allows are those that may call, for what the
// API asks of itself, too.
func TestConfiguredOrigins(t *testing.T) {
	w := newWorld(t)
	w.start("{\n\tadmin ADMIN {\n\t\torigins console.example\n\t\tenforce_origin\n\t}\n\tpersist_config off\n\tdefault_bind 127.0.0.1\n}\n" + twoSites)
	for _, call := range calls {
		if status, text := w.call(call.method, call.path, call.body, "Host", "console.example", "Origin", "http://console.example"); status != http.StatusOK {
			t.Errorf("%s: %d %s", call.path, status, text)
		}
		for _, header := range [][]string{{}, {"Host", "console.example"}, {"Origin", "http://console.example"}, {"Host", "console.example", "Origin", "http://" + w.admin}} {
			if status, _ := w.call(call.method, call.path, call.body, header...); status != http.StatusForbidden {
				t.Errorf("%s with %v: %d", call.path, header, status)
			}
		}
	}
}

// Whoever may send requests to a site reaches its upstream by the same paths, and
// not the API.
func TestSitesDoNotServeTheAPI(t *testing.T) {
	w := newWorld(t)
	w.start(twoSites)
	good := w.sts.Token(orders, "orders-lambda", audience, nil)
	for _, path := range []string{"/aws_jwt/issuers", "/aws_jwt/decisions", "/%61ws_jwt/issuers"} {
		w.wantStatus("orders.example.com", path, "", http.StatusUnauthorized)
		before := len(w.upstream.Seen())
		if status, text := w.send("orders.example.com", path, good); status != http.StatusOK || strings.Contains(text, "listed_in") || strings.Contains(text, "decisions") {
			t.Errorf("%s: %d %s", path, status, text)
		}
		if seen := len(w.upstream.Seen()); before != 0 || seen != 1 {
			t.Errorf("%s: the upstream saw %d requests", path, seen)
		}
	}
}

// Remote administration lets those do what it says, and explaining takes leave to
// read the configuration.
func TestRemoteAdministration(t *testing.T) {
	w := newWorld(t)
	w.start(twoSites)
	remote, err := stack.FreeAddress()
	must(t, err)
	reader, all := newIdentity(), newIdentity()
	_, text := w.call(http.MethodGet, "/config/", "")
	var config map[string]any
	must(t, json.Unmarshal([]byte(text), &config))
	admin, _ := config["admin"].(map[string]any)
	admin["identity"] = map[string]any{"identifiers": []string{"localhost"}, "issuers": []any{map[string]any{"module": "internal"}}}
	admin["remote"] = map[string]any{"listen": remote, "access_control": []any{
		map[string]any{"public_keys": []string{reader.public}, "permissions": []any{
			map[string]any{"paths": []string{"/aws_jwt/issuers", "/aws_jwt/explain"}, "methods": []string{"GET", "POST"}},
		}},
		map[string]any{"public_keys": []string{all.public}},
	}}
	config["apps"].(map[string]any)["pki"] = map[string]any{"certificate_authorities": map[string]any{"local": map[string]any{"install_trust": false}}}
	body, err := json.Marshal(config)
	must(t, err)
	if status, text := w.call(http.MethodPost, "/load", string(body)); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	for _, tt := range []struct {
		who    identity
		method string
		path   string
		body   string
		status int
	}{
		{all, "GET", "/aws_jwt/issuers", "", 200},
		{all, "POST", "/aws_jwt/cache/purge", "", 200},
		{all, "GET", "/aws_jwt/decisions", "", 200},
		{all, "POST", "/aws_jwt/explain", `{"host":"orders.example.com"}`, 200},
		{reader, "GET", "/aws_jwt/issuers", "", 200},
		{reader, "POST", "/aws_jwt/issuers/refresh", `{"state":"used"}`, 200}, // a path below one that is allowed
		{reader, "GET", "/aws_jwt/decisions", "", 403},
		{reader, "POST", "/aws_jwt/cache/purge", "", 403},
		{reader, "POST", "/aws_jwt/explain", `{"host":"orders.example.com"}`, 403},
		{reader, "GET", "/config/", "", 403},
	} {
		var status int
		var text string
		eventually(t, "the remote admin API answered", func() bool {
			request, err := http.NewRequestWithContext(t.Context(), tt.method, "https://"+remote+tt.path, strings.NewReader(tt.body))
			must(t, err)
			request.Host = "localhost"
			request.Header.Set("Content-Type", "application/json")
			response, err := tt.who.client.Do(request)
			if err != nil {
				return false
			}
			defer response.Body.Close()
			var read bytes.Buffer
			_, err = read.ReadFrom(response.Body)
			status, text = response.StatusCode, read.String()
			return err == nil
		})
		if status != tt.status {
			t.Errorf("%s %s: %d %s, want %d", tt.method, tt.path, status, text, tt.status)
		}
	}
}

// identity is a client certificate, and a client that has it.
type identity struct {
	public string
	client *http.Client
}

func newIdentity() identity {
	made := certificates.Sign(x509.Certificate{
		Subject: pkix.Name{CommonName: "operator"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, nil)
	config := &tls.Config{
		InsecureSkipVerify: true, ServerName: "localhost",
		Certificates: []tls.Certificate{made.TLS()},
	}
	return identity{base64.StdEncoding.EncodeToString(made.Raw), &http.Client{
		Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}, Timeout: stacktest.Patience,
	}}
}
