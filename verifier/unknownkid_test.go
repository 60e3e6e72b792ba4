package verifier

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestRemoteUnknownKidIsRationed(t *testing.T) {
	e := newEndpoint(t)
	s, clk := newRemote(t, e.issuer, RemoteConfig{Cooldown: 30 * time.Second})
	wantKey(t, s, "RSA_0")
	for i := range 10_000 {
		wantUnknown(t, s, fmt.Sprint("invented", i))
	}
	if n := e.jwksGets.Load(); n != 2 {
		t.Errorf("%d fetches, want the first and one for the unknown kids", n)
	}
	// A rotation is seen at once when the cooldown is over.
	e.set(&e.jwks, text(string(jwks(rsaJWK(&aws().rsa.PublicKey, "RSA_1")))))
	clk.advance(29 * time.Second)
	wantUnknown(t, s, "RSA_1")
	clk.advance(time.Second)
	wantKey(t, s, "RSA_1")
	wantUnknown(t, s, "RSA_0")
}

func TestRemoteUnknownKidAtTheFirstRequest(t *testing.T) {
	e := newEndpoint(t)
	s, _ := newRemote(t, e.issuer, RemoteConfig{})
	for i := range 100 {
		wantUnknown(t, s, fmt.Sprint("invented", i))
	}
	if n := e.jwksGets.Load(); n != 1 {
		t.Errorf("%d fetches, want one", n)
	}
}

// Invented kids cost no memory while a fetch takes its time.
func TestRemoteRemembersFewKids(t *testing.T) {
	e := newEndpoint(t)
	gate := make(chan struct{})
	e.set(&e.jwks, func(w http.ResponseWriter, r *http.Request) { <-gate; text(string(aws().jwks()))(w, r) })
	s, _ := newRemote(t, e.issuer, RemoteConfig{})
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	for i := range 1000 {
		if _, err := s.Key(ctx, fmt.Sprint("invented", i)); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	set := s.set()
	set.mu.Lock()
	remembered := len(set.current.wanted)
	set.mu.Unlock()
	if remembered > maxKeys+1 {
		t.Errorf("%d kids are remembered", remembered)
	}
	close(gate)
	s.running.Wait()
	wantUnknown(t, s, "another")
	if n := e.jwksGets.Load(); n != 1 {
		t.Errorf("%d fetches, want the one that found none of them", n)
	}
}

func TestRemoteUnknownKidWhileTheIssuerIsDown(t *testing.T) {
	e := newEndpoint(t)
	s, _ := newRemote(t, e.issuer, RemoteConfig{})
	wantKey(t, s, "RSA_0")
	e.set(&e.jwks, status(http.StatusBadGateway))
	// Nobody knows whether the issuer has it: no fault of the token.
	wantUnavailable(t, s, "RSA_1")
	wantUnavailable(t, s, "RSA_2")
	wantKey(t, s, "RSA_0")
	if n := e.jwksGets.Load(); n != 2 {
		t.Errorf("%d fetches, want two", n)
	}
}
