package subrequest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// HAProxy goes on where a script of its own fails. So nothing may pass that the
// script has not let pass to its end; the control is the script as it is.
func TestHAProxyWhoseScriptFails(t *testing.T) {
	for _, fails := range []bool{false, true} {
		w := newWorld(t, func(t *testing.T, gateway, upstream string) *stack.Program {
			t.Helper()
			if fails {
				return startHAProxyWith(t, gateway, upstream, "core.httpclient()", "core.missing()")
			}
			return startHAProxy(t, gateway, upstream)
		})
		response, seen := w.send(w.request())
		if (response.StatusCode == http.StatusOK) == fails || (len(seen) == 0) != fails {
			t.Errorf("fails %v: %d, the upstream saw %+v", fails, response.StatusCode, seen)
		}
	}
}

// A request that leaves no room for the question does not pass, either, and neither
// do shorter ones without a token. Those with one do.
func TestLongRequests(t *testing.T) {
	for name, start := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, start)
			for size := 1000; size < 16500; size += min(size, 200) {
				r := w.request()
				r.URL.RawQuery = strings.Repeat("x", size)
				r.Header.Del("Authorization")
				// A proxy may hang up on one that is too long before all of it is written.
				response, err := http.DefaultTransport.RoundTrip(r)
				if err == nil {
					must(t, response.Body.Close())
				}
				if seen := w.upstream.Seen(); err == nil && response.StatusCode == http.StatusOK || len(seen) > 0 {
					t.Errorf("%d bytes: the upstream saw %d (%v)", size, len(seen), err)
				}
			}
			r := w.request()
			r.URL.RawQuery = strings.Repeat("x", 1000)
			if response, seen := w.send(r); response.StatusCode != http.StatusOK || len(seen) != 1 {
				t.Errorf("the control: %d", response.StatusCode)
			}
		})
	}
}
