package admin

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// page is the answer to GET /aws_jwt/issuers, as docs/admin.md has it.
type page struct {
	Issuers []issuer `json:"issuers"`
	Total   int      `json:"total"`
	Next    string   `json:"next"`
}

type issuer struct {
	URL      string   `json:"url"`
	Accounts []string `json:"accounts"`
	ListedIn string   `json:"listed_in"`
	KeysFrom string   `json:"keys_from"`
	State    string   `json:"state"`
	Keys     []struct {
		ID        string `json:"kid"`
		Algorithm string `json:"algorithm"`
	} `json:"keys"`
	FetchedAt *time.Time `json:"fetched_at"`
	KeyAge    *float64   `json:"key_age_seconds"`
	Error     string     `json:"error"`
	NextFetch *time.Time `json:"next_fetch_at"`
	UsedBy    []string   `json:"used_by"`
}

type decision struct {
	ID         uint64 `json:"id"`
	Result     string `json:"result"`
	Status     int    `json:"status"`
	Reason     string `json:"reason"`
	Rule       string `json:"rule"`
	Hint       string `json:"hint"`
	Handler    string `json:"handler"`
	Issuer     string `json:"iss"`
	Account    string `json:"account"`
	Unverified bool   `json:"unverified"`
	Path       string `json:"path"`
	Cached     bool   `json:"cached"`
}

// call sends a request to the admin API. An admin listener that ends with a reload
// may close a connection without an answer; then it is sent again.
func (w *world) call(method, target, body string, header ...string) (int, string) {
	w.t.Helper()
	var status int
	var text string
	eventually(w.t, "the admin API answered", func() bool {
		request, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+w.admin+target, strings.NewReader(body))
		must(w.t, err)
		if body != "" {
			request.Header.Set("Content-Type", "application/json")
		}
		for i := 0; i < len(header); i += 2 {
			if header[i] == "Host" {
				request.Host = header[i+1]
				continue
			}
			request.Header.Set(header[i], header[i+1])
		}
		status, text, err = w.do(request)
		return err == nil
	})
	return status, text
}

func (w *world) do(request *http.Request) (int, string, error) {
	response, err := w.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// read makes a call that is to be answered, into a value.
func (w *world) read(method, target, body string, into any) string {
	w.t.Helper()
	status, text := w.call(method, target, body)
	if status != http.StatusOK {
		w.t.Fatalf("%s %s: %d %s", method, target, status, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		w.t.Fatalf("%s %s: %v in %s", method, target, err, text)
	}
	return text
}

// issuer returns the one entry of an issuer.
func (w *world) issuer(url string) issuer {
	w.t.Helper()
	var p page
	w.read(http.MethodGet, "/aws_jwt/issuers", "", &p)
	for _, each := range p.Issuers {
		if each.URL == url {
			return each
		}
	}
	w.t.Fatalf("%s is not among %+v", url, p)
	return issuer{}
}

func (w *world) decisions(query string) (all []decision, text string) {
	w.t.Helper()
	var answer struct {
		Decisions []decision `json:"decisions"`
	}
	text = w.read(http.MethodGet, "/aws_jwt/decisions"+query, "", &answer)
	return answer.Decisions, text
}

// send asks a site for something, with a token unless it is "".
func (w *world) send(host, path, token string) (int, string) {
	w.t.Helper()
	var status int
	var text string
	eventually(w.t, "the gateway answered", func() bool { // a reload may close a connection
		request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+w.address+path, http.NoBody)
		must(w.t, err)
		request.Host = host
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		status, text, err = w.do(request)
		return err == nil
	})
	return status, text
}

func (w *world) wantStatus(host, path, token string, want int) {
	w.t.Helper()
	if got, _ := w.send(host, path, token); got != want {
		w.t.Errorf("%s%s: %d, want %d", host, path, got, want)
	}
}

// reload replaces the gateway's configuration.
func (w *world) reload(caddyfile string) {
	w.t.Helper()
	if status, text := w.call(http.MethodPost, "/load", w.caddyfile(caddyfile), "Content-Type", "text/caddyfile", "Cache-Control", "must-revalidate"); status != http.StatusOK {
		w.t.Fatalf("reloading: %d %s", status, text)
	}
}
