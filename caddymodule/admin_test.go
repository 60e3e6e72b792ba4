package caddymodule

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
)

// administered is a Caddy in this process with the calls of the admin API, as far
// as they are ours, and with that for the configuration.
type administered struct {
	*reloading
	*httptest.Server
	mayRead bool // whether GET /config/ is allowed
}

func newAdministered(t *testing.T) *administered {
	t.Helper()
	a := &administered{reloading: newReloading(t, false), mayRead: true}
	a.release()
	withLedger(t)
	decisions = ledger.New(time.Now, 0) // the clock of handlers that Caddy makes
	mux := http.NewServeMux()
	for _, route := range new(AdminAPI).Routes() {
		mux.HandleFunc(route.Pattern, func(w http.ResponseWriter, r *http.Request) {
			answerAsCaddy(w, route.Handler.ServeHTTP(w, r))
		})
	}
	mux.HandleFunc("/config/", func(w http.ResponseWriter, r *http.Request) {
		if !a.mayRead || r.Method != http.MethodGet {
			answerAsCaddy(w, caddy.APIError{HTTPStatus: http.StatusForbidden, Message: "not authorized to access this path"})
			return
		}
		_, _ = w.Write(a.loaded)
	})
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	return a
}

// answerAsCaddy is what Caddy's admin API makes of an error.
func answerAsCaddy(w http.ResponseWriter, err error) {
	if err == nil {
		return
	}
	answer, ok := err.(caddy.APIError) //nolint:errorlint // as Caddy does
	if !ok {
		answer = caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
	}
	if answer.Message == "" {
		answer.Message = answer.Err.Error()
	}
	w.WriteHeader(answer.HTTPStatus)
	_ = json.NewEncoder(w).Encode(answer)
}

// call returns the status and the text of an answer, and reads it into a value
// when it is good.
func (a *administered) call(method, target, body string, into any) (int, string) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.URL+target, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK && into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			a.t.Fatalf("%s: %v", text, err)
		}
	}
	return response.StatusCode, string(text)
}

