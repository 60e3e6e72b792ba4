package verifier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// anywhere is an http.RoundTripper to issuers that answer, but for those that are
// down.
type anywhere struct{}

func (anywhere) RoundTrip(r *http.Request) (*http.Response, error) {
	issuer, discovered := strings.CutSuffix(r.URL.String(), "/.well-known/openid-configuration")
	body, status := aws().jwks(), http.StatusOK
	switch {
	case strings.Contains(issuer, "down"):
		status = http.StatusServiceUnavailable
	case discovered:
		body = fmt.Appendf(nil, `{"issuer":%q,"jwks_uri":"https://i.example/keys"}`, issuer)
	}
	return &http.Response{StatusCode: status, Header: make(http.Header), Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// censusWorld has Verifiers that come and go, and are used in any order.
type censusWorld struct {
	t         *testing.T
	random    *rand.Rand
	clock     clock
	directory string
	sets      [2]*RemoteKeySets
	keyFiles  [2]string
	verifiers []*Verifier
	census    *Census
	seen      kindCounts // states
}

func newCensusWorld(t *testing.T, seed uint64, seen kindCounts) *censusWorld {
	w := &censusWorld{t: t, random: rand.New(rand.NewPCG(seed, 0)), directory: t.TempDir(), seen: seen}
	for n := range w.sets {
		var err error
		if w.sets[n], err = NewRemoteKeySets(RemoteConfig{Now: w.clock.now, Store: newMemory(), TTL: time.Duration(n+1) * DefaultTTL}); err != nil {
			t.Fatal(err)
		}
		w.sets[n].client = &http.Client{Transport: anywhere{}}
		t.Cleanup(func() { _ = w.sets[n].Close() })
		w.keyFiles[n] = filepath.Join(w.directory, fmt.Sprint("jwks", n))
		w.write(w.keyFiles[n], aws().jwks())
	}
	w.reload()
	return w
}

func (w *censusWorld) write(path string, text []byte) {
	w.t.Helper()
	if err := errors.Join(os.WriteFile(path+".new", text, 0o600), os.Rename(path+".new", path)); err != nil {
		w.t.Fatal(err)
	}
}

const censusBase = "https://i.example/"

// url is one of a few dozen issuers.
func (w *censusWorld) url() string {
	switch n := w.random.IntN(24); {
	case n < 6:
		return fmt.Sprintf("%s%08x-0000-0000-0000-000000000000", censusBase, n) // of the template's form
	case n < 10:
		return fmt.Sprint(censusBase, "down", n)
	default:
		return fmt.Sprint(censusBase, n)
	}
}

// issuers are some, none of which is among others, each with its keys in one way or
// another.
func (w *censusWorld) issuers(others []Issuer) (some []Issuer) {
	taken := make(map[string]bool)
	for _, each := range others {
		taken[each.URL] = true
	}
	for range w.random.IntN(12) {
		i := Issuer{URL: w.url(), Audiences: []string{"my-app"}}
		switch n := w.random.IntN(8); n {
		case 0, 1:
			i.JWKSURL = fmt.Sprint("https://keys.example/", n)
		case 2, 3:
			i.JWKSFile = w.keyFiles[n-2]
		case 4:
			i.JWKSURL = "https://keys.example/down"
		}
		if !taken[i.URL] {
			some, taken[i.URL] = append(some, i), true
		}
	}
	return some
}

func (w *censusWorld) issuersFile(n int) string {
	return filepath.Join(w.directory, fmt.Sprint("issuers", n))
}

func (w *censusWorld) writeIssuersFile(n int, listed []Issuer) {
	text, err := json.Marshal(append([]Issuer{}, w.issuers(listed)...))
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(w.issuersFile(n), text)
}

// reload makes other Verifiers. Those whose key files are unreadable stay as they
// were, as in a reload that fails.
func (w *censusWorld) reload() {
	var verifiers []*Verifier
	for n := range 1 + w.random.IntN(4) {
		c := Config{Issuers: w.issuers(nil), RemoteKeys: w.sets[w.random.IntN(2)], Audiences: []string{"my-app"}, Now: w.clock.now}
		if w.random.IntN(2) == 0 {
			c.IssuersFile = w.issuersFile(n)
			w.writeIssuersFile(n, c.Issuers)
		}
		if w.random.IntN(2) == 0 || len(c.Issuers) == 0 {
			c.Organization = &Organization{IDs: []string{orgID}, IssuerTemplate: censusBase + "<uuid>"}
		}
		v, err := New(c)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "key file") && !strings.Contains(err.Error(), "already") {
				w.t.Fatal(err)
			}
			return
		}
		verifiers = append(verifiers, v)
	}
	w.verifiers, w.census = verifiers, NewCensus(verifiers...)
}

// token is one of an issuer of the template's form, of the organization or not.
func (w *censusWorld) token() string {
	c, now := goodClaims(), w.clock.now().Unix()
	c.top["iss"], c.top["iat"], c.top["exp"] = fmt.Sprintf("%s%08x-0000-0000-0000-000000000000", censusBase, w.random.IntN(8)), now, now+300
	if w.random.IntN(2) == 0 {
		c.aws["org_id"] = orgID
	}
	return c.signedBy(aws())
}

func (w *censusWorld) step() {
	v := w.verifiers[w.random.IntN(len(w.verifiers))]
	switch n := w.random.IntN(20); n {
	case 0:
		w.reload()
	case 1, 2:
		w.writeIssuersFile(w.random.IntN(4), nil) // which may list what the configuration does, and be refused
		w.clock.advance(time.Second)
	case 3:
		w.write(w.keyFiles[w.random.IntN(2)], []byte("{"))
	case 4:
		w.write(w.keyFiles[w.random.IntN(2)], aws().jwks())
	case 5:
		_ = os.Remove(w.keyFiles[w.random.IntN(2)])
	case 6, 7, 8:
		w.clock.advance([]time.Duration{time.Second, DefaultTTL, DefaultMaxStale}[n-6])
	case 9, 10, 11, 12:
		_, _ = v.Verify(w.t.Context(), w.token())
	default:
		_ = v.AwaitKeys(w.t.Context(), w.url())
	}
	for _, sets := range w.sets {
		sets.running.Wait()
	}
	for each := range w.census.want(w.t, w.verifiers) {
		state, rest, _ := strings.Cut(each, " ")
		from, _, _ := strings.Cut(rest, " ")
		w.seen[state+" "+from]++
	}
}
