package caddymodule

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
)

// Issuers that somebody invents of an organization's form are not in the way of
// whoever looks for what is at fault, or refreshes what is in use.
func TestAdminCandidates(t *testing.T) {
	a := newAdministered(t)
	base := a.issuer[:len(a.issuer)-36]
	invented := base + "00000000-0000-4000-8000-000000000000"
	const down = "http://localhost:1/down" // by its URL, it comes behind what is invented
	a.load(object{"a": a.guarded("site", nil, object{
		"issuers":      []object{{"url": down}},
		"organization": object{"ids": []string{"o-devsts0001"}, "issuer_template": base + "<uuid>"},
	})})
	refresh := func(body string) []string {
		t.Helper()
		var report refreshReport
		if status, text := a.call("POST", "/aws_jwt/issuers/refresh", body, &report); status != http.StatusOK {
			t.Fatal(text)
		}
		var urls []string
		for _, each := range report.Issuers {
			urls = append(urls, each.URL)
		}
		slices.Sort(urls)
		return urls
	}
	refresh(`{"issuer":"` + down + `"}`)
	sendInvented(t, a.ports[0], invented)
	both := []string{invented, down}

	for query, want := range map[string][]string{
		"":                                   {down, invented}, // in this order
		"?candidate=true":                    {down, invented},
		"?candidate=false":                   {down},
		"?state=unavailable":                 {down},
		"?state=unavailable&candidate=true":  {down, invented},
		"?state=unavailable&candidate=false": {down},
	} {
		var page console.IssuerPage
		if status, text := a.call("GET", "/aws_jwt/issuers"+query, "", &page); status != http.StatusOK {
			t.Fatal(text)
		}
		var urls []string
		for _, each := range page.Issuers {
			urls = append(urls, each.URL)
		}
		if !slices.Equal(urls, want) || page.Total != len(want) {
			t.Errorf("%q: %v, want %v", query, urls, want)
		}
	}
	for body, want := range map[string][]string{
		`{"state":"used"}`:                         {down},
		`{"state":"used","candidate":true}`:        both,
		`{"state":"unavailable"}`:                  {down},
		`{"state":"unavailable","candidate":true}`: both,
		`{"issuer":"` + invented + `"}`:            {invented},
	} {
		if got := refresh(body); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
}

// sendInvented sends a token of an issuer that has none.
func sendInvented(t *testing.T, address, issuer string) {
	t.Helper()
	token := mint(t, ordersAccount, ordersARN, nil, func(c claims) {
		c.top["iss"] = issuer
		c.top["iat"], c.top["exp"] = time.Now().Unix(), time.Now().Unix()+60
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("an invented issuer is answered %s", response.Status)
	}
}

// Issuers that are too many for one call have their turn in the next.
func TestAdminRefreshOfMany(t *testing.T) {
	a := newAdministered(t)
	const more = 5
	url := func(n int) string { return fmt.Sprintf("http://127.0.0.1:1/%04d", n) }
	var listed []object
	for n := range maxRefreshed + more {
		listed = append(listed, object{"url": url(n)})
	}
	a.load(object{"a": a.guarded("site", nil, object{"issuers": listed})})
	refresh := func(order object, number, leftOff int) (report refreshReport) {
		t.Helper()
		body, err := json.Marshal(order)
		if err != nil {
			t.Fatal(err)
		}
		status, text := a.call("POST", "/aws_jwt/issuers/refresh", string(body), &report)
		if status != http.StatusOK || len(report.Issuers) != number || report.LeftOff != leftOff || report.AttemptedBefore.IsZero() != (leftOff == 0) {
			t.Fatalf("%s: %d, %d issuers, %d left off, attempted before %v; want %d and %d; %.200s",
				body, status, len(report.Issuers), report.LeftOff, report.AttemptedBefore, number, leftOff, text)
		}
		return report
	}

	last := url(maxRefreshed + more - 1)
	refresh(object{"issuer": last}, 1, 0)
	first := refresh(object{"state": "unfetched"}, maxRefreshed, more-1)
	if attempts := refresh(object{"state": "used", "attempted_before": first.AttemptedBefore}, 1, 0); attempts.Issuers[0].URL != last {
		t.Errorf("%s was refreshed again", attempts.Issuers[0].URL)
	}
	rest := refresh(object{"state": "unfetched", "attempted_before": first.AttemptedBefore}, more-1, 0)

	// What was looked for last is left off, wherever it stands in the list.
	later := time.Now().Add(time.Hour).UTC()
	all := refresh(object{"state": "used", "attempted_before": later}, maxRefreshed, more)
	if !all.AttemptedBefore.Equal(later) {
		t.Errorf("it goes on before %v, not %v", all.AttemptedBefore, later)
	}
	took := func(url string) bool {
		return slices.ContainsFunc(all.Issuers, func(i refreshedIssuer) bool { return i.URL == url })
	}
	if !took(last) {
		t.Error("the one that was looked for first is left off")
	}
	for _, each := range rest.Issuers {
		if took(each.URL) {
			t.Errorf("%s is not left off, though it was looked for last", each.URL)
		}
	}

	for body, says := range map[string]string{
		`{"issuer":"` + last + `","candidate":true}`:                          "are of a state",
		`{"issuer":"` + last + `","attempted_before":"2030-01-01T00:00:00Z"}`: "are of a state",
		`{"state":"used","attempted_before":"canary"}`:                        "cannot be read",
	} {
		if status, text := a.call("POST", "/aws_jwt/issuers/refresh", body, nil); status != http.StatusBadRequest || !strings.Contains(text, says) || strings.Contains(text, "canary") {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
}

// What an issuer costs in a list does not grow with the length of the list.
func TestAdminListOfManyIsCheap(t *testing.T) {
	a := newAdministered(t)
	per := func(n int) float64 {
		t.Helper()
		var listed []object
		for i := range n {
			listed = append(listed, object{"url": fmt.Sprintf("https://%d.example", i)})
		}
		a.load(object{"a": a.guarded("site", nil, object{"issuers": listed})})
		handlers := running()
		return testing.AllocsPerRun(5, func() { trustedIssuers(handlers, anyIssuer, inventedLast) }) / float64(n)
	}
	if few, many := per(10), per(2000); many > few+1 {
		t.Errorf("%.1f allocations for each of 2000 issuers, %.1f for each of 10", many, few)
	}
}
