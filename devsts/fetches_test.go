package devsts

import (
	"net/http"
	"testing"
)

func wantFetches(t *testing.T, e emulator, ours, theirs, unknown FetchCount) {
	t.Helper()
	got := e.Fetches()
	total := FetchCount{
		Discovery: ours.Discovery + theirs.Discovery + unknown.Discovery,
		Keys:      ours.Keys + theirs.Keys + unknown.Keys,
	}
	if got.Issuers[ordersIssuer] != ours || got.Issuers[strangerIssuer] != theirs || got.Unknown != unknown || got.Total != total {
		t.Errorf("got %+v, want %+v, %+v, unknown %+v, total %+v", got, ours, theirs, unknown, total)
	}
	if len(got.Issuers) != 3 {
		t.Errorf("%d issuers", len(got.Issuers))
	}
}

func TestFetches(t *testing.T) {
	e := start(t, DefaultConfig())
	fetch := func(issuer string, d Document, times int) {
		for range times {
			fetchPlainly(t, e.url+path(issuer, d))
		}
	}
	wantFetches(t, e, FetchCount{}, FetchCount{}, FetchCount{})
	fetch(ordersIssuer, DocumentDiscovery, 1)
	fetch(ordersIssuer, DocumentKeys, 2)
	fetch(strangerIssuer, DocumentKeys, 1)
	fetch(nobodysIssuer, DocumentDiscovery, 3)
	fetch("11111111-1111-4111-8111-111111111111", DocumentKeys, 1)
	wantFetches(t, e, FetchCount{1, 2}, FetchCount{0, 1}, FetchCount{3, 1})

	// Requests count whatever the answer is.
	for _, kind := range []FaultKind{FaultError, FaultReset, FaultTruncated} {
		mustSet(t, e.Server, Fault{Issuer: AnyIssuer, Kind: kind})
		fetch(ordersIssuer, DocumentKeys, 1)
		fetch(nobodysIssuer, DocumentKeys, 1)
	}
	wantFetches(t, e, FetchCount{1, 5}, FetchCount{0, 1}, FetchCount{3, 4})
	if err := e.ClearFaults(""); err != nil {
		t.Fatal(err)
	}
	// What is no fetch of a document does not.
	wantToken(t, e.call(t, orders, goodCall()))
	if f := fetchPlainly(t, e.url+"/"+ordersIssuer+"/.well-known/other"); f.status != http.StatusNotFound {
		t.Errorf("got %d", f.status)
	}
	wantFetches(t, e, FetchCount{1, 5}, FetchCount{0, 1}, FetchCount{3, 4})

	e.ResetFetches()
	wantFetches(t, e, FetchCount{}, FetchCount{}, FetchCount{})
	fetch(strangerIssuer, DocumentDiscovery, 1)
	wantFetches(t, e, FetchCount{}, FetchCount{1, 0}, FetchCount{})
}
