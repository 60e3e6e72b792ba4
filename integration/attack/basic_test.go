package attack

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// Sites that take tokens from Basic, too, and from nothing else.
var (
	basicToo   = inside(plain, "token_source bearer basic")
	basicAlone = inside(plain, "token_source basic")
)

// pair is what a client makes of a user name and a token, which is as secret as
// the token is.
func pair(user, token string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(user + ":" + token))
	canaries.note(encoded)
	return encoded
}

func byBasic(token string) request { return authorizations("Basic " + pair("aws", token)) }

// basicProbes: a password is a token only where the operator says so, in one
// spelling, and goes no further than a bearer token does.
func basicProbes() []probe {
	return slices.Concat(basicOffProbes(), malformedBasicProbes(), goodBasicProbes(), onwardBasicProbes(), []probe{
		{name: "basic asks once", script: basicAsksOnce},
	})
}

// hidden is what an upstream sees of a good caller: neither the token nor the pair,
// nor the user name.
func hidden(token, encoded string) func(stack.Arrival) string {
	return all(carries(whole), hides(token, encoded), has("Authorization", ""))
}

func basicOffProbes() []probe {
	good := mint(nil)
	bearer, basic := call(good), byBasic(good)
	return []probe{{
		name: "off by default", attack: basic, status: http.StatusUnauthorized, reason: "missing_token",
		control: bearer, intact: carries(whole),
	}, {
		name: "off where bearer is named", site: inside(plain, "token_source bearer"), attack: basic, status: http.StatusUnauthorized, reason: "missing_token",
		control: bearer, intact: carries(whole),
	}, {
		name: "bearer where basic alone is named", site: basicAlone, attack: bearer, status: http.StatusUnauthorized, reason: "missing_token",
		control: basic, intact: carries(whole),
	}, {
		name: "optional, another's password", site: inside(optionalSite, "token_source basic"), attack: authorizations("Basic YTpi"),
		status: http.StatusUnauthorized, reason: "malformed_token", control: byBasic(good), intact: carries(whole),
	}}
}

func malformedBasicProbes() []probe {
	good := mint(nil)
	encoded := pair("aws", good)
	padded := pair("aws"+strings.Repeat("u", (len("aws:"+good)+1)%3), good) // two bytes, or one, are left over
	if !strings.HasSuffix(padded, "=") {
		padded = pair("awsu", good)
	}
	var probes []probe
	for name, value := range map[string]string{
		"no padding": "Basic " + strings.TrimRight(padded, "="), "too much padding": "Basic " + padded + "=", "loose bits": "Basic " + loose(padded),
		"two spaces": "Basic  " + encoded, "a tab": "Basic\t" + encoded, "a space inside": "Basic " + encoded[:8] + " " + encoded[8:],
		"no base64": "Basic aws:" + good, "no colon": "Basic " + pair("aws", good)[:4], "no password": "Basic " + pair("aws", ""),
		"a line end behind the token": "Basic " + pair("aws", good+"\n"), "two tokens": "Basic " + pair("aws", good+" "+good), "a colon behind the token": "Basic " + pair("aws", good+":"),
		"nul in the user name": "Basic " + pair("a\x00b", good), "a line end in the user name": "Basic " + pair("a\r\nx: y", good),
		"bearer behind it": "Basic " + encoded + ", Bearer " + good, "it behind bearer": "Bearer " + good + ", Basic " + encoded, "it behind digest": "Digest x, Basic " + encoded,
		"basic without anything": "Basic", "braces": "Basic {http.request.uri.query.t}",
	} {
		probes = append(probes, probe{
			name: "malformed: " + name, site: basicToo, attack: authorizations(value), status: http.StatusBadRequest, reason: "malformed_request",
			control: byBasic(good), intact: carries(whole),
		})
	}
	for name, r := range map[string]request{
		"two fields":     authorizations("Basic "+encoded, "Basic "+encoded),
		"beside bearer":  authorizations("Basic "+encoded, "Bearer "+good),
		"beside nothing": authorizations("Basic "+encoded, ""),
	} {
		probes = append(probes, probe{
			name: "malformed: " + name, site: basicToo, attack: r, status: http.StatusBadRequest, reason: "malformed_request",
			control: byBasic(good), intact: carries(whole),
		})
	}
	return probes
}

// loose sets a bit that many decoders throw away.
func loose(padded string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := strings.IndexByte(padded, '=') - 1
	return padded[:last] + string(alphabet[strings.IndexByte(alphabet, padded[last])|1]) + padded[last+1:]
}

