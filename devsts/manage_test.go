package devsts

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func manage(t *testing.T, e emulator, method, path string, header ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8011"+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ManagementHandler().ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func publishedIDs(t *testing.T, e emulator, issuer string) string {
	t.Helper()
	var ids []string
	for _, k := range keySet(t, e.url+"/"+issuer) {
		ids = append(ids, k["kid"].(string))
	}
	return strings.Join(ids, " ")
}

func TestRotation(t *testing.T) {
	e := start(t, DefaultConfig())
	const issuer, other = "11112222-3333-4111-8111-111122223333", "99998888-7777-4999-8999-999988887777"
	holds := func(token string) bool { _, _, ok := verified(t, token); return ok }

	zero := e.call(t, orders, goodCall()).Token
	if code, body := manage(t, e, "POST", "/rotate?issuer="+issuer); code != 200 || !strings.Contains(body, `"RSA_1","EC384_1","RSA_0","EC384_0"`) {
		t.Fatalf("%d %s", code, body)
	}
	if got := publishedIDs(t, e, issuer); got != "RSA_1 EC384_1 RSA_0 EC384_0" {
		t.Fatalf("published %s", got)
	}
	one := e.call(t, orders, goodCall()).Token
	if header, _, ok := verified(t, one); !ok || header["kid"] != "EC384_1" {
		t.Fatalf("header %v, verified %v", header, ok)
	}
	if !holds(zero) {
		t.Error("with overlap, a token of the old key must hold")
	}

	if code, body := manage(t, e, "POST", "/rotate?issuer="+ordersAcc+"&withdraw=1"); code != 200 {
		t.Fatalf("%d %s", code, body)
	}
	if got := publishedIDs(t, e, issuer); got != "RSA_2 EC384_2" {
		t.Fatalf("published %s", got)
	}
	if holds(zero) || holds(one) || !holds(e.call(t, orders, goodCall()).Token) {
		t.Error("after a withdrawal only tokens of the new key must hold")
	}
	if got := publishedIDs(t, e, other); got != "RSA_0 EC384_0" {
		t.Errorf("the other issuer publishes %s", got)
	}
}

func TestRotationFaults(t *testing.T) {
	e := start(t, DefaultConfig())
	for _, c := range []struct {
		method, path string
		header       []string
		status       int
	}{
		{"POST", "/rotate?issuer=111122223333", nil, 200},
		{"POST", "/rotate?issuer=111122223333&withdraw=0", nil, 200},
		{"POST", "/rotate?issuer=111122223333&withdraw=maybe", nil, 400},
		{"POST", "/rotate?issuer=000000000000", nil, 404},
		{"POST", "/rotate", nil, 404},
		{"GET", "/rotate?issuer=111122223333", nil, 405},
		{"POST", "/rotate?issuer=111122223333", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", "/", nil, 405},
	} {
		if code, body := manage(t, e, c.method, c.path, c.header...); code != c.status {
			t.Errorf("%s %s %v: %d %s, want %d", c.method, c.path, c.header, code, body, c.status)
		}
	}
}

func TestOverview(t *testing.T) {
	e := start(t, DefaultConfig())
	code, body := manage(t, e, http.MethodGet, "/")
	var o overview
	if err := json.Unmarshal([]byte(body), &o); err != nil || code != 200 {
		t.Fatalf("%d %v %s", code, err, body)
	}
	if o.BaseURL != e.url || len(o.Accounts) != 3 || o.Accounts[0].Roles[0].AccessKeyID != orders || !o.Accounts[0].Enabled {
		t.Fatalf("got %+v", o)
	}
	if o.Commands[0] != "curl -X POST 'http://127.0.0.1:8011/rotate?issuer=111122223333'" {
		t.Fatalf("commands %q", o.Commands)
	}
}

// TestConcurrency is for the race detector: calls, rotations and fetches at
// once, from the very first one on, when the keys are yet to be made.
func TestConcurrency(t *testing.T) {
	e := start(t, DefaultConfig())
	const issuer = "11112222-3333-4111-8111-111122223333"
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			// A withdrawal may come between the call and the fetch, so only the
			// answers are judged here.
			if a := e.call(t, orders, goodCall()); a.Token == "" {
				t.Errorf("got %s", a.raw)
			}
			if n := len(keySet(t, e.url+"/"+issuer)); n < 2 {
				t.Errorf("%d keys", n)
			}
		})
		wg.Go(func() { manage(t, e, "GET", "/") })
	}
	wg.Go(func() { manage(t, e, "POST", "/rotate?issuer="+issuer) })
	wg.Go(func() { manage(t, e, "POST", "/rotate?issuer="+issuer+"&withdraw=1") })
	wg.Wait()
	if got := publishedIDs(t, e, issuer); !strings.HasPrefix(got, "RSA_2 EC384_2") {
		t.Errorf("published %s", got)
	}
}
