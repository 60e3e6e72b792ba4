package verifier

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fileWorld is a Verifier whose issuers are in a file.
type fileWorld struct {
	*Verifier
	t     *testing.T
	path  string
	log   strings.Builder
	clock clock
}

// newFileWorld trusts the one issuer in the configuration and those in the file.
func newFileWorld(t *testing.T, text string) *fileWorld {
	t.Helper()
	w := &fileWorld{t: t, path: filepath.Join(t.TempDir(), "issuers.json")}
	w.write(text)
	c := goodConfig(t)
	c.Issuers = c.Issuers[1:]
	c.IssuersFile, c.Now, c.Logger = w.path, w.clock.now, slog.New(slog.NewTextHandler(&w.log, nil))
	w.Verifier = mustNew(t, c)
	return w
}

// write replaces the file at once, as a careful writer does.
func (w *fileWorld) write(text string) {
	w.t.Helper()
	if err := errors.Join(os.WriteFile(w.path+".new", []byte(text), 0o600), os.Rename(w.path+".new", w.path)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *fileWorld) wantReason(reason Reason) {
	w.t.Helper()
	if _, err := w.Verify(w.t.Context(), goodToken()); reasonOf(err) != reason || reason == "" && err != nil {
		w.t.Errorf("got %v, want reason %q; logged %s", err, reason, w.log.String())
	}
}

// keyFile writes the issuer's keys to a file.
func keyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, aws().jwks(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func entry(url, keys, more string) string {
	return fmt.Sprintf(`{"url": %q, "jwks_file": %q%s}`, url, keys, more)
}

func TestIssuersFile(t *testing.T) {
	keys := keyFile(t)
	good := "[" + entry(testIssuer, keys, `, "accounts": ["123456789012"]`) + "]"
	w := newFileWorld(t, good)
	w.wantReason("")

	// A new version is in force a second after the last look, as a whole.
	w.write("[" + entry("https://x.example", keys, "") + "]")
	w.clock.advance(lookEvery - 1)
	w.wantReason("")
	w.clock.advance(1)
	w.wantReason(UnknownIssuer)
	w.write("[" + entry(testIssuer, keys, `, "accounts": ["999999999999"]`) + "]")
	w.clock.advance(lookEvery)
	w.wantReason(AccountMismatch)
	w.write(good)
	w.clock.advance(lookEvery)
	w.wantReason("")
	w.write("[]") // whoever empties it means it
	w.clock.advance(lookEvery)
	w.wantReason(UnknownIssuer)
}

// A bad new version leaves the last good one in force, and each of its faults
// is in the log, once.
func TestBadIssuersFile(t *testing.T) {
	keys := keyFile(t)
	good := entry(testIssuer, keys, "")
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"not JSON":       {"[" + good, []string{"is not a JSON array of issuers: unexpected end of JSON input"}},
		"an object":      {good, []string{"is not a JSON array of issuers"}},
		"null":           {"null", []string{"is not a JSON array of issuers"}},
		"empty":          {"", []string{"is empty; a file of no issuers is []"}},
		"something more": {"[" + good + "] []", []string{"is not a JSON array of issuers"}},
		"an entry that is no object": {"[" + good + `, "https://x.example"]`,
			[]string{"issuers_file[1]: reading issuer:"}},
		"a name twice": {"[" + good + `, {"url": "https://x.example", "url": "https://y.example"}]`,
			[]string{"issuers_file[1]: reading issuer: reading strict JSON: a name occurs twice"}},
		"many faults": {"[" + good + `,
			{"url": "http://x.example", "accounts": ["1", "123456789012", "2"]},
			{"URL": "https://y.example", "accounts": 5, "issuer_url": ""},
			{"url": "https://z.example", "audiences": [], "algorithms": ["none"], "jwks_url": "http://z.example", "jwks_file": "x"},
			{"url": "` + otherURL + `"}, {"url": "` + testIssuer + `"}, {"url": "https://v.example", "jwks_file": "/missing"}]`,
			[]string{
				`issuers_file[1].url: \"http://x.example\" is plain http`, `issuers_file[1].accounts[0]: \"1\" is not 12 digits`, `issuers_file[1].accounts[2]: \"2\"`,
				`issuers_file[2]: there is no member \"URL\"; did you mean \"url\"?`, `issuers_file[2].accounts: it is not an array of strings`,
				`issuers_file[2]: there is no member \"issuer_url\"`,
				`issuers_file[3].audiences: the list is empty`, `issuers_file[3].algorithms[0]: \"none\"`, `issuers_file[3].jwks_url: \"http://z.example\" is plain http`,
				`issuers_file[3].jwks_file: it cannot stand beside jwks_url`,
				`issuers_file[4].url: \"` + otherURL + `\" is issuers[0] already`, `issuers_file[5].url: \"` + testIssuer + `\" is issuers_file[0] already`,
				`issuers_file[6].jwks_file: opening key file: stat /missing: no such file`,
			}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFileWorld(t, "["+good+"]")
			w.log.Reset()
			w.write(tt.text)
			for range 3 {
				w.clock.advance(lookEvery)
				w.wantReason("")
			}
			log := w.log.String()
			for _, want := range append(tt.want, "last good version stays in force") {
				if strings.Count(log, want) != 1 {
					t.Errorf("%q is logged %d times:\n%s", want, strings.Count(log, want), log)
				}
			}
			w.write(tt.text) // another file with the same faults
			w.clock.advance(lookEvery)
			w.wantReason("")
			if n := strings.Count(w.log.String(), "last good version stays in force"); n != 2 {
				t.Errorf("a second bad version: logged %d times", n)
			}
			w.write("[]")
			w.clock.advance(lookEvery)
			w.wantReason(UnknownIssuer)
		})
	}
}

