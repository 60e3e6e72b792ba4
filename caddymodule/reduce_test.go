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
		{"a proxy that handles answers", `{"handler":"reverse_proxy","handle_response":[{}]}`, end},
		{"files", `{"handler":"file_server","root":"/"}`, end},
		{"files that let pass what is not there", `{"handler":"file_server","pass_thru":true}`, "null"},
		{"an answer", `{"handler":"static_response","body":"x","close":true}`, end},
		{"an answer with a status", `{"handler":"static_response","status_code":404,"close":true}`, `[{"handler":"static_response","status_code":404}]`},
		{"an answer with a status as a text", `{"handler":"static_response","status_code":"404"}`, `[{"handler":"static_response","status_code":"404"}]`},
		{"an answer whose status nobody knows", `{"handler":"static_response","status_code":"{status}"}`, end},
		{"an abort", `{"handler":"static_response","abort":true}`, `[{"abort":true,"handler":"static_response"}]`},
		{"no abort", `{"handler":"static_response","abort":false}`, end},
		{"an error", `{"handler":"error","error":"x","status_code":404}`, `[{"handler":"error","status_code":404}]`},
		{"an error whose status nobody knows", `{"handler":"error","status_code":"{status}"}`, `[{"handler":"error"}]`},
		{"what an id names", `{"@id":"here","handler":"vars","a":"b"}`, `[{"a":"b","handler":"vars"}]`},
		{"an issuer", `{"handler":"aws_jwt_issuer","url":"https://gateway.example/id"}`, `[{"handler":"subroute","routes":[{"handle":[{"handler":"static_response"}],` +
			`"match":[{"path":["/id/.well-known/openid-configuration","/id/.well-known/jwks.json","/id/.well-known/spiffe-bundle"]}]}]}]`},
		{"an issuer that trades", `{"handler":"aws_jwt_issuer","url":"https://gateway.example","exchange":{}}`, `[{"handler":"subroute","routes":[{"handle":[{"handler":"static_response"}],` +
			`"match":[{"path":["/.well-known/openid-configuration","/.well-known/jwks.json","/.well-known/spiffe-bundle","/token"]}]}]}]`},
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
	const handler = `{"handler":"aws_jwt","issuers":[{"url":"https://a.example","jwks_file":"/missing"}],"jwks":{"ca":["/missing"],"persist":true,"ttl":-1}}`
	for offline, want := range map[bool]string{
		false: `[{"handler":"aws_jwt","issuers":[{"jwks_file":"/missing","url":"https://a.example"}],"jwks":{"ca":["/missing"],"persist":false,"ttl":-1}}]`,
		true:  `[{"handler":"aws_jwt","issuers":[{"url":"https://a.example"}],"jwks":{"persist":false,"ttl":-1}}]`,
	} {
		if got := reducedHandlers(t, reduction{offline: offline}, handler); got != want {
			t.Errorf("offline %v: got %s, want %s", offline, got, want)
		}
		question := `{"handler":"aws_jwt_authorize","aws_jwt":` + strings.Replace(handler, `"handler":"aws_jwt",`, "", 1) + `}`
		want = `[{"handler":"subroute","routes":[{"handle":` + strings.TrimSuffix(want, "]") + `,{"handler":"static_response"}]}]}]`
		if got := reducedHandlers(t, reduction{offline: offline}, question); got != want {
			t.Errorf("a question, offline %v: got %s, want %s", offline, got, want)
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

// What is wrong with the settings of keys is not reduced away: only that files
// are there is waived.
func TestReduceKeepsFaults(t *testing.T) {
	for settings, left := range map[string]string{
		`"issuers":[{"jwks_file":"a","jwks_url":"https://b.example"}]`: `{"jwks_file":"a","jwks_url":"https://b.example"}`,
		`"issuers":[{"jwks_file":5}]`:                                  `{"jwks_file":5}`,
		`"issuers":[{"jwks_url":"ftp://x"}]`:                           `{"jwks_url":"ftp://x"}`,
		`"jwks":5`:                                                     `"jwks":5`,
		`"jwks":{"ca":[]}`:                                             `"ca":[]`,
		`"jwks":{"ca":"a"}`:                                            `"ca":"a"`,
		`"jwks":{"ca":["a",5]}`:                                        `"ca":["a",5]`,
		`"jwks":{"persist":"a"}`:                                       `"persist":"a"`,
		`"jwks":{"proxy":":","timeout":"-1s"}`:                         `"proxy":":","timeout":"-1s"`,
		`"jwks":{"allow_private_addresses":"a"}`:                       `"allow_private_addresses":"a"`,
	} {
		for _, offline := range []bool{false, true} {
			if got := reducedHandlers(t, reduction{offline: offline}, `{"handler":"aws_jwt",`+settings+`}`); !strings.Contains(got, left) {
				t.Errorf("offline %v: of %s is left %s", offline, settings, got)
			}
		}
	}
	if got := reducedHandlers(t, reduction{offline: true}, `{"handler":"aws_jwt","issuers":[{"jwks_file":"a","jwks_url":""}],"jwks":{"ca":["a"]}}`); strings.Contains(got, `"a"`) {
		t.Errorf("the control: %s", got)
	}
}
