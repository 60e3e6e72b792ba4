package kubernetes

import (
	"net/http"
	"testing"
)

const (
	all       = "system:authenticated"
	deployers = "aws:deployers"
)

// The API server acts as the role that the token is of, in its group, and whatever
// a client says of itself never reaches it, under either of its filters.
func TestWhomTheAPIServerSees(t *testing.T) {
	t.Parallel()
	for filter := range impersonationFilters {
		t.Run(filter, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, differences{filter: filter, gatewaysProxy: true})
			for name, headers := range map[string][]string{
				"nothing":              nil,
				"another user":         {"Impersonate-User", "kubernetes-admin"},
				"another group":        {"Impersonate-Group", "system:masters"},
				"two groups":           {"Impersonate-Group", "system:masters", "Impersonate-Group", "aws:viewers"},
				"a UID":                {"Impersonate-Uid", "1"},
				"extra fields":         {"Impersonate-Extra-Scopes", "all", "Impersonate-Extra-Acme.com%2fproject", "some"},
				"lower case":           {"impersonate-user", "kubernetes-admin", "impersonate-extra-scopes", "all", "IMPERSONATE-UID", "1"},
				"other words":          {"Impersonate_User", "kubernetes-admin", "Impersonate.Group", "system:masters", "Impersonate_Uid", "1"},
				"connection":           {"Connection", "Impersonate-User"},
				"connection, all":      {"Connection", "keep-alive, impersonate-user, Impersonate-Group"},
				"connection and value": {"Connection", "Impersonate-User", "Impersonate-User", "kubernetes-admin"},
				"two connections":      {"Connection", "close", "Connection", "Impersonate-Group, Impersonate-User"},
				"proxy connection":     {"Proxy-Connection", "Impersonate-User"},
				"te":                   {"Te", "trailers, Impersonate-User"},
				"a front proxy's":      {"X-Remote-User", "kubernetes-admin", "X-Remote-Group", "system:masters", "x-remote-extra-scopes", "all"},
			} {
				if response := w.ask(w.token(nil), headers...); response.StatusCode != http.StatusCreated {
					t.Errorf("%s: %s", name, response.Status)
				}
				if act := seen(t, w.cluster, 1)[0]; !act.acted(deployer, deployers, all) {
					t.Errorf("%s: the API server saw %+v", name, act)
				}
			}
		})
	}
}

// Names come from the token, and percent-encoded values are never decoded.
func TestNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, differences{
		caddyfile: []string{"deployers viewers", "deployers viewers équipe système:masters%2C"},
		access:    []string{`"aws:viewers"]`, `"aws:viewers", "aws:%C3%A9quipe"]`},
	})
	tagged := func(tag, name string) func(top, aws map[string]any) {
		return func(top, aws map[string]any) {
			aws["principal_tags"] = map[string]any{"kubernetes-group": tag}
			top["sub"] = "arn:aws:iam::" + account + ":role/" + name
			aws["principal_id"] = top["sub"]
		}
	}
	for name, c := range map[string]struct {
		token  string
		as     string
		group  string
		status int
	}{
		"another role":              {w.tokenOf(account, "reports", nil), reports, "aws:viewers", http.StatusCreated},
		"a role with a path":        {w.token(tagged("deployers", "ci/deployer")), deployer, deployers, http.StatusCreated},
		"letters that are encoded":  {w.token(tagged("équipe", "deployer")), deployer, "aws:%C3%A9quipe", http.StatusCreated},
		"a role that RBAC lacks":    {w.token(tagged("deployers", "intruder")), "", "", http.StatusForbidden},
		"a role of a system's name": {w.token(tagged("deployers", "system:kube-controller-manager")), "", "", http.StatusForbidden},
		"a group that RBAC lacks":   {w.token(tagged("système:masters%2C", "deployer")), "", "", http.StatusForbidden},
	} {
		if response := w.ask(c.token); response.StatusCode != c.status {
			t.Errorf("%s: %s: %s", name, response.Status, response.Body)
		}
		act := seen(t, w.cluster, 1)[0]
		if c.status == http.StatusForbidden {
			if act.User != gatewayUser || act.As != "" || act.Code != c.status { // nobody was impersonated, and nothing done
				t.Errorf("%s: the API server saw %+v", name, act)
			}
		} else if !act.acted(c.as, c.group, all) {
			t.Errorf("%s: the API server saw %+v", name, act)
		}
	}
}

// A second group, as the page adds it, is set beside the first, and no client takes
// either out.
func TestSecondGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, differences{
		caddyfile: []string{"\t\t@nobody not", "\t\trequest_header +Impersonate-Group aws:account:{aws_token.account.id}\n\t\t@nobody not"},
		access:    []string{`"aws:viewers"]`, `"aws:viewers", "aws:account:` + account + `"]`},
	})
	for _, headers := range [][]string{nil, {"Connection", "Impersonate-Group"}, {"Impersonate-Group", "system:masters"}} {
		w.ask(w.token(nil), headers...)
		if act := seen(t, w.cluster, 1)[0]; !act.acted(deployer, deployers, "aws:account:"+account, all) {
			t.Errorf("%v: the API server saw %+v", headers, act)
		}
	}
}

// With a service account's token in place of the certificate, it is that account
// that impersonates, and the caller's token never arrives in its place.
func TestServiceAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, differences{
		caddyfile: []string{
			"\t\t\tflush_interval -1", "\t\t\tflush_interval -1\n\t\t\t" + serviceAccountLine(t),
			"\t\t\t\ttls_client_auth /etc/caddy-awsjwt/gateway.crt /etc/caddy-awsjwt/gateway.key\n", "",
		},
		access: []string{"kind: User, name: aws-gateway", "kind: User, name: \"system:serviceaccount:kube-system:aws-gateway\""},
	})
	response := w.ask(w.token(nil))
	act := seen(t, w.cluster, 1)[0]
	if response.StatusCode != http.StatusCreated || act.User != "system:serviceaccount:kube-system:aws-gateway" || act.As != deployer {
		t.Errorf("%s: the API server saw %+v", response.Status, act)
	}
}
