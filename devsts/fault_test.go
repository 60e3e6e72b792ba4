package devsts

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	ordersIssuer   = "11112222-3333-4111-8111-111122223333"
	strangerIssuer = "99998888-7777-4999-8999-999988887777"
	nobodysIssuer  = "12345678-1234-4234-8234-123456789012"
)

// path is where an issuer has a document.
func path(issuer string, d Document) string {
	if d == DocumentDiscovery {
		return "/" + issuer + "/.well-known/openid-configuration"
	}
	return "/" + issuer + "/.well-known/jwks.json"
}

// fetched is an answer as it was on the wire.
type fetched struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// fetchPlainly neither repeats, nor follows, nor decompresses.
func fetchPlainly(t *testing.T, url string) fetched {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}
	resp, err := client.Get(url)
	if err != nil {
		return fetched{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return fetched{resp.StatusCode, resp.Header, body, err}
}

func mustSet(t *testing.T, s *Server, f Fault) {
	t.Helper()
	if err := s.SetFault(f); err != nil {
		t.Fatal(err)
	}
}

// statuses fetches each document and writes its status, or "cut".
func statuses(t *testing.T, e emulator, issuers ...string) string {
	t.Helper()
	var out []string
	for _, issuer := range issuers {
		for _, d := range []Document{DocumentDiscovery, DocumentKeys} {
			f := fetchPlainly(t, e.url+path(issuer, d))
			if f.err != nil {
				t.Fatal(f.err)
			}
			out = append(out, http.StatusText(f.status))
		}
	}
	return strings.Join(out, ", ")
}

// TestFaultPlaces: what a fault is set for, and which one goes first.
func TestFaultPlaces(t *testing.T) {
	e := start(t, DefaultConfig())
	look := func(what, want string) {
		t.Helper()
		if got := statuses(t, e, ordersIssuer, strangerIssuer, nobodysIssuer); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", what, got, want)
		}
	}
	teapot := Fault{Issuer: ordersAcc, Kind: FaultError, Status: http.StatusTeapot}
	gone := Fault{Issuer: AnyIssuer, Kind: FaultError, Status: http.StatusGone}

	look("no fault", "OK, OK, OK, OK, Not Found, Not Found")
	mustSet(t, e.Server, teapot)
	look("both documents of one issuer", "I'm a teapot, I'm a teapot, OK, OK, Not Found, Not Found")
	mustSet(t, e.Server, gone)
	look("and every issuer", "I'm a teapot, I'm a teapot, Gone, Gone, Gone, Gone")
	mustSet(t, e.Server, Fault{Issuer: e.url + "/" + ordersIssuer, Document: DocumentKeys, Kind: FaultError})
	look("the keys' fault replaced", "I'm a teapot, Service Unavailable, Gone, Gone, Gone, Gone")
	wantToken(t, e.call(t, orders, goodCall()))
	if err := e.ClearFaults(ordersIssuer); err != nil {
		t.Fatal(err)
	}
	look("the issuer's cleared", "Gone, Gone, Gone, Gone, Gone, Gone")
	mustSet(t, e.Server, teapot)
	if err := e.ClearFaults(AnyIssuer); err != nil {
		t.Fatal(err)
	}
	look("those of * cleared", "I'm a teapot, I'm a teapot, OK, OK, Not Found, Not Found")
	mustSet(t, e.Server, gone)
	if err := e.ClearFaults(""); err != nil {
		t.Fatal(err)
	}
	look("all cleared", "OK, OK, OK, OK, Not Found, Not Found")
	mustSet(t, e.Server, Fault{Issuer: AnyIssuer, Document: DocumentDiscovery, Kind: FaultError})
	look("one document", "Service Unavailable, OK, Service Unavailable, OK, Service Unavailable, Not Found")
}

