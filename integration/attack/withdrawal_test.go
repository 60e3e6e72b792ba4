package attack

import (
	"net/http"
	"testing"
	"time"
)

// k7: a key that AWS withdrew stops working with the first refresh after ttl,
// however often its tokens have passed, and does not come back.
func k7() []probe {
	next := ecJWK("next", &freshEC().PublicKey)
	old := ordersKey()
	return []probe{
		{name: "withdrawn", script: withdrawal{keys: keySet(next)}.run},
		{name: "another key of the same kid", script: withdrawal{keys: keySet(next, ecJWK("EC384_0", &otherEC().PublicKey)), reason: "bad_signature"}.run},
		{name: "for encryption from now on", script: withdrawal{keys: keySet(next, old.with("use", "enc"))}.run},
		{name: "published twice from now on", script: withdrawal{keys: keySet(next, old, old)}.run},
		{name: "another algorithm from now on", script: withdrawal{keys: keySet(next, old.with("alg", "ES512"))}.run},
		{name: "then the issuer is down", script: withdrawal{keys: keySet(next), then: thenDown}.run},
		{name: "then the gateway restarts", script: withdrawal{keys: keySet(next), then: thenRestart}.run},
		{name: "then a reload", script: withdrawal{keys: keySet(next), then: thenReload}.run},
		{name: "no key is left", script: noKeyLeft},
	}
}

// withdrawal is a new version of an issuer's keys, which takes a key away.
type withdrawal struct {
	keys   string
	reason string                   // default: unknown_key
	then   func(*testing.T, *taken) // what comes afterwards
}

// taken is the scene of a withdrawal.
type taken struct {
	*administered
	publisher *publisher
	site      string
	old, next string // tokens
}

func (w withdrawal) run(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	next := ecJWK("next", &freshEC().PublicKey)
	issuer, control := p.publish("orders", keySet(next, ordersKey())), p.publish("control", ordersKeys())
	site := trusting("issuer "+issuer+" 111122223333\nissuer "+control+" 111122223333", "ttl 200ms", "cooldown 50ms")
	s := &taken{newAdministered(t, site), p, site, mintAt(issuer, nil), tokenBy(issuer, "ES384", "next", withEC(freshEC()))}
	clients := make(map[protocol]*http.Client)
	for _, each := range every {
		clients[each] = s.keptAlive(t, each)
		s.passes(t, each, call(s.old))
		s.passes(t, each, call(s.next))
		if a, err := s.visit(t.Context(), clients[each], each, s.old); err != nil || a.status != http.StatusOK {
			t.Fatalf("%s: status %d %v before the withdrawal", each, a.status, err)
		}
	}
	p.publish("orders", w.keys)
	eventually(t, "the withdrawn key stops working", func() bool {
		a, err := s.sendH1(h1, call(s.old))
		return err == nil && a.status == http.StatusUnauthorized
	})
	reason := w.reason
	if reason == "" {
		reason = "unknown_key"
	}
	for _, each := range every {
		s.refuses(t, each, call(s.old), http.StatusUnauthorized, reason)
		// On a connection that it has passed on, too.
		if a, err := s.visit(t.Context(), clients[each], each, s.old); err != nil || a.status != http.StatusUnauthorized {
			t.Errorf("%s: status %d %v on a connection that was kept", each, a.status, err)
		}
		s.passes(t, each, call(s.next))
		s.passes(t, each, call(mintAt(control, nil)))
	}
	if w.then != nil {
		w.then(t, s)
	}
}

// stays asserts that the old key does not come back, and that the next one
// serves.
func (s *taken) stays(t *testing.T) {
	t.Helper()
	for _, each := range every {
		s.forget()
		if a := s.send(t, each, call(s.old)); a.status != http.StatusUnauthorized && a.status != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d", each, a.status)
		}
		if seen := s.upstream.Seen(); len(seen) > 0 {
			t.Errorf("%s: the upstream saw %+v", each, seen)
		}
		s.passes(t, each, call(s.next))
	}
}

func thenDown(t *testing.T, s *taken) {
	s.publisher.down()
	s.stays(t)
	time.Sleep(300 * time.Millisecond) // past ttl, with a refresh that fails
	s.stays(t)
}

func thenRestart(t *testing.T, s *taken) {
	// The storage has the new version as soon as the next key is all there is.
	eventually(t, "the new version is stored", func() bool {
		for _, path := range s.files(t) {
			if text := readFile(t, path); contains(text, `"kid":"next"`, `"issuer"`) && !contains(text, `"kid":"EC384_0"`) {
				return true
			}
		}
		return false
	})
	s.restart(t, s.publisher.down)
	s.stays(t)
}

func thenReload(t *testing.T, s *taken) {
	s.publisher.down()
	s.reload(t, s.site)
	s.stays(t)
	s.reload(t, s.site+"\n# the same but for a comment")
	s.stays(t)
}

// noKeyLeft: a set without a usable key leaves the old one in place, up to
// max_stale.
func noKeyLeft(t *testing.T) {
	t.Parallel()
	p := startPublisher(t)
	issuer, control := p.publish("orders", ordersKeys()), p.publish("control", ordersKeys())
	g := newGate(t, trusting("issuer "+issuer+" 111122223333\nissuer "+control+" 111122223333",
		"persist off", "ttl 100ms", "cooldown 50ms", "max_stale 1s"))
	g.passes(t, h1, call(mintAt(issuer, nil)))
	p.publish("orders", `{"keys":[]}`)
	eventually(t, "max_stale ends the grace", func() bool {
		a, err := g.sendH1(h1, call(mintAt(issuer, nil)))
		return err == nil && a.status == http.StatusServiceUnavailable
	})
	for _, each := range every {
		g.refuses(t, each, call(mintAt(issuer, nil)), http.StatusServiceUnavailable, "keys_unavailable")
		g.passes(t, each, call(mintAt(control, nil)))
	}
}
