package verifier

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestFileKeySet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jwks.json")
	write := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewFileKeySet(path, nil, nil); err == nil {
		t.Error("a missing file was accepted")
	}
	write([]byte("{}"))
	if _, err := NewFileKeySet(path, nil, nil); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a bad file: %v", err)
	}
	write(aws().jwks())
	var log strings.Builder
	clk := new(clock)
	s, err := NewFileKeySet(path, clk.now, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	wantKey(t, s, "RSA_0")

	write(jwks(rsaJWK(&aws().rsa.PublicKey, "RSA_1")))
	wantUnknown(t, s, "RSA_1") // not looked at twice within a second
	clk.advance(time.Second)
	wantKey(t, s, "RSA_1")
	wantUnknown(t, s, "RSA_0")

	for name, harm := range map[string]func(){
		"bad JSON": func() { write([]byte("{")) },
		"a pipe": func() {
			if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
				t.Fatal(err)
			}
		},
		"removed": func() {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		log.Reset()
		harm()
		for range 3 {
			clk.advance(time.Second)
			wantKey(t, s, "RSA_1")
		}
		if n := strings.Count(log.String(), "last good keys stay in force"); n != 1 {
			t.Errorf("%s: logged %d times:\n%s", name, n, log.String())
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		write(jwks(rsaJWK(&aws().rsa.PublicKey, "RSA_1")))
		clk.advance(time.Second)
		wantKey(t, s, "RSA_1")
	}
	write(jwks(rsaJWK(&aws().rsa.PublicKey, "RSA_2")))
	clk.advance(time.Second)
	wantKey(t, s, "RSA_2")
}

// Zero values have no keys.
func TestZeroKeySets(t *testing.T) {
	wantUnavailable(t, new(FileKeySet), "RSA_0")
	keys, err := new(RemoteKeySets).KeySet(testIssuer, "")
	if err != nil {
		t.Fatal(err)
	}
	wantUnavailable(t, keys, "RSA_0")
	wantUnavailable(t, &candidateKeys{remoteHandle: remoteHandle{sets: new(RemoteKeySets), location: location{issuer: testIssuer}}, ration: new(ration)}, "RSA_0")
	wantUnknown(t, new(StaticKeySet), "RSA_0")
}
