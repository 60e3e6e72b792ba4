package explain

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// many is a configuration with most ways by which a request comes to a handler.
const many = `
(trust) {
	issuer ISSUER 111122223333
	audience orders.internal
}
http://a.example.com:PORT, http://b.example.com:PORT {
	@reads method GET HEAD
	handle_path /api/* {
		aws_jwt {
			import trust
			allow items ` + "`request.path == \"/items\"`" + `
			header X-Team {aws_token.principal_tags.team}
		}
		reverse_proxy UPSTREAM
	}
	handle /open* {
		reverse_proxy UPSTREAM
	}
	handle {
		aws_jwt {
			import trust
			principal_tag team orders
		}
		aws_jwt /admin/* {
			import trust
			allow boss ` + "`aws_token.principal.name == \"boss\"`" + `
		}
		aws_jwt @reads {
			import trust
			deny late ` + "`request.host == \"b.example.com\"`" + `
		}
		reverse_proxy UPSTREAM
	}
}
http://c.example.com:PORT {
	route {
		respond /health 200
		rewrite /old/* /new{uri}
		aws_jwt {
			import trust
			optional
			mode audit
			deny old ` + "`request.path.startsWith(\"/new/old\")`" + `
		}
		encode
		reverse_proxy UPSTREAM
	}
}
http://f.example.com:PORT {
	route {
		respond /forbidden 403
		error /missing 404
		abort /gone
		redir /moved /elsewhere
		reverse_proxy /through ASKED {
			@good status 2xx
			handle_response @good {
				respond "" 204
			}
		}
		reverse_proxy /copied ASKED {
			method GET
			rewrite /ask
			@good status 2xx
			handle_response @good {
				copy_response
			}
		}
		forward_auth /asked ASKED {
			uri /ask
			copy_headers X-Team
		}
		aws_jwt {
			import trust
		}
		respond /late/forbidden 403
		error /late/missing 404
		abort /late/gone
		respond /late/empty 204
		reverse_proxy UPSTREAM
	}
}
`

// What explain says becomes of a request is what the gateway makes of it: the
// answer, the reason, and what the upstream sees.
func TestExplainAgreesWithTheGateway(t *testing.T) {
	upstream, err := stack.StartUpstream()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(upstream.Close)
	asked, err := stack.StartUpstream()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(asked.Close)
	address, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	text := "{\n\tadmin off\n\tdebug\n}\n" + strings.NewReplacer(
		"PORT", address[strings.LastIndexByte(address, ':')+1:], "UPSTREAM", upstream.Address, "ASKED", asked.Address, "ISSUER", issuerURL(t, ordersAccount),
	).Replace(many)
	gateway, err := stack.StartGateway(binaries, directory, address, text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stacktest.StopGateway(t, gateway) })
	other := mint(t, about(map[string]any{"principal_tags": map[string]any{"team": "billing"}}))
	bad := mint(t, func(p *parts) { p.claims["aud"] = "demo" })
	for host, paths := range map[string][]string{
		"a.example.com": {"/api/items", "/api/other", "/open", "/openly", "/x", "/admin/x", "/admin", "/api//items"},
		"b.example.com": {"/api/items", "/x"},
		"c.example.com": {"/health", "/x", "/old/x"},
		"f.example.com": {
			"/forbidden", "/missing", "/gone", "/moved", "/through", "/copied", "/asked",
			"/late/forbidden", "/late/missing", "/late/gone", "/late/empty", "/late",
		},
	} {
		for _, path := range paths {
			for name, token := range map[string]string{"good": mint(t), "other": other, "bad": bad} {
				for _, method := range []string{"GET", "POST"} {
					t.Run(fmt.Sprintf("%s%s %s %s", host, path, name, method), func(t *testing.T) {
						agree(t, gateway, upstream, filepath.Join(directory, "Caddyfile"), host, path, method, token)
					})
				}
			}
		}
	}
}

func agree(t *testing.T, gateway *stack.Gateway, upstream *stack.Upstream, config, host, path, method, token string) {
	upstream.Seen()
	_, before := gateway.DecisionsFrom(0)
	request, err := http.NewRequest(method, "http://"+gateway.Address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	request.Close = true // what hangs up on a connection that was used before is asked again
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultTransport.RoundTrip(request)
	status := 0 // when it hangs up
	if err == nil {
		status = response.StatusCode
		_ = response.Body.Close()
	}
	seen := upstream.Seen()
	_, w := explainJSON(t, token, config, "--site", host, "--path", path, "--method", method)
	decisions, _ := gateway.DecisionsFrom(before)
	if answers := w.Ended || !w.Outcome.Passes(); answers && status != w.Status || !answers && (status < 200 || status >= 400) || answers && len(seen) > 0 {
		t.Fatalf("explain says %s and %d, the gateway answered %d, %d requests reached the upstream", w.Outcome, w.Status, status, len(seen))
	}
	if w.Outcome == walk.Unprotected || w.Outcome == walk.Answered {
		if len(decisions) > 0 {
			t.Errorf("explain met no handler, the gateway logged %+v", decisions)
		}
		return
	}
	if w.Passes() != (len(seen) == 1) && !strings.HasSuffix(path, "/empty") {
		t.Fatalf("explain says %s, %d requests reached the upstream", w.Outcome, len(seen))
	}
	if len(decisions) != len(w.Handlers) {
		t.Fatalf("explain met %d handlers, the gateway logged %+v", len(w.Handlers), decisions)
	}
	for i, d := range decisions {
		if h := w.Handlers[i]; d.Message != string(h.Outcome) || d.Reason != h.Reason || d.Rule != h.Rule {
			t.Errorf("handler %d: explain says %s, %q, %q, the gateway %s, %q, %q", i, h.Outcome, h.Reason, h.Rule, d.Message, d.Reason, d.Rule)
		}
	}
	for name, values := range w.Upstream {
		if len(seen) == 0 {
			break
		}
		if strings.HasPrefix(name, "X-Aws-Token-") || name == "X-Team" {
			if got := seen[0].Get(name); strings.Join(got, "|") != strings.Join(values, "|") {
				t.Errorf("%s: explain says %v, the upstream saw %v", name, values, got)
			}
		}
	}
}
