package attack

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// d2: what a configuration no longer trusts does not pass from the moment on at
// which the reload is done.
func d2() []probe {
	return []probe{
		{name: "under load", script: reloadsUnderLoad},
		{name: "one line at a time", script: reloadsOfOneLine},
		{name: "issuers file", script: issuersFileShrinks},
	}
}

// Two configurations. The strict one has ceased to trust an issuer, and denies a
// team of the other.
const (
	laxSite    = "aws_jwt {\nissuer ISSUER 111122223333\nissuer BILLING 444455556666\naudience orders.internal\n}\nreverse_proxy UPSTREAM"
	strictSite = "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\ndeny `aws_token.principal_tags.team == \"orders\"`\n}\nreverse_proxy UPSTREAM"
)

// shutOut are two new tokens that only the lax configuration lets pass, with the
// strict one's answers.
func shutOut() map[string]int {
	return map[string]int{
		mintAs(billingAccount, signedRS256): http.StatusUnauthorized,
		mint(signedRS256):                   http.StatusForbidden,
	}
}

func reloadsUnderLoad(t *testing.T) {
	t.Parallel()
	a := newAdministered(t, laxSite)
	good := mint(func(p *parts) { signedRS256(p); p.aws["principal_tags"] = map[string]string{"team": "calm"} })
	l := a.work(t, good)
	clients := make(map[protocol]*http.Client)
	for _, p := range every {
		clients[p] = a.keptAlive(t, p)
	}
	forbidden := make(map[string]bool)
	everybody := func(strict bool) {
		var callers sync.WaitGroup
		for _, p := range every {
			for _, client := range []*http.Client{clients[p], a.keptAlive(t, p)} {
				for token, status := range shutOut() {
					if forbidden[idOf(token)] = strict; !strict {
						status = http.StatusOK
					}
					callers.Go(func() {
						if answer, err := a.visitAnew(t.Context(), client, p, token); err != nil || answer.status != status {
							t.Errorf("%s: status %d, want %d: %v", p, answer.status, status, err)
						}
					})
				}
			}
		}
		callers.Wait()
	}
	for range 10 {
		everybody(false)
		a.reload(t, strictSite)
		everybody(true)
		l.GoesOn(t)
		a.reload(t, laxSite)
		l.GoesOn(t)
	}
	passed := l.End(t)
	arrived := make(map[string]bool)
	for _, each := range a.upstream.Seen() {
		arrived[each.Get("X-Aws-Token-Jti")[0]] = true
	}
	for id, wasForbidden := range forbidden {
		if arrived[id] == wasForbidden {
			t.Errorf("%s arrived: %v; it came after the stricter configuration: %v", id, arrived[id], wasForbidden)
		}
	}
	t.Logf("%d good requests passed meanwhile", passed)
}

// visitAnew asks again when a new connection is closed without an answer: for a
// moment after a reload the old listener still accepts some. One that has served
// before is no such: the client itself takes another if it is closed.
func (g *gate) visitAnew(ctx context.Context, client *http.Client, p protocol, token string) (a answer, err error) {
	for range 50 {
		var reused bool
		trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }}
		a, err = g.visit(httptrace.WithClientTrace(ctx, trace), client, p, token)
		if !wasClosed(err) || reused {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return a, err
}

// work has a good caller send a token again and again.
func (g *gate) work(t *testing.T, token string) *stacktest.Load {
	l := stacktest.NewLoad(t)
	for range 4 {
		client := g.keptAlive(t, h1)
		l.Add(4*time.Millisecond, func() (int, error) {
			a, err := g.visitAnew(t.Context(), client, h1, token)
			return a.status, err
		})
	}
	return l
}

// reloadsOfOneLine goes through what a line can take away. The token has passed
// a moment before, and passes again with the line gone.
func reloadsOfOneLine(t *testing.T) {
	t.Parallel()
	site := func(issuer, lines string) string {
		return "aws_jwt {\n" + issuer + "\n" + lines + "\n}\nreverse_proxy UPSTREAM"
	}
	open := site("issuer ISSUER 111122223333", "audience orders.internal also.internal")
	a := newAdministered(t, open)
	token := mint(func(p *parts) { p.claims["aud"] = []string{audience, "also.internal"} })
	for _, each := range otherSites {
		for _, p := range every {
			a.passes(t, p, call(token))
		}
		a.reload(t, site(each.issuer, each.lines))
		for _, p := range every {
			if answer := a.refuses(t, p, call(token), each.status, each.reason); answer.status == http.StatusOK {
				t.Fatalf("after a reload with %s", each.name)
			}
		}
		a.reload(t, open)
	}
}

// issuersFileShrinks takes an issuer out of a file that the gateway watches.
func issuersFileShrinks(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "issuers.json")
	list := func(accounts ...string) {
		entries := []map[string]any{}
		for _, account := range accounts {
			entries = append(entries, map[string]any{"url": issuerURL(account), "accounts": []string{account}})
		}
		encoded, err := json.Marshal(entries)
		if err := errors.Join(err, os.WriteFile(file+".next", encoded, 0o600), os.Rename(file+".next", file)); err != nil {
			t.Fatal(err)
		}
	}
	list(ordersAccount, billingAccount)
	g := newGate(t, "aws_jwt {\nissuers_file "+file+"\naudience orders.internal\n}\nreverse_proxy UPSTREAM")
	token := mintAs(billingAccount, nil)
	for _, p := range every {
		g.passes(t, p, call(token))
	}
	list(ordersAccount)
	eventually(t, "the issuer is gone", func() bool {
		answer, err := g.sendH1(h1, call(token))
		return err == nil && answer.status == http.StatusUnauthorized
	})
	for _, p := range every {
		g.refuses(t, p, call(token), http.StatusUnauthorized, "unknown_issuer")
		g.passes(t, p, call(mint(nil)))
	}
	list(ordersAccount, billingAccount)
	g.passesInTheEnd(t, token)
}