// What is asked for wrongly is refused, with what to change; beside each stands
// one that differs in one thing and is answered.
func TestAdminCallsThatAreWrong(t *testing.T) {
	a := newAdministered(t)
	a.load(object{"a": a.guarded("site", object{"allow_private_addresses": true}, nil)})
	for _, tt := range []struct {
		method, target, body string
		status               int
		says                 string
	}{
		{"GET", "/aws_jwt/issuers", "", 200, ""},
		{"GET", "/aws_jwt/", "", 404, "there are GET /aws_jwt/issuers"},
		{"GET", "/aws_jwt/issuer", "", 404, "no such call"},
		{"POST", "/aws_jwt/issuers", "{}", 405, "GET alone"},
		{"HEAD", "/aws_jwt/issuers", "", 405, ""},
		{"GET", "/aws_jwt/issuers/refresh", "", 405, "POST alone"},
		{"GET", "/aws_jwt/explain", "", 405, "POST alone"},
		{"PUT", "/aws_jwt/cache/purge", "", 405, "POST alone"},
		{"GET", "/aws_jwt/issuers?state=stale", "", 200, ""},
		{"GET", "/aws_jwt/issuers?state=stail", "", 400, "did you mean stale?"},
		{"GET", "/aws_jwt/issuers?state=", "", 400, "empty"},
		{"GET", "/aws_jwt/issuers?status=stale", "", 400, "did you mean state?"},
		{"GET", "/aws_jwt/issuers?state=stale&state=fresh", "", 400, "2 times"},
		{"GET", "/aws_jwt/issuers?state=%zz", "", 400, "cannot be read"},
		{"GET", "/aws_jwt/issuers?limit=1000", "", 200, ""},
		{"GET", "/aws_jwt/issuers?limit=1001", "", 400, "from 1 to 1000"},
		{"GET", "/aws_jwt/issuers?limit=0", "", 400, "from 1 to 1000"},
		{"GET", "/aws_jwt/issuers?after=!", "", 400, "earlier page"},
		{"GET", "/aws_jwt/decisions?reason=expired&result=refused&account=111122223333&before=5&limit=7", "", 200, ""},
		{"GET", "/aws_jwt/decisions?reason=expird", "", 400, "did you mean expired?"},
		{"GET", "/aws_jwt/decisions?result=allowed", "", 400, "there are refused, audited"},
		{"GET", "/aws_jwt/decisions?account=1234", "", 400, "12 digits"},
		{"GET", "/aws_jwt/decisions?before=-1", "", 400, "id of a decision"},
		{"GET", "/aws_jwt/decisions?before=0", "", 400, "id of a decision"},
		{"GET", "/aws_jwt/decisions?token=x", "", 400, "no parameter"},
		{"POST", "/aws_jwt/cache/purge", "", 200, ""},
		{"POST", "/aws_jwt/cache/purge?handler=a", "", 400, "takes no parameters"},
		{"POST", "/aws_jwt/issuers/refresh", `{"state":"used"}`, 200, ""},
		{"POST", "/aws_jwt/issuers/refresh", "", 415, "application/json"},
		{"POST", "/aws_jwt/issuers/refresh", "{}", 400, `write {"issuer"`},
		{"POST", "/aws_jwt/issuers/refresh", `{"state":"used","issuer":"https://a.example"}`, 400, `write {"issuer"`},
		{"POST", "/aws_jwt/issuers/refresh", `{"state":"old"}`, 400, "there are fresh"},
		{"POST", "/aws_jwt/issuers/refresh", `{"issuer":"https://elsewhere.example"}`, 404, "no aws_jwt trusts"},
		{"POST", "/aws_jwt/issuers/refresh", `{"issuer":7}`, 400, "issuer is of the wrong type"},
		{"POST", "/aws_jwt/issuers/refresh", `{"issuers":"x"}`, 400, "not known"},
		{"POST", "/aws_jwt/issuers/refresh", `{"state":"used"}{}`, 400, "cannot be read"},
		{"POST", "/aws_jwt/issuers/refresh", `{"state":"used"`, 400, "ends too early"},
		{"POST", "/aws_jwt/explain", `{}`, 200, ""},
		{"POST", "/aws_jwt/explain", `[]`, 400, "wrong type"},
		{"POST", "/aws_jwt/explain", `{"host":"a b"}`, 400, "host: "},
		{"POST", "/aws_jwt/explain", `{"path":"x"}`, 400, "path: "},
		{"POST", "/aws_jwt/explain", `{"method":"get"}`, 400, "method: "},
		{"POST", "/aws_jwt/explain", `{"remote_ip":"here"}`, 400, "remote_ip: "},
		{"POST", "/aws_jwt/explain", `{"token":"a b"}`, 400, "token: "},
		{"POST", "/aws_jwt/explain", `{"path":"/eyJhbGciOi.canary.x"}`, 400, "path holds a token"},
		{"POST", "/aws_jwt/explain", `{"tokem":"eyJhbGciOi.canary.x"}`, 400, "not known"},
		{"POST", "/aws_jwt/explain", `{"token":"` + strings.Repeat("canary", 20_000) + `"}`, 413, "over 65536 bytes"},
		{"POST", "/aws_jwt/explain", `{"token":"x"}` + strings.Repeat(" ", 70_000), 413, "over 65536 bytes"},
	} {
		status, text := a.call(tt.method, tt.target, tt.body, nil)
		var fault struct {
			Error string `json:"error"`
		}
		if status != http.StatusOK && tt.method != http.MethodHead {
			if err := json.Unmarshal([]byte(text), &fault); err != nil {
				t.Errorf("%s %s: %q is no JSON", tt.method, tt.target, text)
			}
		}
		if status != tt.status || !strings.Contains(fault.Error, tt.says) || strings.Contains(text, "canary") {
			t.Errorf("%s %s %.100s: %d %s; want %d and %q", tt.method, tt.target, tt.body, status, text, tt.status, tt.says)
		}
	}
}

