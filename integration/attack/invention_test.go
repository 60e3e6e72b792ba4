package attack

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// k4: inventing key IDs or issuers costs the world a few requests, and us
// nothing that grows.
func k4() []probe {
	return []probe{
		{name: "unknown kids", script: unknownKids},
		{name: "unknown kids before all others", script: unknownKidsFirst},
		{name: "invented issuers", script: inventedIssuers},
		{name: "other accounts of the world", script: strangers},
		{name: "issuers that resemble", script: resemblingIssuers},
	}
}

func trusting(issuer string, jwks ...string) string {
	return "aws_jwt {\naudience orders.internal\n" + issuer + "\njwks {\n" + strings.Join(jwks, "\n") + "\n}\n}\nreverse_proxy UPSTREAM"
}

func unknownKids(t *testing.T) {
	t.Parallel()
	const cooldown = 2 * time.Second
	p := startPublisher(t)
	issuer := p.publish("orders", ordersKeys())
	a := newAdministered(t, trusting("issuer "+issuer+" 111122223333", "persist off", "cooldown 2s"))
	good := mintAt(issuer, nil)
	a.passes(t, h1, call(good))
	before, began := a.heap(t), time.Now()
	f := newForgery("ES384", issuer)
	f.kid = func(i int) string { return fmt.Sprintf("EC384_%d", i+1) }
	for n, each := range []protocol{h1, h2c} {
		const wave = 2500
		flood := a.flood(t, each, wave, func(i int) string { return f.token(n*wave + i) })
		a.wantNone(t, flood, http.StatusUnauthorized)
		a.passes(t, each, call(good))
	}
	if fetched, most := p.fetched(keysPath), 2+int(time.Since(began)/cooldown); fetched < 2 || fetched > most {
		t.Errorf("fetched %d times in %v, want 2 to %d", fetched, time.Since(began), most)
	}
	atMost(t, "5,000 unknown kids", before, a.heap(t), 8)

	// What is really new is found.
	p.publish("orders", keySet(ordersKey(), ecJWK("next", &freshEC().PublicKey)))
	next := tokenBy(issuer, "ES384", "next", withEC(freshEC()))
	eventually(t, "a new key is found", func() bool {
		answer, err := a.sendH1(h1, call(next))
		return err == nil && answer.status == http.StatusOK
	})
}

func unknownKidsFirst(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	issuer := p.publish("orders", ordersKeys())
	g := newGate(t, trusting("issuer "+issuer+" 111122223333", "persist off", "cooldown 1h"))
	f := newForgery("ES384", issuer)
	f.kid = func(i int) string { return fmt.Sprintf("EC384_%d", i+1) }
	g.wantNone(t, g.flood(t, h1, 500, f.token), http.StatusUnauthorized)
	g.passes(t, h1, call(mintAt(issuer, nil)))
	if fetched := p.fetched(keysPath); fetched != 1 {
		t.Errorf("fetched %d times, want once", fetched)
	}
}

// organizationOf trusts the orders account's organization at a publisher.
func organizationOf(p *publisher) string {
	return "organization o-devsts0001 {\nissuer_template " + p.url + "/<uuid>\n}"
}

const knownAccount, listedAccount = "ffffffff-0000-4000-8000-000000000001", "ffffffff-0000-4000-8000-000000000002"

func inventedIssuers(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	known, listed := p.publish(knownAccount, ordersKeys()), p.publish(listedAccount, ordersKeys())
	a := newAdministered(t, trusting(organizationOf(p)+"\nissuer "+listed+" 111122223333", "persist off", "cooldown 10ms"))
	a.passes(t, h1, call(mintAt(known, nil)))
	p.visits()
	before, began := a.heap(t), time.Now()
	f := newForgery("ES384", "")
	f.issuer = func(i int) string { return p.issuer(invented(i)) }
	f.kid = strconv.Itoa
	for n, each := range []protocol{h1, h2c} {
		const wave = 2500
		flood := a.flood(t, each, wave, func(i int) string { return f.token(n*wave + i) })
		a.wantNone(t, flood, http.StatusServiceUnavailable)
		a.passes(t, each, call(mintAt(known, nil)))
	}
	if asked, most := p.visits(), 60*(1+int(time.Since(began)/time.Minute)); asked == 0 || asked > most {
		t.Errorf("the world was asked %d times, want 1 to %d", asked, most)
	}
	atMost(t, "5,000 invented issuers", before, a.heap(t), 8)
	// Whom the operator has listed does not wait for the ration.
	a.passes(t, h1, call(mintAt(listed, nil)))
}

// strangers: AWS answers for every account, and signs for it. Their tokens are
// good but for the organization, and cost no more than the invented ones.
func strangers(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	p.other = func(w http.ResponseWriter, r *http.Request) {
		own, _, _ := strings.Cut(r.URL.Path, "/.well-known")
		if strings.HasSuffix(r.URL.Path, discoveryPath) {
			says(text(map[string]any{"issuer": p.url + own, "jwks_uri": p.url + own + keysPath}))(w, r)
			return
		}
		says(ordersKeys())(w, r)
	}
	g := newGate(t, trusting(organizationOf(p), "persist off"))
	const n = 200
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = mintAt(p.issuer(invented(i)), func(p *parts) { p.aws["org_id"] = "o-stranger01" })
	}
	flood := g.flood(t, h1, n, func(i int) string { return tokens[i] })
	g.wantNone(t, flood, http.StatusUnauthorized, http.StatusServiceUnavailable)
	if flood[http.StatusUnauthorized] == 0 || flood[http.StatusServiceUnavailable] == 0 {
		t.Errorf("answered %v, want some for their organization and, beyond the ration, some for later", flood)
	}
	// The control differs in the organization alone.
	second := newGate(t, trusting(organizationOf(p), "persist off"))
	second.passes(t, h1, call(mintAt(p.issuer(invented(0)), nil)))
}

func resemblingIssuers(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	known := p.publish(knownAccount, ordersKeys())
	g := newGate(t, trusting(organizationOf(p), "persist off"))
	for _, issuer := range []string{
		strings.ToUpper(known), strings.Replace(known, knownAccount, strings.ToUpper(knownAccount), 1), known + "/", known + "?", known + "#", known + "/x",
		known + " ", " " + known, known + "\x00", strings.Replace(known, "http://", "https://", 1), strings.Replace(known, "http://", "HTTP://", 1),
		strings.Replace(known, "127.0.0.1", "localhost", 1), strings.Replace(known, "//", "//u@", 1), strings.Replace(known, "/"+knownAccount, "//"+knownAccount, 1),
		strings.Replace(known, "/"+knownAccount, "/../"+knownAccount, 1), strings.Replace(known, "-", "", 1), strings.Replace(known, "-", "–", 1),
		strings.Replace(known, "f", "%66", 1), strings.Replace(known, "f", "ｆ", 1), known[:len(known)-1], known + "0", p.url + "/<uuid>", p.url + "/", p.url,
		"http://evil.example/" + knownAccount, "http://evil.example#" + known, known + "@evil.example", knownAccount,
	} {
		if issuer == known {
			t.Fatalf("%q is no attack", issuer)
		}
		g.refuses(t, h1, call(mintAt(issuer, nil)), http.StatusUnauthorized, "unknown_issuer")
	}
	if asked := p.visits(); asked > 0 {
		t.Errorf("the world was asked %d times", asked)
	}
	g.passes(t, h1, call(mintAt(known, nil)))
}