func TestFaultMistakes(t *testing.T) {
	e := start(t, DefaultConfig())
	for _, c := range []struct {
		change func(*Fault)
		want   string // "" when it is right
	}{
		{func(*Fault) {}, ""},
		{func(f *Fault) { f.Issuer = AnyIssuer }, ""},
		{func(f *Fault) { f.Issuer = "" }, `"" is no account ID`},
		{func(f *Fault) { f.Issuer = nobodysIssuer }, "is no account ID, issuer UUID or issuer URL; GET / of the management listener lists them (* is every issuer)"},
		{func(f *Fault) { f.Kind = "" }, `kind: "" is not one of delay, error, hang,`},
		{func(f *Fault) { f.Kind = "fire" }, `kind: "fire" is not one of delay, error, hang,`},
		{func(f *Fault) { f.Document = DocumentKeys }, ""},
		{func(f *Fault) { f.Document = "jwks" }, `document: "jwks" is not one of discovery, keys, both`},
		{func(f *Fault) { f.Kind, f.Document = FaultWrongIssuer, DocumentDiscovery }, ""},
		{func(f *Fault) { f.Kind, f.Document = FaultWrongIssuer, DocumentBoth }, ""},
		{func(f *Fault) { f.Kind, f.Document = FaultWrongIssuer, DocumentKeys }, "document: kind wrong_issuer is about discovery alone"},
		{func(f *Fault) { f.Kind, f.Document = FaultNoUsableKeys, DocumentDiscovery }, "document: kind no_usable_keys is about keys alone"},
		{func(f *Fault) { f.Status = 400 }, ""},
		{func(f *Fault) { f.Status = 599 }, ""},
		{func(f *Fault) { f.Status = 399 }, "status: 399 is not 400 to 599"},
		{func(f *Fault) { f.Status = 600 }, "status: 600 is not 400 to 599"},
		{func(f *Fault) { f.Status, f.Kind = 500, FaultHang }, "status: only kind error has one"},
		{func(f *Fault) { f.Kind, f.Delay = FaultDelay, time.Second }, ""},
		{func(f *Fault) { f.Kind = FaultDelay }, "delay: kind delay needs one above zero, such as 2s"},
		{func(f *Fault) { f.Kind, f.Delay = FaultDelay, -time.Second }, "delay: kind delay needs one above zero"},
		{func(f *Fault) { f.Delay = time.Second }, "delay: only kind delay has one"},
		{func(f *Fault) { f.For = time.Hour }, ""},
		{func(f *Fault) { f.For = -1 }, "for: -1ns is negative"},
	} {
		f := Fault{Issuer: ordersAcc, Kind: FaultError}
		c.change(&f)
		if err := e.ClearFaults(""); err != nil {
			t.Fatal(err)
		}
		err := e.SetFault(f)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %q", f, err, c.want)
		}
		if inForce := len(e.Faults()) > 0; inForce != (c.want == "") {
			t.Errorf("%+v: in force %v after %v", f, inForce, err)
		}
	}
	if err := e.ClearFaults(nobodysIssuer); !errors.Is(err, errNoAccount) {
		t.Errorf("clearing: got %v", err)
	}
}

// TestFaultEnds: a fault with For ends by itself, to the moment; one without
// stays.
func TestFaultEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		mustSet(t, s, Fault{Issuer: ordersAcc, Document: DocumentKeys, Kind: FaultError, For: 10 * time.Second})
		mustSet(t, s, Fault{Issuer: AnyIssuer, Document: DocumentKeys, Kind: FaultGarbage})
		look := func(want int, list ...Fault) {
			t.Helper()
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path(ordersIssuer, DocumentKeys), nil))
			if w.Code != want {
				t.Errorf("got %d, want %d", w.Code, want)
			}
			got := s.Faults()
			if len(got) != len(list) {
				t.Fatalf("in force %+v", got)
			}
			for i := range list {
				if got[i] != list[i] {
					t.Errorf("in force %+v, want %+v", got[i], list[i])
				}
			}
		}
		garbage := Fault{Issuer: AnyIssuer, Document: DocumentKeys, Kind: FaultGarbage}
		time.Sleep(10*time.Second - 1)
		look(503, garbage, Fault{Issuer: ordersIssuer, Document: DocumentKeys, Kind: FaultError, Status: 503, For: 1})
		time.Sleep(time.Nanosecond)
		synctest.Wait() // for the timer of the fault itself
		look(200, garbage)
		time.Sleep(1000 * time.Hour)
		look(200, garbage)
	})
}

// TestFaultConcurrency is for the race detector: faults come and go while
// documents are fetched, and each answer is one of the two that may be.
func TestFaultConcurrency(t *testing.T) {
	e := start(t, DefaultConfig())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				f := fetchPlainly(t, e.url+path(ordersIssuer, DocumentDiscovery))
				if f.err != nil || f.status != 200 && f.status != 503 {
					t.Errorf("got %d %v", f.status, f.err)
				}
			}
		})
		wg.Go(func() {
			for range 20 {
				if err := errors.Join(
					e.SetFault(Fault{Issuer: ordersAcc, Kind: FaultHang, For: time.Millisecond}),
					e.SetFault(Fault{Issuer: AnyIssuer, Kind: FaultError}),
					e.ClearFaults(ordersAcc), e.ClearFaults(""),
				); err != nil {
					t.Error(err)
				}
				e.Faults()
				e.Fetches()
			}
		})
	}
	wg.Wait()
}
