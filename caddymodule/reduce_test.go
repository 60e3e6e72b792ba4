package caddymodule

import (
	"encoding/json"
	"strings"
	"testing"
)

// reducedHandlers is what stands for the handlers of a route.
func reducedHandlers(t *testing.T, r reduction, handlers string) string {
	t.Helper()
	config := `{"admin":{"listen":":1"},"storage":{"module":"x"},"logging":{"logs":{"x":{}}},"apps":{"tls":{},"http":{"servers":{"a":{` +
		`"listen":[":80"],"trusted_proxies":{},"logs":{},"routes":[{"handle":[` + handlers + `]}]}}}}}`
	text, err := r.reduce([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	var reduced struct {
		Admin   map[string]any
		Storage any
		Apps    struct {
			HTTP struct {
				Servers map[string]struct {
					Routes []struct{ Handle []any }
				}
			}
			TLS any
		}
	}
	if err := json.Unmarshal(text, &reduced); err != nil {
		t.Fatal(err)
	}
	if reduced.Admin["disabled"] != true || reduced.Storage != nil || reduced.Apps.TLS != nil || strings.Contains(string(text), "trusted_proxies") {
		t.Errorf("reduced to %s", text)
	}
	handle, err := json.Marshal(reduced.Apps.HTTP.Servers["a"].Routes[0].Handle)
	if err != nil {
		t.Fatal(err)
	}
	return string(handle)
}

// Of a configuration only what decides which handlers a request meets is left.
func TestReduce(t *testing.T) {
	const end = `[{"handler":"static_response"}]`
	for _, tt := range []struct{ name, handlers, want string }{
		{"a proxy", `{"handler":"reverse_proxy","upstreams":[{"dial":"x:1"}]}`, end},
		{"a proxy that asks whether to go on", `{"handler":"reverse_proxy","handle_response":[{}]}`, "null"},
		{"files", `{"handler":"file_server","root":"/"}`, end},
		{"files that let pass what is not there", `{"handler":"file_server","pass_thru":true}`, "null"},
		{"an answer", `{"handler":"static_response","status_code":404,"close":true}`, end},
		{"an error", `{"handler":"error","status_code":404}`, end},
		{"what nobody knows", `{"handler":"something"}`, "null"},
		{"encoding", `{"handler":"encode"}`, "null"},
		{"a rewrite", `{"handler":"rewrite","strip_path_prefix":"/x"}`, `[{"handler":"rewrite","strip_path_prefix":"/x"}]`},
		{"variables", `{"handler":"vars","a":"b"}`, `[{"a":"b","handler":"vars"}]`},
		{"headers", `{"handler":"headers","request":{"set":{"A":["b"]}},"response":{"set":{"C":["d"]}}}`, `[{"handler":"headers","request":{"set":{"A":["b"]}}}]`},
		{"a subroute", `{"handler":"subroute","routes":[{"match":[{"path":["/a"]}],"group":"g","terminal":true,"handle":[{"handler":"encode"},{"handler":"file_server"}]}]}`,
			`[{"handler":"subroute","routes":[{"group":"g","handle":[{"handler":"static_response"}],"match":[{"path":["/a"]}],"terminal":true}]}]`},
		{"a firewall", `{"handler":"aws_jwt","firewall_only":true}`, `[{"firewall_only":true,"handler":"aws_jwt"}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := reducedHandlers(t, reduction{}, tt.handlers); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// The storage is left alone; offline, keys are not needed, and so neither are
// the files that they come from.
func TestReduceKeys(t *testing.T) {
	const handler = `{"handler":"aws_jwt","issuers":[{"url":"https://a.example","jwks_file":"/missing"}],"jwks":{"ca":["/missing"],"persist":true}}`
	for offline, want := range map[bool]string{
		false: `[{"handler":"aws_jwt","issuers":[{"jwks_file":"/missing","url":"https://a.example"}],"jwks":{"ca":["/missing"],"persist":false}}]`,
		true:  `[{"handler":"aws_jwt","issuers":[{"url":"https://a.example"}],"jwks":{"persist":false}}]`,
	} {
		if got := reducedHandlers(t, reduction{offline}, handler); got != want {
			t.Errorf("offline %v: got %s, want %s", offline, got, want)
		}
	}
}

func TestReduceRefuses(t *testing.T) {
	for config, want := range map[string]string{
		`{}`: "it serves no site", `{"apps":{}}`: "it serves no site", `x`: "reading the configuration", `{"apps":{"http":[]}}`: "reading the configuration",
	} {
		if _, err := (reduction{}).reduce([]byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", config, err, want)
		}
	}
}
