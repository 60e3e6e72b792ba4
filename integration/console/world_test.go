package console

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const (
	audience = "https://orders.example"

	orders   = "111122223333"
	stranger = "999988887777"

	ordersRole  = "arn:aws:iam::111122223333:role/orders-lambda"
	reportsRole = "arn:aws:iam::111122223333:role/jobs/reports-batch"
)

// world is a gateway with two sites and a console.
type world struct {
	t       *testing.T
	sts     *stacktest.STS
	address string
	gateway *stack.Gateway
	start   func() (*stack.Gateway, error)
	client  *http.Client
}

// caddyfile has ADDRESS, PORT, ISSUER and FILE to be replaced.
const caddyfile = `{
	admin off
	default_bind 127.0.0.1
	servers {
		trusted_proxies static 127.0.0.1
		trusted_proxies_strict
	}
}
http://orders.example:PORT {
	aws_jwt {
		issuer ISSUER 111122223333
		issuers_file FILE
		audience https://orders.example
		deny no-teapots ` + "`request.path.startsWith(\"/teapot\")`" + `
		allow orders-team ` + "`aws_token.principal_tags.team == \"orders\" && request.method in [\"GET\", \"POST\"]`" + `
		allow breakglass ` + "`arn_like(aws_token.sub, \"arn:aws:iam::*:role/breakglass-*\")`" + `
		allow shadow reports ` + "`aws_token.principal_tags.team == \"reports\"`" + `
	}
	respond ok
}
http://reports.example:PORT {
	aws_jwt {
		issuer ISSUER 111122223333
		audience https://orders.example
		account 111122223333
		principal_tag team reports
		mode audit
	}
	respond ok
}
http://127.0.0.1:PORT {
	handle_path /console/* {
		aws_jwt_console {
			remote_ip 127.0.0.0/8
		}
	}
	aws_jwt_console /matched/* {
		remote_ip 127.0.0.1
	}
	handle /elsewhere/* {
		aws_jwt_console {
			remote_ip 192.0.2.0/24
		}
	}
	handle_path /named/* {
		basic_auth {
			alice $2a$06$dnNNzNbdAbD54Kmu/IWV1eiFy9ySaRsckUNL454eIN.T8D5zZrv/.
		}
		aws_jwt_console {
			authenticated
		}
	}
}
http://console.internal:PORT, http://evil.internal:PORT {
	aws_jwt_console {
		remote_ip 127.0.0.1
		host console.internal
	}
}
http://inner.example:PORT {
	aws_jwt {
		issuer ISSUER 111122223333
		audience https://orders.example
		allow orders-team ` + "`aws_token.principal_tags.team == \"orders\"`" + `
	}
	aws_jwt_console {
		authenticated
	}
}
`

func newWorld(t *testing.T) *world {
	t.Helper()
	address := stacktest.FreeAddress(t)
	w := &world{t: t, sts: stacktest.NewSTS(t), address: address}
	w.client = &http.Client{Timeout: stacktest.Patience, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}}
	t.Cleanup(w.client.CloseIdleConnections)
	directory := t.TempDir()
	file := filepath.Join(directory, "issuers.json")
	must(t, os.WriteFile(file, issuersFile(t), 0o600))
	_, port, err := net.SplitHostPort(address)
	must(t, err)
	text := strings.NewReplacer("PORT", port, "ISSUER", w.sts.Issuer(orders), "FILE", file).Replace(caddyfile)
	w.start = func() (*stack.Gateway, error) { return stack.StartGateway(binaries, directory, address, text) }
	w.gateway, err = w.start()
	must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, w.gateway) })
	return w
}

// deadIssuer is one at which nothing answers.
const deadIssuer = "http://127.0.0.1:9/dead"

// issuersFile lists more issuers than fit on one page, one of them out of reach.
func issuersFile(t *testing.T) []byte {
	t.Helper()
	list := []map[string]any{{"url": deadIssuer, "accounts": []string{stranger}}}
	for i := range 60 {
		number := string(rune('0'+i/10)) + string(rune('0'+i%10))
		list = append(list, map[string]any{
			"url": "https://00000000-0000-4000-8000-0000000000" + number + ".tokens.sts.global.api.aws", "accounts": []string{"2222222222" + number},
		})
	}
	text, err := json.Marshal(list)
	must(t, err)
	return text
}

// at is an address of the gateway.
func (w *world) at(path string) string { return "http://" + w.address + path }

// token is one of a role, changed by change.
func (w *world) token(role string, header map[string]any, change func(top, aws map[string]any)) string {
	w.t.Helper()
	return w.sts.Token(orders, role, audience, func(own, top, aws map[string]any) {
		maps.Copy(own, header)
		if change != nil {
			change(top, aws)
		}
	})
}

// send sends a request to a site and wants a status.
func (w *world) send(host, method, path, token string, want int) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+host+path, nil)
	must(w.t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := w.client.Do(r)
	must(w.t, err)
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	if answer.StatusCode != want {
		w.t.Fatalf("%s %s%s: %d, want %d", method, host, path, answer.StatusCode, want)
	}
}

// traffic is some of everything that the page can show.
func (w *world) traffic() {
	w.t.Helper()
	good, reports := w.token(ordersRole, nil, nil), w.token(reportsRole, nil, nil)
	for range 20 {
		w.send("orders.example", "GET", "/orders/17", good, 200)
	}
	w.send("orders.example", "GET", "/teapot", good, 403)
	w.send("orders.example", "DELETE", "/orders/17", good, 403)
	w.send("orders.example", "GET", "/orders", "", 401)
	w.send("orders.example", "GET", "/orders", w.token(ordersRole, map[string]any{"kid": "old-key"}, nil), 401)
	w.send("orders.example", "GET", "/orders", w.token(ordersRole, nil, func(top, _ map[string]any) { top["aud"] = "https://billing.example" }), 401)
	w.send("orders.example", "GET", "/orders", w.token(ordersRole, nil, func(top, aws map[string]any) {
		top["iss"] = deadIssuer
	}), 503)
	w.send("reports.example", "GET", "/reports", reports, 200)
	w.send("reports.example", "GET", "/reports", good, 200) // audited
	w.send("orders.example", "POST", "/orders", reports, 403)
}
