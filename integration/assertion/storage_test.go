package assertion

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// A document of keys that is broken on disk is an error of the load, which says
// what to do. Put back, or deleted, it is none.
func TestBrokenKeysAtTheStart(t *testing.T) {
	t.Parallel()
	site := oneSite("")
	w := newWorld(t).start(site)
	_, kid := claimsOfKey(t, w.asserted("127.0.0.1", mint(t, nil)))
	w.stop()
	file := w.keyFile()
	good := read(t, file)
	for what, broken := range map[string]string{
		"half": good[:len(good)/2], "empty": "", "another issuer's": strings.Replace(good, w.self(), "https://else.example", 1),
		"without a key": strings.Replace(good, "BEGIN PRIVATE", "BEGIN PUBLIC", 1),
	} {
		must(t, os.WriteFile(file, []byte(broken), 0o600))
		_, err := stack.StartGateway(binaries, w.directory, w.address, w.caddyfile(site))
		if err == nil {
			t.Fatalf("%s: it starts", what)
		}
		for _, part := range []string{"reading signing keys aws_jwt/signing/" + filepath.Base(file), "put back what was there, or delete it to have new keys made"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error lacks %q: %v", what, part, err)
			}
		}
		if strings.Contains(err.Error(), "PRIVATE") || read(t, file) != broken {
			t.Errorf("%s: the error shows a key, or the document was written over", what)
		}
	}
	must(t, os.WriteFile(file, []byte(good), 0o600))
	w.start(site)
	if _, now := claimsOfKey(t, w.asserted("127.0.0.1", mint(t, nil))); now != kid {
		t.Error("another key signs than that which was put back")
	}
	w.stop()
	must(t, os.Remove(file))
	w.start(site)
	if _, now := claimsOfKey(t, w.asserted("127.0.0.1", mint(t, nil))); now == kid {
		t.Error("the key signs that was deleted")
	}
}

// A reload that finds a broken document fails, and what runs goes on.
func TestBrokenKeysAtAReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(oneSite(""))
	text := w.asserted("127.0.0.1", mint(t, nil))
	file := w.keyFile()
	good := read(t, file)
	must(t, os.WriteFile(file, []byte("{"), 0o600))
	another := oneSite("", "ttl 30s")
	if a := w.load(another); a.status == http.StatusOK || !strings.Contains(a.body, "delete it to have new keys made") {
		t.Errorf("status %d %s", a.status, a.body)
	}
	for range 3 {
		twin := w.asserted("127.0.0.1", mint(t, nil))
		if _, kid := claimsOfKey(t, twin); kid != kidOf(t, text) {
			t.Error("another key signs")
		}
		if claims, _ := claimsOfKey(t, twin); claims["exp"].(float64)-claims["iat"].(float64) != 60 {
			t.Error("the configuration is another one")
		}
	}
	must(t, os.WriteFile(file, []byte(good), 0o600))
	if a := w.load(another); a.status != http.StatusOK {
		t.Errorf("status %d %s", a.status, a.body)
	}
	eventually(t, "the new configuration serves", func() bool {
		claims, kid := claimsOfKey(t, w.asserted("127.0.0.1", mint(t, nil)))
		return claims["exp"].(float64)-claims["iat"].(float64) == 30 && kid == kidOf(t, text)
	})
}

func kidOf(t *testing.T, text string) string {
	t.Helper()
	_, kid := claimsOfKey(t, text)
	return kid
}

// quick has rotations that are so short that what is stored is read all the time.
var quick = oneSite("rotation 5s\n"+trading, "ttl 5s", "rotation 5s")

// trading has an issuer trade tokens for a partner.
const trading = `exchange {
			audience https://partner.example
			ttl 5s
			aws_jwt {
				issuer ORDERS 111122223333
				audience orders.internal
			}
		}`

