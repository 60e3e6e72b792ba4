package upstreams

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// scene is the world with each of the examples, by name.
func scene(t *testing.T, rotation string) (*world, map[string]*stack.Program) {
	t.Helper()
	addresses := make(map[string]string)
	for name := range languages {
		addresses[name] = stacktest.FreeAddress(t)
	}
	w := newWorld(t, rotation, addresses)
	programs := make(map[string]*stack.Program)
	for name, start := range languages {
		programs[name] = start(t, addresses[name], w.issuer)
	}
	return w, programs
}

const welcome = "hello " + subject + "\n"

// Behind the gateway each example knows the caller. By another way it takes what
// the gateway made, and nothing that differs from it in one property.
func TestExamples(t *testing.T) {
	w, programs := scene(t, "24h")
	good := w.assertion()
	twins := w.twins()
	for name, p := range programs {
		t.Run(name, func(t *testing.T) {
			direct := func(fields ...string) (int, string) {
				t.Helper()
				return send(t, http.MethodGet, "http://"+p.Address+"/", "", fields...)
			}
			if status, answer := w.ask(http.MethodGet, "/"+name, ""); status != http.StatusOK || answer != welcome {
				t.Errorf("through the gateway: %d %s", status, answer)
			}
			if status, answer := w.ask(http.MethodPost, "/"+name, "an order"); status != http.StatusOK || answer != welcome {
				t.Errorf("with a body: %d %s", status, answer)
			}
			if status, answer := direct(header, good); status != http.StatusOK || answer != welcome {
				t.Errorf("the gateway's own: %d %s", status, answer)
			}
			if status, answer := direct(); status != http.StatusUnauthorized {
				t.Errorf("no header: %d %s", status, answer)
			}
			if status, answer := direct(header, good, header, good); status != http.StatusUnauthorized {
				t.Errorf("two of them: %d %s", status, answer)
			}
			for what, text := range twins {
				want, is := http.StatusUnauthorized, "unauthorized\n"
				if what == "" {
					want, is = http.StatusOK, welcome
				}
				if status, answer := direct(header, text); status != want || answer != is {
					t.Errorf("%q: %d %s", what, status, answer)
				}
			}
		})
	}
}

// kid is the ID of the key that signed.
func kid(t *testing.T, assertion string) string {
	t.Helper()
	first, _, _ := strings.Cut(assertion, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	must(t, err)
	var named struct{ Kid string }
	must(t, json.Unmarshal(text, &named))
	return named.Kid
}

// While the gateway's keys rotate nobody is refused, since each is published
// before it signs. When they are deleted, each example lets go of the old ones once
// its copy is too old.
func TestRotation(t *testing.T) {
	w, programs := scene(t, "32s")
	first := kid(t, w.assertion())
	rotated := false
	eventually(t, "another key signs", func() bool {
		for name := range programs {
			if status, answer := w.ask(http.MethodGet, "/"+name, ""); status != http.StatusOK {
				t.Fatalf("%s, while the keys rotate: %d %s", name, status, answer)
			}
		}
		last := rotated
		rotated = kid(t, w.assertion()) != first
		return last // and all have been asked with it
	})
	old, id := w.key()
	must(t, os.Remove(w.document()))
	eventually(t, "new keys are made", func() bool { return kid(t, w.assertion()) != id && !w.has(id) })
	for name, p := range programs {
		// It has not met the new key, so that only the age of its copy can tell it.
		eventually(t, name+" refuses the old key", func() bool {
			status, _ := send(t, http.MethodGet, "http://"+p.Address+"/", "", header, w.draft(id).signed(t, old))
			return status == http.StatusUnauthorized
		})
		eventually(t, name+" takes the new key", func() bool {
			status, _ := w.ask(http.MethodGet, "/"+name, "")
			return status == http.StatusOK
		})
	}
}

// has says whether the gateway publishes a key.
func (w *world) has(id string) bool {
	w.t.Helper()
	_, keys := send(w.t, http.MethodGet, w.issuer+"/.well-known/jwks.json", "")
	return strings.Contains(keys, `"`+id+`"`)
}
