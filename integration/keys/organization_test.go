package keys

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// organization trusts the default accounts' organization, and so no stranger.
func (s *issuers) organization() string {
	return "organization o-devsts0001 {\nissuer_template " + s.base() + "<uuid>\n}"
}

// base is what is before the UUID in an issuer's URL.
func (s *issuers) base() string {
	issuer := s.url(orders)
	return issuer[:strings.LastIndexByte(issuer, '/')+1]
}

// invented is a good token but for its issuer, which does not exist.
func (s *issuers) invented() token {
	s.t.Helper()
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	text := hex.EncodeToString(random)
	uuid := strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
	return s.mint(roleOf(orders), orders, func(_, claims map[string]any) { claims["iss"] = s.base() + uuid })
}

// An account of the organization passes although nobody has listed it. A
// stranger's issuer is as good as any but for the organization that it signs.
// An issuer that is listed goes by its own entry, for better or worse.
func TestOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	w.start(site("a", w.issuers.organization()),
		site("listed", w.issuers.organization(), "issuer STRANGER "+stranger, "issuer ORDERS {", "audience else", "}"))
	w.passes("a", w.issuers.token(orders))
	w.passes("a", w.issuers.token(billing))
	w.refuses("a", w.issuers.token(stranger), http.StatusUnauthorized, "org_mismatch")
	w.passes("a", w.issuers.token(orders))

	w.passes("listed", w.issuers.token(stranger))
	w.passes("listed", w.issuers.token(billing))
	w.refuses("listed", w.issuers.token(orders), http.StatusUnauthorized, "wrong_audience")

	// The stranger cannot say that it is of the organization: its own keys sign
	// for its own issuer alone, where AWS writes the truth. And an unsigned word
	// is worth nothing.
	forged := w.issuers.mint(roleOf(orders), stranger, nil)
	w.refuses("a", forged, http.StatusUnauthorized, "bad_signature")
	none := w.issuers.mint(roleOf(stranger), stranger, func(_, claims map[string]any) { delete(claims[aws].(map[string]any), "org_id") })
	w.refuses("a", none, http.StatusUnauthorized, "org_mismatch")
}

// inventedWave sends the first tokens of many invented issuers at once, and
// asserts that each is refused as it should be.
func inventedWave(w *world, host string, n int) {
	w.t.Helper()
	tokens := make([]token, n)
	for i := range tokens {
		tokens[i] = w.issuers.invented()
	}
	answers := make([]answer, n)
	var senders sync.WaitGroup
	for i, each := range tokens {
		senders.Go(func() {
			var err error
			if answers[i], err = ask(w.t.Context(), w.client, host, each); err != nil {
				w.t.Error(err)
			}
		})
	}
	senders.Wait()
	for _, a := range answers {
		if a.status != http.StatusServiceUnavailable && a.status != http.StatusUnauthorized {
			w.t.Errorf("an invented issuer's token got %d", a.status)
		}
		w.wantRetryAfter(a)
	}
	if seen := w.seen(); len(seen) > 0 {
		w.t.Errorf("%d of their tokens reached the upstream", len(seen))
	}
}

// Inventing issuers costs the world 60 requests a minute and no more, and takes
// nothing from those that are known: only issuers that were never seen good
// have to wait. What was seen good is there after a restart, too.
func TestInventedIssuers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	sites := []string{site("a", w.issuers.organization(), "issuer STRANGER "+stranger, "jwks {", "cooldown 1s", "}")}
	w.start(sites...)
	w.passes("a", w.issuers.token(orders))
	w.passes("a", w.issuers.token(stranger))

	began := time.Now()
	inventedWave(w, "a", 200)
	// All at once they use the ration up, of which ours had one.
	if n := w.issuers.Fetches().Unknown; n != (devsts.FetchCount{Discovery: 59}) && time.Since(began) < time.Minute {
		t.Errorf("200 invented issuers were asked %+v, want 59 requests", n)
	}
	w.passes("a", w.issuers.token(orders))
	w.passes("a", w.issuers.token(stranger))
	w.issuers.rotate(orders, false)
	w.passes("a", w.issuers.token(orders))
	before := w.issuers.fetched(billing)
	if d := w.unavailable("a", w.issuers.token(billing)); !strings.Contains(d.Hint, "never seen good") {
		t.Errorf("hint: %s", d.Hint)
	}
	if after := w.issuers.fetched(billing); after != before {
		t.Error("an issuer was asked beyond the ration")
	}
	w.stored(2)
	w.stop()

	w.issuers.fault(devsts.AnyIssuer, devsts.FaultError)
	w.start(sites...)
	w.passes("a", w.issuers.token(orders))
	w.passes("a", w.issuers.token(stranger))
	w.unavailable("a", w.issuers.token(billing))
	w.stop()

	// The ration is of the running gateway, and there is one again.
	must(t, w.issuers.ClearFaults(""))
	w.start(sites...)
	w.passes("a", w.issuers.token(billing))
	w.stored(3)
}

// What a stranger's issuer publishes is not stored, even when its token was
// good but for the organization.
func TestStrangersAreNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newIssuers(t))
	w.start(site("a", w.issuers.organization()))
	w.refuses("a", w.issuers.token(stranger), http.StatusUnauthorized, "org_mismatch")
	w.passes("a", w.issuers.token(orders))
	if files := w.stored(1); files[w.issuers.url(orders)] == "" {
		t.Errorf("stored are %v", files)
	}
}
