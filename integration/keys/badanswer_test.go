package keys

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// badAnswer is a way in which an issuer's server may answer, with what the
// gateway says of it; "" is that the answer is good.
type badAnswer struct {
	document devsts.Document
	kind     devsts.FaultKind
	hint     string
}

var badAnswers = []badAnswer{
	{devsts.DocumentBoth, devsts.FaultDelay, ""},
	{devsts.DocumentKeys, devsts.FaultUnknownKinds, ""},
	{devsts.DocumentBoth, devsts.FaultError, "it answered 503"},
	{devsts.DocumentKeys, devsts.FaultError, "it answered 503"},
	{devsts.DocumentBoth, devsts.FaultReset, "EOF|connection reset"},
	{devsts.DocumentKeys, devsts.FaultEndless, "deadline exceeded|Timeout exceeded"},
	{devsts.DocumentDiscovery, devsts.FaultRedirect, "no redirect is followed"},
	{devsts.DocumentKeys, devsts.FaultRedirect, "no redirect is followed"},
	{devsts.DocumentDiscovery, devsts.FaultOversize, "over 512 KiB"},
	{devsts.DocumentKeys, devsts.FaultOversize, "over 512 KiB"},
	{devsts.DocumentDiscovery, devsts.FaultGzipBomb, "over 512 KiB"},
	{devsts.DocumentKeys, devsts.FaultGzipBomb, "over 512 KiB"},
	{devsts.DocumentDiscovery, devsts.FaultForeignKeys, "not of the issuer's own scheme, host and port"},
	{devsts.DocumentDiscovery, devsts.FaultWrongIssuer, "for another issuer"},
	{devsts.DocumentDiscovery, devsts.FaultGarbage, "reading discovery document"},
	{devsts.DocumentKeys, devsts.FaultTruncated, "reading JWKS"},
	{devsts.DocumentKeys, devsts.FaultNoUsableKeys, "none of its 2 keys"},
}

// setAll gives each account its own fault.
func setAll(s *issuers) {
	for n, each := range badAnswers {
		f := devsts.Fault{Issuer: accountID(n), Document: each.document, Kind: each.kind}
		if each.kind == devsts.FaultDelay {
			f.Delay = 1 // a nanosecond: a fault that is none
		}
		must(s.t, s.SetFault(f))
	}
}

// Each account's issuer fails in its own way. While it has given no keys its
// tokens are answered 503, once it has, these serve on; the twins' answers are
// odd and good.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, startIssuers(t, accounts(len(badAnswers)), "", nil))
	lines := []string{"jwks {", "ttl 1s", "cooldown 1s", "timeout 2s", "persist off", "}"}
	for n := range badAnswers {
		lines = append(lines, "issuer "+w.issuers.url(accountID(n))+" "+accountID(n))
	}
	w.start(site("a", lines...))

	setAll(w.issuers)
	for n, each := range badAnswers {
		with := w.issuers.token(accountID(n))
		if each.hint == "" {
			w.passes("a", with)
			continue
		}
		if d := w.unavailable("a", with); !containsOne(d.Hint, each.hint) {
			t.Errorf("%s: hint: %s", each.kind, d.Hint)
		}
		if n := w.issuers.fetched(accountID(n)); n.Discovery != 1 || n.Keys > 1 {
			t.Errorf("%s: fetched %+v for one request", each.kind, n)
		}
		if t.Failed() {
			t.Fatalf("the fault was %s of %s", each.kind, each.document)
		}
	}

	must(t, w.issuers.ClearFaults(""))
	for n, each := range badAnswers {
		eventually(t, fmt.Sprintf("the keys were had after %s", each.kind), func() bool {
			return w.send("a", w.issuers.token(accountID(n))).status == http.StatusOK
		})
	}

	w.seen()
	w.skipLog()
	setAll(w.issuers)
	for n, each := range badAnswers {
		fetches := w.issuers.fetched(accountID(n)).Discovery
		eventually(t, fmt.Sprintf("a refresh met %s", each.kind), func() bool {
			w.passes("a", w.issuers.token(accountID(n)))
			if each.hint == "" {
				return w.issuers.fetched(accountID(n)).Discovery > fetches
			}
			return w.logged("last good ones serve on", w.issuers.url(accountID(n)))
		})
		w.passes("a", w.issuers.token(accountID(n)))
	}
}

// containsOne reports whether the text has one of the parts, which | separates.
func containsOne(text, parts string) bool {
	for part := range strings.SplitSeq(parts, "|") {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// A discovery document cannot lead to keys at another port, even if they are
// good and all else is right; jwks_url does so on purpose.
func TestKeysElsewhere(t *testing.T) {
	t.Parallel()
	s := newIssuers(t)
	elsewhere := httptest.NewServer(s.Handler())
	t.Cleanup(elsewhere.Close)
	there := strings.Replace(s.url(orders), "http://"+s.address, elsewhere.URL, 1) + "/.well-known/jwks.json"
	document := fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, s.url(orders), there)
	s.down()
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(document)) })
	s.up()

	w := newWorld(t, s)
	w.start(site("discovered", "issuer ORDERS "+orders, "jwks {", "persist off", "}"),
		site("named", "issuer ORDERS "+orders+" {", "jwks_url "+there, "}", "jwks {", "persist off", "}"))
	w.unavailable("discovered", s.token(orders))
	if n := s.fetched(orders).Keys; n != 0 {
		t.Errorf("keys elsewhere were fetched %d times", n)
	}
	w.passes("named", s.token(orders))
	if n := s.fetched(orders).Keys; n != 1 {
		t.Errorf("keys elsewhere were fetched %d times, want once", n)
	}
}
