package identity

import (
	"net/http"
	"testing"
)

// cleanRequest is what a client sends that means no harm: 12 fields.
func cleanRequest() *http.Request {
	return &http.Request{ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody, Header: http.Header{
		"Accept": {"*/*"}, "Accept-Encoding": {"gzip, br"}, "Accept-Language": {"en"}, "Authorization": {"Bearer x"},
		"Cache-Control": {"no-cache"}, "Connection": {"keep-alive"}, "Content-Type": {"application/json"},
		"Cookie": {"a=b"}, "User-Agent": {"curl/8"}, "X-Forwarded-For": {"192.0.2.1"},
		"X-Forwarded-Proto": {"https"}, "X-Request-Id": {"1"},
	}}
}

func TestStripOfCleanRequestAllocatesNothing(t *testing.T) {
	h := mustNew(t, Config{DefaultHeaders: true, Headers: []Header{{"X-Team", "a"}, {"X-Role", "a"}}})
	r := cleanRequest()
	if n := testing.AllocsPerRun(100, func() { h.Strip(r, "X-Also") }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkStripClean(b *testing.B) {
	h := mustNew(b, Config{DefaultHeaders: true, Headers: []Header{{"X-Team", "a"}, {"X-Role", "a"}}})
	r := cleanRequest()
	b.ReportAllocs()
	for b.Loop() {
		h.Strip(r)
	}
}

func BenchmarkStripForged(b *testing.B) {
	h := mustNew(b, Config{DefaultHeaders: true})
	r := cleanRequest()
	b.ReportAllocs()
	for b.Loop() {
		r.Header["x_aws_token_sub"] = nil
		r.Header["Connection"] = []string{"Upgrade, X-Aws-Token-Sub"}
		h.Strip(r)
	}
}

func BenchmarkSetDefaults(b *testing.B) {
	h := mustNew(b, Config{DefaultHeaders: true})
	token, header := testToken(), cleanRequest().Header
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Set(header, token, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSetEncoded(b *testing.B) {
	h := mustNew(b, Config{Headers: []Header{{"X-Team", "team={aws_token.principal_tags.team}"}}})
	token, header := testToken(), cleanRequest().Header
	token.PrincipalTags["team"] = "Köln, 100 %"
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Set(header, token, nil); err != nil {
			b.Fatal(err)
		}
	}
}
