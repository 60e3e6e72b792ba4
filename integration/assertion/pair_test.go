package assertion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// pair is two gateways that share a storage, and so their keys, before an upstream
// that verifies what they assert. Their issuer's URL is that of a front, which
// asks whichever of them is there.
type pair struct {
	t         *testing.T
	gateways  [2]*world
	front     *httptest.Server
	turn      atomic.Int64
	keys      *cachedKeys // the upstream's
	old       *cachedKeys // are fetched once
	oldFailed atomic.Int64
	site      string
	answered  [2]atomic.Int64 // with 200, by gateway
	faults    chan string
}

const pairSite = `
http://127.0.0.1:PORT {
	aws_jwt_issuer ISSUER {
		rotation ROTATION
	}
	aws_jwt {
		issuer ORDERS 111122223333
		audience orders.internal
		assertion {
			issuer ISSUER
			audience orders-upstream
			subject spiffe://corp.example/aws/{aws_token.account.id}
			ttl 5s
			rotation ROTATION
		}
	}
	reverse_proxy VERIFYING
}
`

func newPair(t *testing.T, rotation time.Duration) *pair {
	t.Helper()
	p := &pair{t: t, faults: make(chan string, 1000)}
	p.front = httptest.NewServer(http.HandlerFunc(p.ask))
	t.Cleanup(p.front.Close)
	// Two callers on one connection that a gateway's death cuts are no fault of it.
	client := &http.Client{Timeout: patience}
	p.keys, p.old = newCachedKeys(p.front.URL+"/.well-known/jwks.json", client), newCachedKeys(p.front.URL+"/.well-known/jwks.json", client)
	p.old.forever = true
	upstream := httptest.NewServer(http.HandlerFunc(p.verify))
	t.Cleanup(upstream.Close)
	p.site = strings.NewReplacer("ISSUER", p.front.URL, "ROTATION", rotation.String(), "VERIFYING", upstream.Listener.Addr().String()).Replace(pairSite)
	storage := filepath.Join(t.TempDir(), "shared")
	for i := range p.gateways {
		p.gateways[i] = newWorld(t)
		p.gateways[i].storage = storage
	}
	return p
}

func (p *pair) start() *pair {
	p.t.Helper()
	for _, w := range p.gateways {
		w.start(p.site)
	}
	return p
}

// ask is the front: it asks the gateways in turn, and the other one if one is away.
func (p *pair) ask(w http.ResponseWriter, r *http.Request) {
	first := int(p.turn.Add(1))
	for i := range p.gateways {
		g := p.gateways[(first+i)%2]
		request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, g.self()+r.URL.Path, nil)
		if err != nil {
			break
		}
		a, err := answerOf(g.client, request)
		if err != nil {
			continue
		}
		w.Header().Set("Cache-Control", a.header.Get("Cache-Control"))
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
		return
	}
	w.WriteHeader(http.StatusBadGateway)
}

// verify is the upstream. What is wrong with an assertion is its answer.
func (p *pair) verify(w http.ResponseWriter, r *http.Request) {
	text := r.Header.Get("X-Aws-Token-Assertion")
	if _, err := p.old.verifier(p.front.URL).Verify(r.Context(), text); err != nil {
		p.oldFailed.Add(1)
	}
	token, err := p.keys.verifier(p.front.URL).Verify(r.Context(), text)
	if err == nil && token.Subject != "spiffe://corp.example/aws/111122223333" {
		err = errors.New("the subject is " + token.Subject)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
	}
}

// callers send requests to a gateway until the context ends. Each has a token of
// its own for a while, as callers have. may says whether the gateway may be away.
func (p *pair) callers(ctx context.Context, all *sync.WaitGroup, gateway, n int, may func() bool) {
	w := p.gateways[gateway]
	for range n {
		all.Go(func() {
			var token string
			for i := 0; ctx.Err() == nil; i++ {
				if i%20 == 0 {
					token = mint(p.t, nil)
				}
				began := may()
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.self()+"/orders", nil)
				if err != nil {
					p.fault("%v", err)
					return
				}
				request.Header.Set("Authorization", "Bearer "+token)
				a, err := answerOf(w.client, request)
				switch {
				case ctx.Err() != nil:
				case err != nil && (began || may()):
					time.Sleep(10 * time.Millisecond)
				case err != nil:
					p.fault("gateway %d: %v", gateway, err)
				case a.status != http.StatusOK:
					p.fault("gateway %d: status %d %s", gateway, a.status, a.body)
				default:
					p.answered[gateway].Add(1)
				}
				time.Sleep(15 * time.Millisecond)
			}
		})
	}
}

func (p *pair) fault(format string, args ...any) {
	select {
	case p.faults <- fmt.Sprintf("%s  "+format, append([]any{time.Now().Format("05.000")}, args...)...):
	default: // there are enough
	}
}

// judge fails the test for what went wrong.
func (p *pair) judge() {
	p.t.Helper()
	n := len(p.faults)
	for i := range n {
		if fault := <-p.faults; i < 10 {
			p.t.Error(fault)
		}
	}
	if n > 10 {
		p.t.Errorf("… %d in all", n)
	}
}

func never() bool { return false }

// Two gateways rotate the keys that they share under load. Everybody passes, and
// every assertion is verified by whoever keeps the key set for as long as it may.
// The twin is a key set that is never fetched again.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	const rotation = 10 * time.Second
	p := newPair(t, rotation).start()
	ctx, cancel := context.WithTimeout(t.Context(), 3*rotation+rotation/3)
	defer cancel()
	var all sync.WaitGroup
	for i := range p.gateways {
		p.callers(ctx, &all, i, 2, never)
	}
	all.Wait()
	p.judge()
	known, signed, fetches := p.keys.counts()
	if known < 4 || signed < 4 || known > 7 {
		t.Errorf("%d keys were published and %d have signed in three rotations", known, signed)
	}
	if fetches < 10 || p.answered[0].Load() < 100 || p.answered[1].Load() < 100 {
		t.Errorf("%d fetches, %d and %d answers: that shows nothing", fetches, p.answered[0].Load(), p.answered[1].Load())
	}
	if _, old, _ := p.old.counts(); p.oldFailed.Load() == 0 || old == 0 {
		t.Errorf("with the keys of the start %d assertions failed, and those of %d keys passed", p.oldFailed.Load(), old)
	}
	t.Logf("%d keys, %d have signed; %d fetches; %d and %d answers", known, signed, fetches, p.answered[0].Load(), p.answered[1].Load())
}
