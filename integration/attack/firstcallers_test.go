package attack

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// k5: however many callers come first, they share one fetch, and none of them
// takes it from the others by going away.
func k5() []probe {
	return []probe{
		{name: "the first hangs up", script: rush{crowd: 600, by: h1, want: http.StatusOK}.run},
		{name: "each with its own token", script: rush{crowd: 300, by: h1, own: true, want: http.StatusOK}.run},
		{name: "over one connection", script: rush{crowd: 200, by: h2c, own: true, want: http.StatusOK}.run},
		{name: "all hang up", script: rush{crowd: 150, by: h1, allGo: true}.run},
		{name: "the fetch fails", script: rush{crowd: 150, by: h1, fails: true, want: http.StatusServiceUnavailable}.run},
		{name: "with unknown kids", script: rush{crowd: 150, by: h1, forged: true, want: http.StatusUnauthorized}.run},
	}
}

// rush is a crowd of first callers, who wait for an issuer that is slow to
// answer.
type rush struct {
	crowd  int
	by     protocol
	own    bool // each caller has a token of its own
	forged bool // all but the first one's have unknown kids
	fails  bool // the issuer answers with an error in the end
	allGo  bool // all hang up, not only the first
	want   int  // the status of those that stay
}

func (r rush) run(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	// RS256, since it is cheap to verify: nobody is to wait for that.
	key, err := issuers().SigningKey(ordersAccount, "RS256")
	if err != nil {
		t.Fatal(err)
	}
	keys := keySet(rsaJWK(key.KeyID, key.Signer.Public().(*rsa.PublicKey)))
	issuer := p.publish("orders", keys)
	answers := make(chan struct{})
	p.page("/orders"+keysPath, func(w http.ResponseWriter, request *http.Request) {
		<-answers
		if r.fails {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		says(keys)(w, request)
	})
	a := newAdministered(t, trusting("issuer "+issuer+" 111122223333", "persist off", "timeout 1h", "cooldown 1h"))
	first := mintAt(issuer, signedRS256)
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	client := a.keptAlive(t, r.by)
	gone := make(chan error)
	go func() {
		_, err := a.visit(ctx, client, r.by, first)
		gone <- err
	}()
	eventually(t, "the issuer is asked", func() bool { return p.fetched(keysPath) == 1 })

	staying := t.Context()
	if r.allGo {
		staying = ctx
	}
	before := a.goroutines(t)
	statuses, wait := r.send(staying, t, a, client, issuer)
	eventually(t, "the crowd waits", func() bool { return a.goroutines(t) >= before+int64(r.crowd) })
	hangUp()
	if err := <-gone; err == nil {
		t.Error("the first caller got an answer")
	}
	if r.allGo {
		wait()
		// A request whose client is gone may pass until the gateway has noticed.
		eventually(t, "the crowd has left", func() bool { return a.goroutines(t) <= before })
	}
	close(answers)
	wait()
	for n, status := range statuses {
		if status != r.want {
			t.Fatalf("caller %d: status %d, want %d", n, status, r.want)
		}
	}
	r.check(t, a, p, issuer, first)
}

// send sends the crowd's requests. The statuses are there after waiting.
func (r rush) send(ctx context.Context, t *testing.T, a *administered, client *http.Client, issuer string) ([]int, func()) {
	token := mintAt(issuer, signedRS256)
	statuses := make([]int, r.crowd)
	var callers sync.WaitGroup
	f := newForgery("ES384", issuer)
	f.kid = invented
	for n := range statuses {
		own := token
		switch {
		case r.forged:
			own = f.token(n)
		case r.own:
			own = mintAt(issuer, signedRS256)
		}
		callers.Go(func() {
			answer, err := a.visit(ctx, client, r.by, own)
			if err != nil && !r.allGo {
				t.Errorf("caller %d: %v", n, err)
			}
			statuses[n] = answer.status
			if answer.status == http.StatusServiceUnavailable && answer.header.Get("Retry-After") == "" {
				t.Error("an answer of 503 does not say when to come back")
			}
		})
	}
	return statuses, callers.Wait
}

// check asserts what the upstream and the issuer saw, and that a caller who
// comes later gets what the crowd did not.
func (r rush) check(t *testing.T, a *administered, p *publisher, issuer, first string) {
	t.Helper()
	seen := make(map[string]int)
	arrived := a.upstream.Seen()
	for n, each := range arrived {
		if jti := each.Get("X-Aws-Token-Jti")[0]; jti != idOf(first) {
			seen[jti]++
		} else { // that it had hung up may have been noticed too late
			arrived = slices.Delete(slices.Clone(arrived), n, n+1)
		}
	}
	switch {
	case r.allGo: // so may have been theirs
	case r.want != http.StatusOK:
		if len(arrived) > 0 {
			t.Errorf("the upstream saw %d requests", len(arrived))
		}
	case len(arrived) != r.crowd, r.own && len(seen) != r.crowd, !r.own && len(seen) != 1:
		t.Errorf("the upstream saw %d requests of %d tokens, want %d", len(arrived), len(seen), r.crowd)
	}
	if !r.fails {
		a.passes(t, h1, call(mintAt(issuer, signedRS256)))
	}
	if fetched := p.fetched(keysPath); fetched != 1 {
		t.Errorf("fetched %d times, want once", fetched)
	}
}

func signedRS256(p *parts) { p.header["alg"] = "RS256" }

// idOf is a token's jti.
func idOf(token string) string {
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		panic(err)
	}
	var claims struct{ Jti string }
	if err := json.Unmarshal(payload, &claims); err != nil {
		panic(err)
	}
	return claims.Jti
}
