package caddymodule

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// originalField is one of the headers that an Original names.
type originalField struct {
	what, name string
	like       string                                   // a value of its kind
	put        func(r *http.Request, value string) bool // false: the value is none of its kind
}

func (o *Original) fields() []originalField {
	return []originalField{
		{"method", o.Method, "GET", putMethod},
		{"host", o.Host, "orders.example.com", putHost},
		{"uri", o.URI, "/orders?id=1", putURI},
		{"client_ip", o.ClientIP, "192.0.2.7", putClientIP},
	}
}

// ofTrusted refuses the question of whoever is no proxy that the server trusts.
func ofTrusted(r *http.Request) *refusal {
	if trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool); !trusted {
		return &refusal{reason: untrustedProxy, hint: "who asks is no trusted proxy of the server; name its address in trusted_proxies of the global options"}
	}
	return nil
}

// put makes a question look as the request that it is about.
func (o *Original) put(r *http.Request) *refusal {
	if o == nil {
		return nil
	}
	for _, each := range o.fields() {
		if each.name == "" {
			continue
		}
		values := r.Header.Values(each.name)
		if len(values) != 1 {
			return &refusal{reason: malformedRequest, hint: fmt.Sprintf("the proxy has to send %s once, and sent it %d times", each.name, len(values))}
		}
		if !each.put(r, values[0]) {
			// The value is not shown: people put secrets into queries.
			return &refusal{reason: malformedRequest, hint: fmt.Sprintf("what the proxy sends as %s is no %s of a request, such as %s", each.name, each.what, each.like)}
		}
	}
	return nil
}

func putMethod(r *http.Request, value string) bool {
	for i := range len(value) {
		if !isTokenByte(value[i]) {
			return false
		}
	}
	r.Method = value
	return value != ""
}

func putHost(r *http.Request, value string) bool {
	if value == "" || strings.ContainsAny(value, "/\\@?# ,") {
		return false
	}
	r.Host = value
	return true
}

// putURI refuses what servers end a path at: to us it would be a part of the path,
// and the other proxy hands it on as it is.
func putURI(r *http.Request, value string) bool {
	if strings.ContainsAny(value, "# ") {
		return false
	}
	u, err := url.ParseRequestURI(value)
	if err != nil || !strings.HasPrefix(value, "/") || u.Host != "" {
		return false
	}
	r.URL, r.RequestURI = u, value
	return true
}

func putClientIP(r *http.Request, value string) bool {
	ip, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	caddyhttp.SetVar(r.Context(), caddyhttp.ClientIPVarKey, ip.String())
	return true
}
