package attack

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// d3: bad tokens leave nothing behind, however many there are.
func d3() []probe {
	return []probe{
		{name: "of every kind", script: remembersNothing{8000, everyKind}.run},
		{name: "with garbage for a signature", script: remembersNothing{5000, garbageRS256}.run},
		{name: "as large as may be", script: remembersNothing{1500, largeGarbage}.run},
	}
}

// remembersNothing is a flood of bad tokens, no two of which are the same.
type remembersNothing struct {
	n     int
	token func() func(i int) string
}

func (r remembersNothing) run(t *testing.T) {
	t.Parallel()
	a := newAdministered(t, plain)
	good := mint(nil)
	token := r.token()
	for _, p := range []protocol{h1, h2c} {
		a.passes(t, p, call(good))
		a.wantNone(t, a.flood(t, p, 300, func(i int) string { return token(-i - 1) }), 400, 401, 503) // what is made once is there
	}
	before := a.heap(t)
	for part, p := range []protocol{h1, h2c} {
		a.wantNone(t, a.flood(t, p, r.n/2, func(i int) string { return token(part*r.n/2 + i) }), 400, 401, 503)
		a.passes(t, p, call(good))
	}
	atMost(t, fmt.Sprintf("%d bad tokens", r.n), before, a.heap(t), 6)
	for _, p := range every {
		a.passes(t, p, call(good))
	}
}

// garbageRS256 names the RSA key, whose signatures are cheap to check.
func garbageRS256() func(i int) string { return newForgery("RS256", issuerURL(ordersAccount)).token }

// largeGarbage is nearly as long as a token may be.
func largeGarbage() func(i int) string {
	f := newForgery("RS256", issuerURL(ordersAccount))
	f.payload = strings.Replace(f.payload, "{", `{"filler":"`+strings.Repeat("filler", 1800)+`",`, 1)
	return f.token
}

// everyKind goes through what is refused at each step.
func everyKind() func(i int) string {
	good := newForgery("ES384", issuerURL(ordersAccount))
	garbage, payload := garbageRS256(), encode(good.payload)
	other := good
	other.issuer = func(i int) string { return fmt.Sprintf("https://%d.example", i) }
	elsewhere, late := good, good
	elsewhere.payload = strings.Replace(good.payload, audience, "else", 1)
	late.payload = regexp.MustCompile(`"(exp|iat)":17`).ReplaceAllString(good.payload, `"$1":11`)
	return func(i int) string {
		switch i & 7 {
		case 0:
			return strconv.Itoa(i)
		case 1:
			return fmt.Sprintf("%d..", i)
		case 2:
			return encode(fmt.Sprintf(`{"alg":"none","kid":"%d"}`, i)) + "." + payload + "."
		case 3:
			return encode(fmt.Sprintf(`{"alg":"ES384","kid":"%d"}`, i)) + "." + encode(`{"iss":1}`) + ".AAAA"
		case 4:
			return other.token(i)
		case 5:
			return elsewhere.token(i)
		case 6:
			return late.token(i)
		}
		return garbage(i)
	}
}

// d4: garbage signatures of ES384 are the dearest that there are to refuse. A
// caller that is known waits for none of them and is answered 200 each time.
func d4() []probe {
	es384 := func() func(i int) string {
		return newForgery("ES384", issuerURL(ordersAccount)).token
	}
	return []probe{
		{name: "garbage signatures", script: burns{token: es384, by: h1}.run},
		{name: "garbage signatures over http/2", script: burns{token: es384, by: h2c}.run},
		{name: "the same one again and again", script: burns{by: h1, token: func() func(int) string {
			token := es384()(0)
			return func(int) string { return token }
		}}.run},
		{name: "a signature of a wrong length", script: burns{by: h1, token: func() func(int) string {
			f := newForgery("ES384", issuerURL(ordersAccount))
			f.signature += "AAAA"
			return f.token
		}}.run},
		{name: "an unknown kid", script: burns{by: h1, token: func() func(int) string {
			f := newForgery("ES384", issuerURL(ordersAccount))
			f.kid = strconv.Itoa
			return f.token
		}}.run},
	}
}

// burns is a flood that goes on for as long as a known caller calls.
type burns struct {
	token func() func(i int) string
	by    protocol
}

func (b burns) run(t *testing.T) {
	t.Parallel()
	g := newGate(t, plain)
	good := mint(nil)
	for _, p := range every {
		g.passes(t, p, call(good))
	}
	ctx, stop := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	var sent atomic.Int64
	token := b.token()
	for range 16 {
		client := g.keptAlive(t, b.by)
		flood.Go(func() {
			for ctx.Err() == nil {
				a, err := g.visit(t.Context(), client, b.by, token(int(sent.Add(1))))
				if err != nil || a.status != http.StatusUnauthorized && a.status != http.StatusServiceUnavailable {
					t.Errorf("a bad token: status %d %v", a.status, err)
				}
			}
		})
	}
	eventually(t, "the flood is under way", func() bool { return sent.Load() > 100 })
	passed := calls(t, g, good)
	stop()
	flood.Wait()
	if seen := len(g.upstream.Seen()); seen != passed {
		t.Errorf("the upstream saw %d requests, %d were the known caller's", seen, passed)
	}
	for _, p := range every {
		g.passes(t, p, call(good))
	}
	t.Logf("%d of the known caller's requests passed in a flood of %d", passed, sent.Load())
}

// calls has the known caller call for a while, and returns how often it passed.
func calls(t *testing.T, g *gate, good string) (passed int) {
	client := g.keptAlive(t, h1)
	for began := time.Now(); time.Since(began) < time.Second || passed == 0; passed++ {
		if a, err := g.visit(t.Context(), client, h1, good); err != nil || a.status != http.StatusOK {
			t.Fatalf("the known caller: status %d %v", a.status, err)
		}
	}
	return passed
}