// goodBasicProbes: who the caller is, the token alone says.
func goodBasicProbes() []probe {
	good := mint(nil)
	expired := mint(func(p *parts) { p.claims["iat"], p.claims["exp"] = 1, 2 })
	var probes []probe
	for name, user := range map[string]string{
		"a user name of the attacker's": "arn:aws:iam::444455556666:role/admin", "none": "", "a token in its place": expired, "letters beyond ascii": "ä", "a placeholder": "{env.HOME}",
	} {
		if strings.Contains(user, ":") {
			user = strings.ReplaceAll(user, ":", "%3A") // a colon ends it
		}
		encoded := pair(user, good)
		probes = append(probes, probe{
			name: "passes: user name: " + name, site: basicToo, attack: authorizations("Basic " + encoded), disarmed: hidden(good, encoded),
			control: call(good), intact: carries(whole),
		})
	}
	for name, token := range map[string]string{"expired": expired, "of another issuer": mintAs(strangerAccount, nil), "spoilt": good[:len(good)-8] + "AAAAAAAA"} {
		reason := map[string]string{"expired": "expired", "of another issuer": "unknown_issuer", "spoilt": "bad_signature"}[name]
		probes = append(probes, probe{
			name: "a token that is " + name, site: basicToo, attack: byBasic(token), status: http.StatusUnauthorized, reason: reason,
			control: byBasic(good), intact: carries(whole),
		})
	}
	return probes
}

// onwardBasicProbes: neither the token nor the pair arrives anywhere behind the
// gateway, whatever becomes of the request.
func onwardBasicProbes() []probe {
	site, forwarding := inside(onward, "token_source basic"), inside(onward, "token_source basic\nforward_token")
	var probes []probe
	for target, arrivals := range map[string]int{"/orders": 1, "/copied": 1, "/retried": 1, "/again": 2, "/intercepted": 2, "/asked": 2, "/failing": 1} {
		probes = append(probes, probe{name: "onward: " + target, script: func(t *testing.T) {
			token := mint(nil)
			encoded := pair("aws", token)
			r := request{target: target, fields: authorizations("Basic " + encoded).fields}
			for _, p := range every {
				gateOf(t, site).arrivals(t, p, r, arrivals, all(hidden(token, encoded), has("X-Echo", ""), has("X-Copied", ""), has("X-Last", "")))
				if target != "/copied" { // where it would be copied into logs, too
					gateOf(t, forwarding).arrivals(t, p, r, arrivals, all(carries(whole), has("Authorization", "Basic "+encoded)))
				}
			}
		}})
	}
	for name, change := range map[string]func(r *request, encoded string){
		"refused by policy": func(r *request, _ string) { r.target = "/denied" },
		"refused, malformed": func(r *request, encoded string) {
			r.fields = authorizations("Basic  " + encoded).fields
		},
		"refused, two": func(r *request, encoded string) {
			r.fields = append(r.fields, field{"Authorization", "Basic " + encoded})
		},
	} {
		probes = append(probes, probe{name: "onward: " + name, script: func(t *testing.T) {
			token := mint(nil)
			encoded := pair("aws", token)
			r := request{target: "/orders", fields: authorizations("Basic " + encoded).fields}
			for _, p := range every {
				gateOf(t, forwarding).arrivals(t, p, r, 1, has("Authorization", "Basic "+encoded))
				refused := r
				change(&refused, encoded)
				gateOf(t, forwarding).arrivals(t, p, refused, 1, all(hides(token, encoded), carries(nobody), has("Authorization", "")))
			}
		}})
	}
	return probes
}

// basicAsksOnce: a client takes Basic's challenge for a question to its user. It
// comes where another password may help, and nowhere else.
func basicAsksOnce(t *testing.T) {
	const basic, bearer = `Basic realm="aws", charset="UTF-8"`, `Bearer realm="aws"`
	good := mint(nil)
	denied := inside(basicAlone, "deny `true`")
	for _, tt := range []struct {
		site       string
		r          request
		status     int
		reason     string
		challenges []string
	}{
		{basicAlone, request{}, http.StatusUnauthorized, "missing_token", []string{basic}},
		{basicToo, request{}, http.StatusUnauthorized, "missing_token", []string{bearer, basic}},
		{plain, request{}, http.StatusUnauthorized, "missing_token", []string{bearer}},
		{basicAlone, byBasic("x"), http.StatusUnauthorized, "malformed_token", []string{basic}},
		{basicAlone, authorizations("Basic x"), http.StatusBadRequest, "malformed_request", nil},
		{denied, byBasic(good), http.StatusForbidden, "policy_denied", nil},
		{inside(basicToo, "deny `true`"), byBasic(good), http.StatusForbidden, "policy_denied", []string{bearer + `, error="insufficient_scope"`}},
	} {
		for _, p := range every {
			a := gateOf(t, tt.site).refuses(t, p, tt.r, tt.status, tt.reason)
			if got := a.header.Values("WWW-Authenticate"); !slices.Equal(got, tt.challenges) {
				t.Errorf("%s, %s: challenges %q, want %q", p, tt.reason, got, tt.challenges)
			}
		}
	}
}
