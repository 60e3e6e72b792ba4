package verifier

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What operators are told to look for is there, and says what it should.
func TestLinesOfAKeySet(t *testing.T) {
	e := newEndpoint(t)
	good := e.answer(&e.discovery)
	var log strings.Builder
	c := RemoteConfig{MaxStale: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	s, clk := newRemote(t, e.issuer, c)
	says := func(what string, want ...string) {
		t.Helper()
		s.running.Wait()
		for _, each := range want {
			if !strings.Contains(log.String(), each) {
				t.Errorf("%s: %q is not in %s", what, each, log.String())
			}
		}
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("%s: %d lines: %s", what, n, log.String())
		}
		log.Reset()
	}
	refresh := func() {
		t.Helper()
		clk.advance(DefaultTTL + time.Second)
		wantKey(t, s, "RSA_0")
		s.running.Wait()
	}
	wantKey(t, s, "RSA_0")
	says("first", "level=DEBUG", "fetched an issuer's keys", "issuer="+e.issuer, "RSA_0", "EC384_0")
	refresh()
	says("the same", "level=DEBUG", "they are the same")
	e.set(&e.jwks, text(string(jwks(rsaJWK(&aws().rsa.PublicKey, "RSA_0"), rsaJWK(&aws().rsa.PublicKey, "RSA_1")))))
	refresh()
	says("one came, one went", "level=INFO", "an issuer's keys changed", `new_kids="[\"RSA_1\"]"`, `withdrawn_kids="[\"EC384_0\"]"`)
	e.set(&e.jwks, text(string(jwks(rsaJWK(&stranger().rsa.PublicKey, "RSA_0"), rsaJWK(&aws().rsa.PublicKey, "RSA_1")))))
	refresh()
	says("another key of one name", "level=INFO", `new_kids="[\"RSA_0\"]"`, `withdrawn_kids="[\"RSA_0\"]"`)
	e.set(&e.discovery, status(http.StatusServiceUnavailable))
	refresh()
	says("down", "level=ERROR", "the last good ones serve on", "age=15m1s", "serve_for=44m59s", "next_try_after=30s", "503")
	clk.advance(time.Hour)
	wantUnavailable(t, s, "RSA_0")
	says("down for too long", "level=ERROR", "its tokens are answered 503")

	// One that anybody may have invented is worth no error.
	invented := &candidateKeys{remoteHandle: remoteHandle{sets: s.RemoteKeySets, location: location{issuer: e.URL + "/invented"}}, ration: new(ration)}
	wantUnavailable(t, invented, "RSA_0")
	says("invented", "level=DEBUG", "never seen good")
	e.set(&e.discovery, good)
}
