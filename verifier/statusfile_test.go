package verifier

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestStatusOfKeyFile(t *testing.T) {
	path := keyFile(t)
	clk := new(clock)
	c := Config{Issuers: []Issuer{{URL: "https://a.example", JWKSFile: path}}, Audiences: []string{"a"}, Now: clk.now}
	v := mustNew(t, c)
	look := func() Status {
		t.Helper()
		clk.advance(time.Second)
		if err := v.AwaitKeys(t.Context(), "https://a.example"); err != nil {
			t.Error(err)
		}
		s, _ := v.Status("https://a.example")
		return s
	}
	if s := look(); s.State != StateFresh || s.KeysFrom != KeysByFile || s.KeysAt != path || len(s.Keys) != 2 || !s.Fetched.Equal(epoch) || !s.Attempted.Equal(epoch.Add(time.Second)) {
		t.Errorf("%+v", s)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write([]byte("{"))
	for range 2 { // the fault is told of once, and goes on
		if s := look(); s.State != StateStale || len(s.Keys) != 2 || s.Err == nil || !strings.Contains(s.Err.Error(), path) {
			t.Errorf("a bad version: %+v", s)
		}
	}
	if err := v.RefreshKeys(t.Context(), "https://a.example"); err == nil {
		t.Error("refreshing it is no error")
	}
	write(append(good, '\n'))
	if err := v.RefreshKeys(t.Context(), "https://a.example"); err != nil {
		t.Error(err)
	}
	if s, _ := v.Status("https://a.example"); s.State != StateFresh || s.Err != nil {
		t.Errorf("a good one: %+v", s)
	}
}

// A key file of an issuers file is read on its first use.
func TestStatusOfKeyFileOfIssuersFile(t *testing.T) {
	path := keyFile(t)
	w := newFileWorld(t, fmt.Sprintf(`[{"url":"https://a.example","jwks_file":%q}]`, path))
	if s, trusted := w.Status("https://a.example"); !trusted || s.State != StateUnfetched || s.KeysFrom != KeysByFile {
		t.Errorf("%+v", s)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.AwaitKeys(t.Context(), "https://a.example"); err == nil {
		t.Error("a bad file has keys")
	}
	if s, _ := w.Status("https://a.example"); s.State != StateUnavailable || s.Err == nil {
		t.Errorf("%+v", s)
	}
}
