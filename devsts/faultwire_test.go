package devsts

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
)

func TestError(t *testing.T) {
	e := start(t, DefaultConfig())
	for status, want := range map[int]int{0: 503, 429: 429, 500: 500} {
		mustSet(t, e.Server, Fault{Issuer: ordersAcc, Kind: FaultError, Status: status})
		for _, d := range []Document{DocumentDiscovery, DocumentKeys} {
			if f := fetchPlainly(t, e.url+path(ordersIssuer, d)); f.status != want {
				t.Errorf("%s: got %d %v, want %d", d, f.status, f.err, want)
			}
		}
	}
}

func TestGarbage(t *testing.T) {
	e := start(t, DefaultConfig())
	mustSet(t, e.Server, Fault{Issuer: AnyIssuer, Kind: FaultGarbage})
	for _, issuer := range []string{ordersIssuer, nobodysIssuer} {
		f := fetchPlainly(t, e.url+path(issuer, DocumentKeys))
		if f.status != 200 || !strings.HasPrefix(f.header.Get("Content-Type"), "text/html") || !bytes.HasPrefix(f.body, []byte("<!DOCTYPE html>")) {
			t.Errorf("got %d %v %s", f.status, f.header, f.body)
		}
	}
}

// TestReset talks TCP, since an HTTP client gives both ways of cutting one name.
func TestReset(t *testing.T) {
	e := start(t, DefaultConfig())
	ask := func() ([]byte, error) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := io.WriteString(conn, "GET "+path(ordersIssuer, DocumentDiscovery)+" HTTP/1.1\r\nHost: sts\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		return io.ReadAll(conn)
	}
	if answer, err := ask(); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 OK\r\n")) {
		t.Fatalf("the control: %q %v", answer, err)
	}
	mustSet(t, e.Server, Fault{Issuer: ordersAcc, Kind: FaultReset})
	if answer, err := ask(); !errors.Is(err, syscall.ECONNRESET) || len(answer) > 0 {
		t.Fatalf("got %q %v", answer, err)
	}
}

// TestResetHTTP2: the stream is reset where there is no connection to take.
func TestResetHTTP2(t *testing.T) {
	e := start(t, DefaultConfig())
	web := httptest.NewUnstartedServer(e.Handler())
	web.EnableHTTP2 = true
	web.StartTLS()
	t.Cleanup(web.Close)
	url := web.URL + path(ordersIssuer, DocumentDiscovery)
	resp, err := web.Client().Get(url)
	if err != nil || resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
		t.Fatalf("the control: %v %v", resp, err)
	}
	_ = resp.Body.Close()
	mustSet(t, e.Server, Fault{Issuer: ordersAcc, Kind: FaultReset})
	if resp, err := web.Client().Get(url); err == nil {
		_ = resp.Body.Close()
		t.Fatalf("got %s", resp.Status)
	}
}

func TestRedirect(t *testing.T) {
	e := start(t, DefaultConfig())
	for _, d := range []Document{DocumentDiscovery, DocumentKeys} {
		url := e.url + path(ordersIssuer, d)
		right := get(t, url)
		mustSet(t, e.Server, Fault{Issuer: ordersAcc, Kind: FaultRedirect})
		if f := fetchPlainly(t, url); f.status != 302 || f.header.Get("Location") != "?redirected=1" || len(f.body) > 0 {
			t.Errorf("%s: %d %v %q", d, f.status, f.header, f.body)
		}
		if f := fetchPlainly(t, url+"?redirected=0"); f.status != 302 {
			t.Errorf("%s with another query: %d", d, f.status)
		}
		resp, err := http.Get(url) // which follows
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || resp.Request.URL.String() != url+"?redirected=1" || !bytes.Equal(body, right) {
			t.Errorf("%s, followed to %s: %s %v %s", d, resp.Request.URL, resp.Status, err, body)
		}
		if err := e.ClearFaults(""); err != nil {
			t.Fatal(err)
		}
	}
}