// A body that a page in a browser can send unasked is not read.
func TestAdminBodiesOfBrowsers(t *testing.T) {
	a := newAdministered(t)
	a.load(object{"a": a.guarded("site", nil, nil)})
	for kind, want := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200,
		"": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "multipart/form-data": 415,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL+"/aws_jwt/issuers/refresh", strings.NewReader(`{"state":"used"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header["Content-Type"] = []string{kind}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%q: %d, want %d", kind, response.StatusCode, want)
		}
	}
}

// Handlers of several servers, in nested routes, in error routes and in routes
// that others invoke are found, and tell where they are.
func TestAdminIssuersOfManyHandlers(t *testing.T) {
	a := newAdministered(t)
	private := object{"allow_private_addresses": true}
	handler := func(more object) object {
		return a.guarded("", private, more)["routes"].([]object)[0]["handle"].([]object)[0]
	}
	nested := object{"handler": "subroute", "routes": []object{{
		"match": []object{{"path": []string{"/admin/*"}}}, "handle": []object{handler(object{"deny": []object{{"expression": "true"}}})},
	}}}
	firewall := object{"handler": "aws_jwt", "firewall_only": true}
	site := func(host string, handlers ...object) object {
		return object{"match": []object{{"host": []string{host}}}, "handle": handlers}
	}
	servers := object{
		"one": object{"listen": a.ports[:1], "routes": []object{
			site("orders.example.com", firewall, nested), site("orders.example.com", handler(nil), handler(nil)),
		}},
		"two": object{
			"listen": a.ports[1:], "routes": []object{{"handle": []object{handler(object{"jwks": object{"ttl": "1h"}})}}},
			"named_routes": object{"shared": object{"handle": []object{handler(object{"issuers": []object{{"url": a.issuer}}})}}},
			"errors":       object{"routes": []object{site("errors.example.com", handler(object{"issuers": []object{{"url": "https://only.example", "jwks_file": a.keyFile()}}}))}},
		},
	}
	a.load(servers)
	var page console.IssuerPage
	if status, text := a.call("GET", "/aws_jwt/issuers", "", &page); status != http.StatusOK {
		t.Fatal(text)
	}
	var got []string
	for _, i := range page.Issuers {
		got = append(got, fmt.Sprintf("%s %v %s %s %v", strings.Replace(i.URL, a.issuer, "ISSUER", 1), i.Accounts, i.KeysFrom, i.State, i.UsedBy))
	}
	want := []string{
		"ISSUER [] discovery unfetched [&(shared)]",
		"ISSUER [111122223333] discovery unfetched [" + a.ports[1] + "]",
		"ISSUER [111122223333] discovery unfetched [orders.example.com /admin/* orders.example.com orders.example.com (its aws_jwt no. 2)]",
		"https://only.example [] jwks_file fresh [errors.example.com]",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || page.Total != 4 || page.Next != "" {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var paged []string
	for after := ""; ; {
		var one console.IssuerPage
		if status, text := a.call("GET", "/aws_jwt/issuers?limit=1"+after, "", &one); status != http.StatusOK || len(one.Issuers) != 1 || one.Total != 4 {
			t.Fatal(text)
		}
		paged = append(paged, one.Issuers[0].UsedBy[0])
		if one.Next == "" {
			break
		}
		after = "&after=" + one.Next
	}
	if len(paged) != 4 {
		t.Errorf("page by page: %v", paged)
	}
	page = console.IssuerPage{}
	if a.call("GET", "/aws_jwt/issuers?state=fresh", "", &page); page.Total != 1 || page.Issuers[0].URL != "https://only.example" {
		t.Errorf("fresh ones: %+v", page)
	}
}
