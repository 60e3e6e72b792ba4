package keys

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// replace puts a new version of a file in place as one step, as an operator's
// tooling does.
func replace(t *testing.T, file, text string) {
	t.Helper()
	next := file + ".next"
	must(t, os.WriteFile(next, []byte(text), 0o600))
	must(t, os.Rename(next, file))
}

// published is an account's key document.
func (s *issuers) published(account string) string {
	s.t.Helper()
	response, err := http.Get(s.url(account) + "/.well-known/jwks.json")
	must(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(s.t, err)
	return string(text)
}

// A jwks_file is read again when it was replaced, and a version that is bad
// leaves the last good one in force.
func TestKeyFileIsReadAgain(t *testing.T) {
	t.Parallel()
	s := newIssuers(t)
	w := newWorld(t, s)
	file := filepath.Join(w.directory, "jwks.json")
	replace(t, file, s.published(orders))
	w.start(site("a", "issuer ORDERS "+orders+" {", "jwks_file DIR/jwks.json", "}"))
	s.ResetFetches()
	before := s.token(orders)
	w.passes("a", before)

	s.rotate(orders, true)
	w.refuses("a", s.token(orders), http.StatusUnauthorized, "unknown_key")
	w.passes("a", before)
	next := s.published(orders)
	s.ResetFetches()
	replace(t, file, next)
	eventually(t, "the new key was found", func() bool { return w.send("a", s.token(orders)).status == http.StatusOK })
	w.upstream.Seen()
	w.passes("a", s.token(orders))
	w.refuses("a", before, http.StatusUnauthorized, "unknown_key")

	for _, bad := range []string{next[:len(next)/2], `{"keys":[]}`, ""} {
		w.skipLog()
		replace(t, file, bad)
		eventually(t, "the bad version was logged", func() bool {
			w.passes("a", s.token(orders))
			return w.logged("last good keys stay in force", file)
		})
		w.passes("a", s.token(orders))
		w.refuses("a", before, http.StatusUnauthorized, "unknown_key")
	}
	w.skipLog()
	must(t, os.Remove(file))
	eventually(t, "the missing file was logged", func() bool {
		w.passes("a", s.token(orders))
		return w.logged("last good keys stay in force", file)
	})
	if n := s.fetched(orders); n.Discovery+n.Keys > 0 {
		t.Errorf("the issuer was asked %+v", n)
	}
}
