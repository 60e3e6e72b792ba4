package caddymodule

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// Trailers arrive behind the body, when every handler is done: forged ones are
// gone all the same (threat H3).
func TestTrailers(t *testing.T) {
	team := func(h *Handler) { noDefaults(h); withTeam(h) }
	for name, handlers := range map[string][]*Handler{
		"one handler":       {newHandler(t, team)},
		"a firewall":        {newFirewall(t, Header{"X-Team", "x"})},
		"firewall in front": {newFirewall(t), newHandler(t, team)},
		"an earlier one's":  {newHandler(t, team), newHandler(t, noDefaults)},
		"firewall behind":   {newHandler(t, team), newFirewall(t)},
	} {
		t.Run(name, func(t *testing.T) {
			trailer := make(chan http.Header, 1)
			server := httptest.NewServer(serverOf(handlers, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				trailer <- r.Trailer.Clone()
			}))
			defer server.Close()
			r, err := http.NewRequest(http.MethodPost, server.URL, io.MultiReader(strings.NewReader("body")))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+goodToken(t))
			r.Trailer = http.Header{"X-Aws-Token-Sub": {"forged"}, "X_team": {"forged"}, "X-Checksum": {"kept"}}
			response, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Fatalf("status %d", response.StatusCode)
			}
			checkHeader(t, <-trailer, http.Header{"X-Checksum": {"kept"}})
		})
	}
}

// serverOf is a server of net/http whose requests go through the handlers.
func serverOf(handlers []*Handler, upstream http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, new(caddyhttp.Server))
		var next caddyhttp.Handler = caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			upstream(w, r)
			return nil
		})
		for i := len(handlers) - 1; i >= 0; i-- {
			h, inner := handlers[i], next
			next = caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return h.ServeHTTP(w, r, inner) })
		}
		if err := next.ServeHTTP(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

// Requests at the same time do not see one another's identity.
func TestManyAtOnce(t *testing.T) {
	h := newHandler(t, withTeam)
	tokens := make([]string, 4)
	for i := range tokens {
		tokens[i] = tokenWith(t, func(c claims) {
			c.aws["principal_tags"] = map[string]any{"team": fmt.Sprint("team-", i)}
		})
	}
	var group sync.WaitGroup
	for n := range 64 {
		group.Go(func() {
			i := n % (len(tokens) + 1)
			if i == len(tokens) {
				if got := serve(t, forge(get("")), h); len(got.seen) != 0 || got.reason() != "missing_token" {
					t.Errorf("without a token: %d requests upstream, reason %q", len(got.seen), got.reason())
				}
				return
			}
			got := serve(t, forge(get(tokens[i])), h)
			if want := fmt.Sprint("team-", i); len(got.seen) != 1 || got.seen[0].Get("X-Team") != want {
				t.Errorf("%d requests upstream, reason %q; want %s", len(got.seen), got.reason(), want)
			}
		})
	}
	group.Wait()
}

// A refused request is answered over the wire with no body left unread.
func TestRefusalOverTheWire(t *testing.T) {
	server := httptest.NewServer(serverOf([]*Handler{newHandler(t, nil)}, func(http.ResponseWriter, *http.Request) { t.Error("it passed") }))
	defer server.Close()
	for body, closes := range map[string]bool{"": false, "body": true} {
		response, err := server.Client().Post(server.URL, "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(text) != problems[401] || response.StatusCode != http.StatusUnauthorized {
			t.Errorf("body %q: status %d, answer %q, error %v", body, response.StatusCode, text, err)
		}
		if response.Close != closes {
			t.Errorf("body %q: the connection closes: %v, want %v", body, response.Close, closes)
		}
	}
}
