package subrequest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// sendRaw sends a request as it is written, with the token behind its first line,
// and returns the status and what the upstream saw.
func (w *world) sendRaw(line, fields, body string) (status int, seen []stack.Arrival) {
	w.t.Helper()
	c, err := net.Dial("tcp", w.proxy)
	must(w.t, err)
	defer c.Close()
	must(w.t, c.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = fmt.Fprintf(c, "%s\r\nAuthorization: Bearer %s\r\n%s\r\n%s", line, w.token(nil), fields, body)
	must(w.t, err)
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	must(w.t, err)
	must(w.t, response.Body.Close())
	return response.StatusCode, w.upstream.Seen()
}

// What a client library would not write. Each differs from the control in one
// thing.
func TestRawRequests(t *testing.T) {
	const line, host = "GET /orders HTTP/1.1", "Host: orders.example.com\r\n"
	for name, start := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, start)
			for what, tt := range map[string]struct {
				line, fields, body string
				passes             bool
			}{
				"the control":            {line, host, "", true},
				"two hosts in one field": {line, "Host: admin.example.com, orders.example.com\r\n", "", false},
				"two hosts":              {line, "Host: admin.example.com\r\n" + host, "", false},
				"a fragment":             {"GET /orders#/x HTTP/1.1", host, "", false},
				"no fragment":            {"GET /orders/x HTTP/1.1", host, "", true},
				"another authority":      {"GET http://admin.example.com/orders HTTP/1.1", host, "", false},
				"a list of names": {
					line, host + "Connection: keep-alive, X-Aws-Token-Sub\r\nProxy-Connection: x-aws-token-account-id\r\n", "", true,
				},
				"a body without trailers": {line, host + "Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n", true},
				"trailers": {
					line, host + "Transfer-Encoding: chunked\r\nTrailer: X-Aws-Token-Org-Id\r\n",
					"1\r\nx\r\n0\r\nX-Aws-Token-Org-Id: forged\r\n\r\n", name == "nginx", // which drops them
				},
			} {
				status, seen := w.sendRaw(tt.line, tt.fields, tt.body)
				if (status == http.StatusOK) != tt.passes || (len(seen) == 1) != tt.passes {
					t.Errorf("%s: %d, the upstream saw %+v", what, status, seen)
				}
				for _, each := range seen {
					if got := each.Get("X-Aws-Token-Sub"); len(got) != 1 || got[0] != arn {
						t.Errorf("%s: the caller is %q", what, got)
					}
					for field, values := range each.Header {
						text := strings.ToLower(strings.Join(values, ","))
						if strings.HasSuffix(strings.ToLower(field), "connection") && strings.Contains(text, "x-aws") {
							t.Errorf("%s: %s: %q", what, field, values)
						}
					}
					if len(each.Trailer) > 0 {
						t.Errorf("%s: the trailers %v", what, each.Trailer)
					}
				}
			}
		})
	}
}
