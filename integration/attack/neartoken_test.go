package attack

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// near is a crowd of tokens that differ in a few bytes, at the same time as
// forgeries made of them. Each good request arrives with its own token's
// identity, and no forgery arrives.
type near struct{ differ func(p *parts, i int) }

const tokensAtOnce = 80

func (n near) run(t *testing.T) {
	t.Parallel()
	g := newGate(t, plain)
	g.passes(t, h1, call(mint(nil))) // the keys are there
	g.upstream.Seen()
	good := make([]string, tokensAtOnce)
	for i := range good {
		good[i] = mint(func(p *parts) {
			signedRS256(p) // cheap to verify, so that none waits too long
			n.differ(p, i)
		})
	}
	var callers sync.WaitGroup
	for at, p := range every {
		client := g.keptAlive(t, p)
		for i := at; i < len(good); i += len(every) {
			callers.Go(func() { g.expects(t, client, p, good[i], http.StatusOK) })
			for _, each := range forgedFrom(good[i], good[(i+1)%len(good)]) {
				callers.Go(func() { g.expects(t, client, p, each, http.StatusUnauthorized) })
			}
		}
	}
	callers.Wait()
	arrived := make(map[string]int)
	for _, each := range g.upstream.Seen() {
		arrived[identityOf(each)]++
	}
	for _, each := range good {
		if who := claimedBy(t, each); arrived[who] != 1 {
			t.Errorf("%s arrived %d times, want once", who, arrived[who])
		}
	}
	if len(arrived) != len(good) {
		t.Errorf("%d callers arrived, want %d", len(arrived), len(good))
	}
}

// expects asserts the status of one request. Who is told to come again, since
// the machine has other work to do, does.
func (g *gate) expects(t *testing.T, client *http.Client, p protocol, token string, status int) {
	a, err := g.visit(t.Context(), client, p, token)
	for began := time.Now(); a.status == http.StatusServiceUnavailable && time.Since(began) < 6*patience; time.Sleep(time.Second) {
		a, err = g.visit(t.Context(), client, p, token)
	}
	if err != nil || a.status != status {
		t.Errorf("%s: status %d, want %d: %v", p, a.status, status, err)
	}
}

// forgedFrom makes forgeries of a good token and its neighbour.
func forgedFrom(token, neighbour string) []string {
	mine, theirs := strings.Split(token, "."), strings.Split(neighbour, ".")
	signature, err := base64.RawURLEncoding.DecodeString(mine[2])
	if err != nil {
		panic(err)
	}
	signature[len(signature)-1] ^= 1
	flipped := base64.RawURLEncoding.EncodeToString(signature)
	return []string{
		mine[0] + "." + theirs[1] + "." + mine[2],
		mine[0] + "." + mine[1] + "." + theirs[2],
		mine[0] + "." + mine[1] + "." + flipped,
		token[:len(token)-4],
	}
}

// identityOf is who the upstream takes a request for.
func identityOf(a stack.Arrival) string {
	return fmt.Sprint(a.Get("X-Aws-Token-Sub"), a.Get("X-Aws-Token-Jti"), a.Get("X-Team"))
}

// claimedBy is the same of a token.
func claimedBy(t *testing.T, token string) string {
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Sub, Jti string
		AWS      struct {
			PrincipalTags map[string]string `json:"principal_tags"`
		} `json:"https://sts.amazonaws.com/"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint([]string{claims.Sub}, []string{claims.Jti}, []string{claims.AWS.PrincipalTags["team"]})
}
