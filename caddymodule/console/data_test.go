package console

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/ledger"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
)

func TestQueriesReachTheSource(t *testing.T) {
	source := new(fakeSource)
	ask(t, source, httptest.NewRequest(http.MethodGet, "/api/issuers?state=stale&text=prod&limit=9&after=x", nil))
	if want := (IssuerQuery{"stale", "prod", 9, "x"}); source.issuersAsked != want {
		t.Errorf("issuers: %+v, want %+v", source.issuersAsked, want)
	}
	ask(t, source, httptest.NewRequest(http.MethodGet, "/api/decisions?limit=9999&before=12&reason=expired&result=refused&account=111122223333", nil))
	if want := (ledger.Query{Limit: maxLimit, Before: 12, Result: "refused", Reason: "expired", Account: "111122223333"}); source.decisionsAsked != want {
		t.Errorf("decisions: %+v, want %+v", source.decisionsAsked, want)
	}
	ask(t, source, httptest.NewRequest(http.MethodGet, "/api/decisions", nil))
	if want := (ledger.Query{Limit: defaultLimit}); source.decisionsAsked != want {
		t.Errorf("decisions: %+v, want %+v", source.decisionsAsked, want)
	}
}

func TestBadQueries(t *testing.T) {
	for target, want := range map[string]int{
		"/api/decisions?limit=0": 400, "/api/decisions?limit=x": 400, "/api/decisions?before=-1": 400, "/api/issuers?limit=-5": 400,
		"/api/walk": 400, "/api/walk?id=x": 400, "/api/walk?id=4": 404, "/api/walk?id=3": 200,
		"/api/issuers?text=" + strings.Repeat("x", maxQuery+1): 400, "/api/issuers?text=" + strings.Repeat("x", maxQuery): 200,
		"/api/issuers?text=%ff": 400,
	} {
		w := get(t, target)
		if w.Code != want || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%.60s: %d, want %d: %s", target, w.Code, want, w.Body)
		}
	}
}

// A page elsewhere learns nothing of the data, whatever the browser would make of
// the answer.
func TestDataForAnotherOrigin(t *testing.T) {
	for site, want := range map[string]int{"": 200, "same-origin": 200, "none": 200, "same-site": 403, "cross-site": 403, "x": 403} {
		r := httptest.NewRequest(http.MethodGet, "/api/summary", nil)
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		if w := ask(t, new(fakeSource), r); w.Code != want || want == 403 && strings.Contains(w.Body.String(), "minutes") {
			t.Errorf("%q: %d, want %d", site, w.Code, want)
		}
	}
}

// By plain http there is no Fetch Metadata, but an Origin.
func TestDataForAnotherOriginByOrigin(t *testing.T) {
	for origin, want := range map[string]int{"": 200, "http://example.com": 200, "http://evil.example": 403, "null": 403, "http://example.com:81": 403} {
		r := httptest.NewRequest(http.MethodGet, "http://example.com/api/summary", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if w := ask(t, new(fakeSource), r); w.Code != want {
			t.Errorf("%q: %d, want %d", origin, w.Code, want)
		}
	}
}

func TestTextsStayText(t *testing.T) {
	w := get(t, "/api/decisions")
	var page ledger.Page
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || page.Decisions[0].KeyID != hostile {
		t.Errorf("error %v: %s", err, w.Body)
	}
	if kind := w.Header().Get("Content-Type"); kind != "application/json" {
		t.Errorf("the type is %s", kind)
	}
}

// Many viewers cost as much as one.
func TestSummaryIsMadeOnceInAWhile(t *testing.T) {
	source, now := new(fakeSource), instant
	page := New(source, func() time.Time { return now })
	for range 5 {
		page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/summary", nil))
	}
	if source.summaries != 1 {
		t.Errorf("made %d times, want 1", source.summaries)
	}
	now = now.Add(summaryKept)
	page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/summary", nil))
	if source.summaries != 2 {
		t.Errorf("made %d times, want 2", source.summaries)
	}
}

// The page offers every reason that there is, each once, and those of one thing
// together.
func TestReasons(t *testing.T) {
	var answer struct{ Groups []ReasonGroup }
	if err := json.Unmarshal(get(t, "/api/reasons").Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, group := range answer.Groups {
		got = append(got, group.Reasons...)
	}
	for _, each := range remedy.All() {
		want = append(want, each.Reason)
	}
	if !slices.Equal(got, want) {
		t.Errorf("offered are %v, there are %v", got, want)
	}
	if first := answer.Groups[0]; first.In != "Credential" || !slices.Equal(first.Reasons, []string{"missing_token", "malformed_request"}) {
		t.Errorf("the first group is %+v", first)
	}
}