// A file that is gone for a while is told of once, and found again.
func TestIssuersFileThatIsGone(t *testing.T) {
	w := newFileWorld(t, "["+entry(testIssuer, keyFile(t), "")+"]")
	w.log.Reset()
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.clock.advance(lookEvery)
		w.wantReason("")
	}
	if n := strings.Count(w.log.String(), "no such file"); n != 1 {
		t.Errorf("logged %d times: %s", n, w.log.String())
	}
	w.write("[]")
	w.clock.advance(lookEvery)
	w.wantReason(UnknownIssuer)
}

// The key file of an entry is read on first use. One that turns bad before that
// is nobody's fault but ours, and is found when it is mended.
func TestKeyFileOfAnEntry(t *testing.T) {
	keys := keyFile(t)
	w := newFileWorld(t, "["+entry(testIssuer, keys, "")+"]")
	if err := os.Chmod(keys, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keys, []byte("{}"), 0o600); err != nil && os.Getuid() == 0 {
		t.Fatal(err)
	}
	w.wantReason(KeysUnavailable)
	if err := errors.Join(os.Remove(keys), os.WriteFile(keys, aws().jwks(), 0o600)); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(lookEvery)
	w.wantReason("")

	// Another version of the issuers file goes on with the keys that are there.
	if err := os.Remove(keys); err != nil {
		t.Fatal(err)
	}
	w.write("[" + entry("https://x.example", keys, "") + "," + entry(testIssuer, keys, "") + "]")
	w.clock.advance(lookEvery)
	w.wantReason("")
	if !strings.Contains(w.log.String(), "issuers=2 issuers_before=1 pinned_to_no_account=2") {
		t.Errorf("logged %s", w.log.String())
	}
}

// A version whose fault lies in another file is tried again by itself.
func TestIssuersFileBeforeItsKeyFile(t *testing.T) {
	late := filepath.Join(t.TempDir(), "late.json")
	w := newFileWorld(t, "["+entry(testIssuer, keyFile(t), "")+"]")
	w.log.Reset()
	w.write("[" + entry("https://x.example", late, "") + "]")
	for range 30 {
		w.clock.advance(lookEvery)
		w.wantReason("")
	}
	if n := strings.Count(w.log.String(), "issuers_file[0].jwks_file: opening key file"); n != 1 {
		t.Errorf("logged %d times: %s", n, w.log.String())
	}
	if err := os.WriteFile(late, aws().jwks(), 0o600); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(retryEvery)
	w.wantReason(UnknownIssuer) // the issuer that the new version removed
}

// Nobody reads ten thousand faults, but that there are more is said.
func TestManyFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "issuers.json")
	text := "[" + strings.Repeat(`{"url":"x"},`, 10_000) + `{"url":"x"}]`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Config{IssuersFile: path, Audiences: []string{"a"}, RemoteKeys: new(RemoteKeySets)})
	if err == nil || strings.Count(err.Error(), "\n") != maxFaults || !strings.HasSuffix(err.Error(), "issuers_file: it has 19901 more faults") {
		t.Errorf("got %.2000v", err)
	}
}

// manyIssuers is a file of n issuers, the last of which is testIssuer.
func manyIssuers(tb testing.TB, n int) string {
	tb.Helper()
	entries := make([]Issuer, n)
	for i := range entries {
		entries[i] = Issuer{URL: fmt.Sprintf("https://%08x-0000-4000-8000-000000000000.tokens.sts.global.api.aws", i), Accounts: []string{account}}
	}
	entries[n-1].URL = testIssuer
	text, err := json.Marshal(entries)
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "issuers.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func BenchmarkLoadIssuersFile(b *testing.B) {
	path := manyIssuers(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(Config{IssuersFile: path, Audiences: []string{"a"}, RemoteKeys: new(RemoteKeySets)}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindIssuer(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			v, err := New(Config{IssuersFile: manyIssuers(b, n), Audiences: []string{"a"}, RemoteKeys: new(RemoteKeySets), Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if v.trust.find(testIssuer) == nil {
					b.Fatal("it is not found")
				}
			}
		})
	}
}
