package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// A request that waits while another configuration is loaded is judged by that
// one, if it comes in by the same door; else it is told to try again.
func TestRequestThatOutlivesItsConfiguration(t *testing.T) {
	const tryAgain = "503 "
	old, slower := object{"ttl": "10m"}, object{"ttl": "20m"} // other key sets, so that the old ones end
	for _, tt := range []struct {
		name   string
		secure bool
		after  func(r *reloading) object
		want   string // how the answer begins
	}{
		{"the same", false, func(r *reloading) object { return object{"a": r.guarded("new", slower, nil)} }, "200 new"},
		{"the same under another name", false, func(r *reloading) object { return object{"b": r.guarded("new", slower, nil)} }, "200 new"},
		{"the same, by TLS", true, func(r *reloading) object { return object{"a": r.guarded("new", slower, nil)} }, "200 new"},
		{"denied", false, func(r *reloading) object {
			return object{"a": r.guarded("new", slower, object{"deny": []object{{"expression": "true"}}})}
		}, "403 "},
		{"the issuer removed", false, func(r *reloading) object {
			return object{"a": r.guarded("new", old, object{"issuers": []object{{"url": "https://a.example"}}})}
		}, "401 "},
		{"no aws_jwt", false, func(r *reloading) object {
			site := r.guarded("SECRET", slower, nil)
			site["routes"] = []object{{"handle": []object{{"handler": "static_response", "body": "SECRET"}}}}
			return object{"a": site}
		}, tryAgain},
		{"another address, too", false, func(r *reloading) object {
			site := r.guarded("SECRET", slower, nil)
			site["listen"] = r.ports[:]
			return object{"a": site}
		}, tryAgain},
		{"client certificates", true, func(r *reloading) object {
			site := r.guarded("SECRET", slower, nil)
			site["tls_connection_policies"] = []object{{"client_authentication": object{"mode": "require"}}}
			return object{"a": site}
		}, tryAgain},
		{"client certificates before and after", true, func(r *reloading) object {
			site := r.guarded("SECRET", slower, nil)
			site["tls_connection_policies"] = []object{{"client_authentication": object{"mode": "request"}}}
			site["strict_sni_host"] = false // the request names an address
			return object{"a": site}
		}, tryAgain},
		{"another TLS policy", true, func(r *reloading) object {
			site := r.guarded("SECRET", slower, nil)
			site["tls_connection_policies"] = []object{{"protocol_min": "tls1.3"}}
			return object{"a": site}
		}, tryAgain},
		{"something before the listener", false, func(r *reloading) object {
			site := r.guarded("SECRET", slower, nil)
			site["listener_wrappers"] = []object{{"wrapper": "proxy_protocol"}}
			return object{"a": site}
		}, tryAgain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReloading(t, tt.secure)
			before := r.guarded("old", old, nil)
			if strings.HasSuffix(tt.name, "before and after") {
				for _, field := range []string{"tls_connection_policies", "strict_sni_host"} {
					before[field] = tt.after(r)["a"].(object)[field]
				}
			}
			r.load(object{"a": before})
			answer := r.send()
			r.waitUntilAsked()
			r.load(tt.after(r))
			r.release()
			if got := <-answer; !strings.HasPrefix(got, tt.want) || strings.Contains(got, "SECRET") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// What a request brought is what the new configuration sees, whatever the old
// one took out or put in.
func TestHandOverRestores(t *testing.T) {
	old, slower := object{"ttl": "10m"}, object{"ttl": "20m"}
	r := newReloading(t, false)
	before := r.guarded("old", old, nil)
	// An earlier handler has set a header, and something has rewritten the path,
	// by the time that the second one waits for keys.
	first := object{
		"handler": "aws_jwt", "audiences": []string{audience}, "headers": []object{{"field": "X-Left", "value": "old"}},
		"issuers": []object{{"url": r.issuer, "accounts": []string{ordersAccount}, "jwks_file": r.keyFile()}},
	}
	route := before["routes"].([]object)[0]
	route["handle"] = append([]object{{"handler": "rewrite", "uri": "/elsewhere"}, first}, route["handle"].([]object)...)
	r.load(object{"a": before})
	answer := r.send()
	r.waitUntilAsked()
	after := r.guarded("{http.request.uri} {http.request.header.X-Left} {http.request.header.X-Aws-Token-Account-Id}", slower, object{"forward_token": true})
	r.load(object{"a": after})
	r.release()
	if got := <-answer; got != "200 /orders  "+ordersAccount {
		t.Errorf("got %q", got)
	}

	// What an earlier handler has set is gone, also before the next one strips.
	request := httptest.NewRequest(http.MethodGet, "/orders", nil)
	request.Header.Set("X-Left", "old")
	over := &Handler{server: new(caddyhttp.Server)}
	doors.Range(func(_, door any) bool { over.door, _ = door.(string); return false })
	w := httptest.NewRecorder()
	visited := &visit{taken: true, fields: []string{"X-Left"}, credential: credential{fields: []string{"Bearer " + r.token()}}}
	if !over.handOver(w, request, visited) || w.Body.String() != "/orders  "+ordersAccount {
		t.Errorf("handed over: %d %q", w.Code, w.Body)
	}
}