// unavailable asserts that nobody has an assertion, or keys, and that the log says
// why, in these words.
func (w *world) unavailable(hint string) {
	w.t.Helper()
	a, d := w.refused("127.0.0.1", mint(w.t, nil), http.StatusServiceUnavailable, "signing_unavailable")
	w.wantRetryAfter(a)
	if !strings.Contains(d.Hint, hint) || !strings.Contains(d.Hint, w.self()) || strings.Contains(a.body, hint) {
		w.t.Errorf("the hint is %q and the answer %q", d.Hint, a.body)
	}
	w.get503("/.well-known/jwks.json")
	form := tradeForm(mint(w.t, nil), "https://partner.example").Encode()
	traded := w.ask(http.MethodPost, "127.0.0.1", "/token", form, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	w.wantRetryAfter(traded)
	if traded.status != http.StatusServiceUnavailable || strings.TrimSpace(traded.body) != `{"error":"temporarily_unavailable"}` {
		w.t.Errorf("status %d %s", traded.status, traded.body)
	}
}

func (w *world) get503(path string) {
	w.t.Helper()
	a := w.ask(http.MethodGet, "127.0.0.1", path, "", nil)
	w.wantRetryAfter(a)
	if a.status != http.StatusServiceUnavailable || a.header.Get("Cache-Control") != "no-store" {
		w.t.Errorf("%s: status %d, Cache-Control %q", path, a.status, a.header.Get("Cache-Control"))
	}
}

func (w *world) wantRetryAfter(a answer) {
	w.t.Helper()
	if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds < 1 {
		w.t.Errorf("status %d with Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
}

// passes reports whether a caller has an assertion.
func (w *world) passes() bool {
	w.t.Helper()
	a := w.call("127.0.0.1", mint(w.t, nil))
	w.upstream.Seen()
	return a.status == http.StatusOK
}

// Where the storage goes away while it is needed, callers are told to come back;
// when it is there again, they pass. That the fault holds for root, too, it is a
// file where the directory was.
func TestStorageGoesAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(quick)
	w.asserted("127.0.0.1", mint(t, nil))
	away := w.storage + ".away"
	must(t, os.Rename(w.storage, away))
	must(t, os.WriteFile(w.storage, nil, 0o600))
	eventually(t, "the keys at hand are too old to sign", func() bool { return !w.passes() })
	w.unavailable("not a directory")
	must(t, os.Remove(w.storage))
	must(t, os.Rename(away, w.storage))
	eventually(t, "callers pass again", w.passes)
	if status, _, body := w.trade(w.self(), mint(t, nil), "https://partner.example"); status != http.StatusOK {
		t.Errorf("status %d %s", status, body)
	}
	if n := len(w.keyFiles()); n != 1 {
		t.Errorf("%d documents are stored", n)
	}
}

// A storage that nothing can be written to has no first key. Each fault is a file
// in the place of a directory that is needed.
func TestStorageThatTakesNoKey(t *testing.T) {
	t.Parallel()
	for what, fault := range map[string]struct{ file, hint string }{
		"no locks": {"locks", "locking signing keys"},
		"no keys":  {"aws_jwt", "signing keys"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).start(quick)
			must(t, os.MkdirAll(w.storage, 0o700))
			must(t, os.RemoveAll(filepath.Join(w.storage, fault.file)))
			must(t, os.WriteFile(filepath.Join(w.storage, fault.file), nil, 0o600))
			w.unavailable(fault.hint)
			must(t, os.Remove(filepath.Join(w.storage, fault.file)))
			eventually(t, "callers pass", w.passes)
		})
	}
}

// While keys that are there cannot be changed, they sign on.
func TestKeysThatCannotBeChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(quick)
	kid := kidOf(t, w.asserted("127.0.0.1", mint(t, nil)))
	locks := filepath.Join(w.storage, "locks")
	must(t, os.RemoveAll(locks))
	must(t, os.WriteFile(locks, nil, 0o600))
	eventually(t, "a change of the keys has failed", func() bool {
		if text := w.asserted("127.0.0.1", mint(t, nil)); kidOf(t, text) != kid {
			t.Fatal("another key signs")
		}
		return w.logged("keeping signing keys failed", "locking signing keys")
	})
	must(t, os.Remove(locks))
	w.assertedAfter(kid)
	if !w.logged("signing keys can be kept again") {
		t.Error("that they can be kept again is not logged")
	}
}

// Whoever deletes the stored keys has new ones made, and published.
func TestKeysAreDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(quick)
	before := kidOf(t, w.asserted("127.0.0.1", mint(t, nil)))
	file := w.keyFile()
	must(t, os.Remove(file))
	after := kidOf(t, w.assertedAfter(before))
	if document := w.get(w.self() + "/.well-known/jwks.json"); !strings.Contains(document, after) || strings.Contains(document, before) {
		t.Errorf("%s signs, not %s any more; published is %s", after, before, document)
	}
	if !w.logged("the signing keys are gone from the storage; making new ones") {
		t.Error("that they are gone is not logged")
	}
}
