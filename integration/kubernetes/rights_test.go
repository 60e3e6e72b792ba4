package kubernetes

import (
	"encoding/base64"
	"net/http"
	"testing"
)

// The page's role for deployers makes no access that would outlive the caller's
// token; each request is let through where the role is edit in its place, and a
// deployment is written with either.
func TestWhatADeployerMayDo(t *testing.T) {
	t.Parallel()
	const shop = "/api/v1/namespaces/shop/"
	for role, status := range map[string]int{"the page's": http.StatusForbidden, "edit": 0} {
		var access []string
		if role == "edit" {
			access = []string{"kind: Role, name: deployer}", "kind: ClusterRole, name: edit}"}
		}
		w := newWorld(t, differences{access: access})
		for what, c := range map[string]struct{ method, path string }{
			"a service account's token": {http.MethodPost, shop + "serviceaccounts/default/token"},
			"a program in a pod":        {http.MethodGet, shop + "pods/web/attach"},
			"secrets":                   {http.MethodGet, shop + "secrets"},
			"a secret":                  {http.MethodPost, shop + "secrets"},
			"a pod":                     {http.MethodPost, shop + "pods"},
		} {
			got := w.send(c.method, c.path, w.token(nil)).StatusCode
			if status != 0 && got != status || status == 0 && got == http.StatusForbidden {
				t.Errorf("%s, %s: %d", role, what, got)
			}
		}
		for method, path := range map[string]string{http.MethodPost: configMaps, http.MethodPatch: "/apis/apps/v1/namespaces/shop/deployments/web"} {
			if got := w.send(method, path, w.token(nil)).StatusCode; got == http.StatusForbidden || got == http.StatusUnauthorized {
				t.Errorf("%s, %s %s: %d", role, method, path, got)
			}
		}
	}
}

// A token that a client puts into the subprotocols of a WebSocket is not whom the API
// server sees, while the gateway has a credential of its own; without one, it is.
func TestTokenInSubprotocol(t *testing.T) {
	t.Parallel()
	headers := []string{
		"Connection", "Upgrade", "Upgrade", "websocket", "Sec-Websocket-Version", "13", "Sec-Websocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==",
		"Sec-Websocket-Protocol", "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io." + base64.RawURLEncoding.EncodeToString([]byte(serviceAccountToken)),
	}
	const (
		certificate = "\t\t\t\ttls_client_auth /etc/caddy-awsjwt/gateway.crt /etc/caddy-awsjwt/gateway.key\n"
		account     = "system:serviceaccount:kube-system:aws-gateway"
	)
	for name, c := range map[string]struct {
		caddyfile []string
		user      string
	}{
		"the page":      {nil, gatewayUser},
		"no credential": {[]string{certificate, ""}, account},
	} {
		w := newWorld(t, differences{caddyfile: c.caddyfile})
		w.send(http.MethodGet, "/version", w.token(nil), headers...)
		if act := seen(t, w.cluster, 1)[0]; act.User != c.user || c.user == gatewayUser && act.As != deployer {
			t.Errorf("%s: the API server saw %+v", name, act)
		}
	}
}

// mode audit lets a user through under the name of a role: what the page warns of is
// so.
func TestModeAudit(t *testing.T) {
	t.Parallel()
	for mode, status := range map[string]int{"": http.StatusForbidden, "\t\t\tmode audit\n": http.StatusCreated} {
		w := newWorld(t, differences{caddyfile: []string{"\t\t\tmax_stream 1h\n", "\t\t\tmax_stream 1h\n" + mode}})
		response := w.ask(w.token(func(top, aws map[string]any) {
			top["sub"] = "arn:aws:iam::" + account + ":user/deployer"
			aws["principal_id"] = top["sub"]
		}))
		if response.StatusCode != status {
			t.Errorf("%q: %s: %s", mode, response.Status, response.Body)
		}
		if status == http.StatusCreated {
			if act := seen(t, w.cluster, 1)[0]; !act.acted(deployer, deployers, all) {
				t.Errorf("%q: the API server saw %+v", mode, act)
			}
		}
	}
}
