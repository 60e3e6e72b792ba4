package caddymodule

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy/forwardauth"
)

// What Caddy makes of forward_auth lets requests go on. Each other proxy differs
// from one of these in one property, and ends them.
func TestForwardAuth(t *testing.T) {
	adapter := caddyconfig.GetAdapter("caddyfile")
	for _, block := range []string{
		"uri /ask", "uri /ask\ncopy_headers A B>C", "uri /ask\n@no status 401\nhandle_response @no {\nrespond 403\n}",
	} {
		config, _, err := adapter.Adapt([]byte(":80 {\nforward_auth x:1 {\n"+block+"\n}\naws_jwt\n}"), nil)
		if err != nil {
			t.Fatal(err)
		}
		reduced, err := reduction{}.reduce(config)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(reduced), "static_response") || !strings.Contains(string(reduced), "aws_jwt") {
			t.Errorf("%s: reduced to %s", block, reduced)
		}
	}
	const good = `{"rewrite":{"method":"GET","uri":"/ask"},"handle_response":[{"match":{"status_code":[2]},"routes":[{"match":[{"not":[]}],"handle":[{"handler":"vars"},{"handler":"headers"}]}]}]}`
	for change, want := range map[[2]string]bool{
		{}:                                   true,
		{`"GET"`, `"POST"`}:                  false,
		{`"method":"GET",`, ``}:              false,
		{`[2]`, `[4]`}:                       false,
		{`[2]`, `[2,4]`}:                     false,
		{`"match":{"status_code":[2]},`, ``}: false,
		{`[2]`, `[2],"headers":{}`}:          false,
		{`{"handler":"vars"}`, `{"handler":"static_response"}`}: false,
		{`{"handler":"vars"}`, `{"handler":"copy_response"}`}:   false,
		{`"routes"`, `"status_code":200,"routes"`}:              false,
		{`"handle":`, `"terminal":true,"handle":`}:              false,
		{`"handle":`, `"group":"g","handle":`}:                  true,
		{`"handle_response":[`, `"handle_response":[{},`}:       false,
		{`}]}]}`, `}]},{}]}`}:                                   true,
	} {
		var proxy map[string]any
		text := strings.Replace(good, change[0], change[1], 1)
		if err := json.Unmarshal([]byte(text), &proxy); err != nil {
			t.Fatal(err, text)
		}
		if got := asksWhetherToGoOn(proxy); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if asksWhetherToGoOn(map[string]any{"rewrite": map[string]any{"method": "GET"}, "handle_response": []any{
		map[string]any{"match": map[string]any{"status_code": []any{2.0}}, "routes": []any{}},
	}}) {
		t.Error("a response that nothing handles goes on")
	}
}
