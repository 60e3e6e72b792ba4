package keys

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// load posts a configuration to the gateway's admin API, as an operator's
// tooling does, and returns the status and what it says.
func (w *world) load(sites ...string) (status int, text string) {
	w.t.Helper()
	eventually(w.t, "the admin API answered", func() bool {
		request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+w.admin+"/load", strings.NewReader(w.caddyfile(sites...)))
		must(w.t, err)
		request.Header.Set("Content-Type", "text/caddyfile")
		// Also when it is the same as before.
		request.Header.Set("Cache-Control", "must-revalidate")
		status, text, err = administer(request)
		if wasClosed(err) {
			return false // by the admin listener of the configuration before
		}
		must(w.t, err)
		return true
	})
	return status, text
}

// administer sends a request on a connection of its own, since a reload also
// replaces the admin listener.
func administer(request *http.Request) (int, string, error) {
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// reload replaces the gateway's configuration.
func (w *world) reload(sites ...string) {
	w.t.Helper()
	if status, text := w.load(sites...); status != http.StatusOK {
		w.t.Fatalf("reloading: %d %s", status, text)
	}
}

// goroutines returns how many the gateway has, and where.
func (w *world) goroutines() (int, string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+w.admin+"/debug/pprof/goroutine?debug=1", nil)
	must(w.t, err)
	var text string
	eventually(w.t, "the admin API answered", func() bool {
		_, text, err = administer(request)
		if !wasClosed(err) {
			must(w.t, err)
		}
		return err == nil
	})
	var n int
	if _, err := fmt.Sscanf(text, "goroutine profile: total %d", &n); err != nil {
		w.t.Fatalf("reading %.100q: %v", text, err)
	}
	return n, text
}
