package attack

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// keptAlive is a client that holds on to its connections, unlike send. Over
// HTTP/2 it has one for all its requests.
func (g *gate) keptAlive(t *testing.T, p protocol) *http.Client {
	t.Helper()
	transport := &http.Transport{
		Protocols: new(http.Protocols), TLSClientConfig: &tls.Config{RootCAs: certificate().Pool(), MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 1000,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, g.address(p))
		},
	}
	transport.Protocols.SetHTTP1(p == h1 || p == h1TLS)
	transport.Protocols.SetHTTP2(p == h2)
	transport.Protocols.SetUnencryptedHTTP2(p == h2c)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 6 * patience}
}

// visit sends GET /orders with a client, and reads the answer.
func (g *gate) visit(ctx context.Context, client *http.Client, p protocol, token string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme(p)+"://"+g.address(p)+"/orders", nil)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body)}, err
}

// flood sends n tokens from eight callers at once, and returns how many answers
// had which status.
func (g *gate) flood(t *testing.T, p protocol, n int, token func(i int) string) map[int]int {
	t.Helper()
	const callers = 8
	var mu sync.Mutex
	statuses := make(map[int]int)
	var running sync.WaitGroup
	for caller := range callers {
		running.Go(func() {
			client := g.keptAlive(t, p)
			for i := caller; i < n; i += callers {
				a, err := g.visit(t.Context(), client, p, token(i))
				if err != nil {
					t.Errorf("request %d of a flood: %v", i, err)
					return
				}
				if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") == "" {
					t.Error("an answer of 503 does not say when to come back")
				}
				mu.Lock()
				statuses[a.status]++
				mu.Unlock()
			}
		})
	}
	running.Wait()
	return statuses
}

// wantNone asserts that all answers of a flood had one of the statuses, and that
// none of its requests reached the upstream.
func (g *gate) wantNone(t *testing.T, flood map[int]int, statuses ...int) {
	t.Helper()
	expected := make(map[int]bool)
	for _, status := range statuses {
		expected[status] = true
	}
	for status, n := range flood {
		if !expected[status] {
			t.Errorf("%d requests of the flood were answered %d, want %v", n, status, statuses)
		}
	}
	if seen := g.upstream.Seen(); len(seen) > 0 {
		t.Errorf("the upstream saw %d requests, such as %+v", len(seen), seen[0])
	}
}

// forgery makes tokens that nobody signed, at little cost.
type forgery struct {
	header, payload string // in which KID, ISSUER and JTI stand for the i-th token's
	issuer, kid     func(i int) string
	signature       string
}

// newForgery makes tokens that name the issuer's key of an algorithm.
func newForgery(algorithm, issuer string) forgery {
	kid, size := "EC384_0", 96
	if algorithm == "RS256" {
		kid, size = "RSA_0", 256
	}
	random := make([]byte, size)
	_, _ = rand.Read(random)
	random[0] = 1 // below any modulus, and any order
	claims := goodParts(ordersAccount).claims
	claims["iss"], claims["jti"] = "ISSUER", "JTI"
	return forgery{
		text(map[string]any{"alg": algorithm, "kid": "KID", "typ": "JWT"}), text(claims),
		func(int) string { return issuer }, func(int) string { return kid }, base64.RawURLEncoding.EncodeToString(random),
	}
}

// token is the i-th. One in a hundred is a canary: they have much in common.
func (f forgery) token(i int) string {
	header := strings.Replace(f.header, "KID", f.kid(i), 1)
	payload := strings.NewReplacer("ISSUER", f.issuer(i), "JTI", strconv.Itoa(i)).Replace(f.payload)
	token := encode(header) + "." + encode(payload) + "." + f.signature
	if i%100 == 0 {
		canaries.note(token)
	}
	return token
}

// invented is the UUID of an account that does not exist.
func invented(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i) }
