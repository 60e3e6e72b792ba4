package sdk

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const clientCaddyfile = `{
	admin off
}
http://ADDRESS {
	aws_jwt {
		issuer ISSUER 111122223333
		audience https://orders.example
	}
	respond "{aws_token.sub}"
}
`

// TestExampleClients runs each of examples/clients against the STS and the built
// gateway: what docs/clients.md promises of them.
func TestExampleClients(t *testing.T) {
	address, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("ADDRESS", strings.Replace(address, "127.0.0.1", "", 1), "ISSUER", devsts.Issuers["111122223333"]).Replace(clientCaddyfile)
	gateway, err := stack.StartGateway(binaries, t.TempDir(), address, text)
	if err != nil {
		t.Fatal(err)
	}
	defer stacktest.StopGateway(t, gateway)
	for name, run := range exampleClients(t) {
		for _, tt := range clientCases {
			t.Run(name+"/"+tt.name, func(t *testing.T) { tt.test(t, newClientScene(t, gateway, run)) })
		}
	}
}

// only answers the first n requests with a status.
func only(n, status int, header ...string) func(int, http.ResponseWriter) bool {
	return func(request int, w http.ResponseWriter) bool {
		if request > n {
			return false
		}
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		return true
	}
}

var clientCases = []struct {
	name string
	test func(t *testing.T, s *clientScene)
}{
	{"a token is kept, and fetched once for all who wait", func(t *testing.T, s *clientScene) {
		statuses, good := s.call(t, 3, 4)
		s.want(t, statuses, "200", 12, 1, 12)
		if !good {
			t.Error("it ended badly")
		}
	}},
	{"a token that is about to end is renewed", func(t *testing.T, s *clientScene) {
		agedTokens(t, "-245s")
		statuses, _ := s.call(t, 3, 1)
		s.want(t, statuses, "200", 3, 3, 3)
	}},
	{"a token that has time left is not", func(t *testing.T, s *clientScene) {
		agedTokens(t, "-120s")
		statuses, _ := s.call(t, 3, 1)
		s.want(t, statuses, "200", 3, 1, 3)
	}},
	{"the old one will do while STS has none", func(t *testing.T, s *clientScene) {
		agedTokens(t, "-245s")
		s.fail = func(n int) bool { return n > 1 }
		statuses, _ := s.call(t, 2, 1)
		s.want(t, statuses, "200", 2, 2, 2)
	}},
	{"without any token nothing is sent", func(t *testing.T, s *clientScene) {
		s.fail = func(int) bool { return true }
		statuses, good := s.call(t, 1, 1)
		s.want(t, statuses, "", 0, 1, 0)
		if good {
			t.Error("it ended well")
		}
	}},
	{"401 once: a new token", func(t *testing.T, s *clientScene) {
		s.answer = only(1, http.StatusUnauthorized)
		statuses, _ := s.call(t, 1, 1)
		s.want(t, statuses, "200", 1, 2, 2)
		if len(s.tokens) == 2 && s.tokens[0] == s.tokens[1] {
			t.Error("the same token was sent again")
		}
	}},
	{"401 always: told after the second", func(t *testing.T, s *clientScene) {
		s.answer = only(99, http.StatusUnauthorized)
		statuses, _ := s.call(t, 1, 1)
		s.want(t, statuses, "401", 1, 2, 2)
	}},
	{"403 is not tried again", func(t *testing.T, s *clientScene) {
		s.answer = only(99, http.StatusForbidden)
		statuses, _ := s.call(t, 1, 1)
		s.want(t, statuses, "403", 1, 1, 1)
	}},
	{"503 once: the same token a little later", func(t *testing.T, s *clientScene) {
		s.answer = only(1, http.StatusServiceUnavailable, "Retry-After", "1")
		statuses, _ := s.call(t, 1, 1)
		s.want(t, statuses, "200", 1, 1, 2)
	}},
	{"503 always: told after the second", func(t *testing.T, s *clientScene) {
		s.answer = only(99, http.StatusServiceUnavailable)
		statuses, _ := s.call(t, 1, 1)
		s.want(t, statuses, "503", 1, 1, 2)
	}},
	{"nobody else gets the token", func(t *testing.T, s *clientScene) {
		other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			t.Errorf("a redirect was followed, with %d characters of a credential", len(r.Header.Get("Authorization")))
		}))
		defer other.Close()
		s.answer = only(1, http.StatusFound, "Location", other.URL)
		statuses, _ := s.call(t, 1, 1)
		s.want(t, statuses, "302", 1, 1, 1)
	}},
}
