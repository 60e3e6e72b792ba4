package caddymodule

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// TestCredentials is threat H6: one credential, spelt in one way.
func TestCredentials(t *testing.T) {
	h := newHandler(t, nil)
	token := goodToken(t)
	for _, tt := range []struct {
		name   string
		header http.Header
		reason string // "" passes
	}{
		{"the control", http.Header{"Authorization": {"Bearer " + token}}, ""},
		{"bearer", http.Header{"Authorization": {"bearer " + token}}, ""},
		{"BEARER", http.Header{"Authorization": {"BEARER " + token}}, ""},
		{"a field in another case", http.Header{"authorization": {"Bearer " + token}}, ""},

		{"none", nil, "missing_token"},
		{"a field without a value", http.Header{"Authorization": {}}, "missing_token"},
		{"Basic", http.Header{"Authorization": {"Basic YTpi"}}, "missing_token"},
		{"Basic with a token", http.Header{"Authorization": {"Basic " + token}}, "missing_token"},
		{"a scheme alone", http.Header{"Authorization": {"Negotiate"}}, "missing_token"},
		{"a scheme that begins with Bearer", http.Header{"Authorization": {"Bearers " + token}}, "missing_token"},
		{"a token without a scheme", http.Header{"Authorization": {token}}, "missing_token"},
		{"Proxy-Authorization", http.Header{"Proxy-Authorization": {"Bearer " + token}}, "missing_token"},

		{"an empty field", http.Header{"Authorization": {""}}, "malformed_request"},
		{"a space", http.Header{"Authorization": {" "}}, "malformed_request"},
		{"a space in front", http.Header{"Authorization": {" Bearer " + token}}, "malformed_request"},
		{"Bearer alone", http.Header{"Authorization": {"Bearer"}}, "malformed_request"},
		{"Bearer and a space", http.Header{"Authorization": {"Bearer "}}, "malformed_request"},
		{"a tab", http.Header{"Authorization": {"Bearer\t" + token}}, "malformed_request"},
		{"two spaces", http.Header{"Authorization": {"Bearer  " + token}}, "malformed_request"},
		{"a space behind", http.Header{"Authorization": {"Bearer " + token + " "}}, "malformed_request"},
		{"a newline behind", http.Header{"Authorization": {"Bearer " + token + "\n"}}, "malformed_request"},
		{"NUL", http.Header{"Authorization": {"Bearer " + token + "\x00"}}, "malformed_request"},
		{"a letter outside of ASCII", http.Header{"Authorization": {"Bearer " + token + "é"}}, "malformed_request"},
		{"a quoted token", http.Header{"Authorization": {`Bearer "` + token + `"`}}, "malformed_request"},
		{"parameters", http.Header{"Authorization": {`Bearer token="` + token + `"`}}, "malformed_request"},
		{"a comma for the space", http.Header{"Authorization": {"Bearer," + token}}, "malformed_request"},
		{"a list", http.Header{"Authorization": {"Bearer " + token + ", Bearer " + token}}, "malformed_request"},
		{"a list with Basic", http.Header{"Authorization": {"Bearer " + token + ", Basic YTpi"}}, "malformed_request"},
		{"= in the middle", http.Header{"Authorization": {"Bearer a=b"}}, "malformed_request"},
		{"= alone", http.Header{"Authorization": {"Bearer =="}}, "malformed_request"},
		{"= behind, which b64token allows and a JWT does not", http.Header{"Authorization": {"Bearer " + token + "="}}, "malformed_token"},

		{"two fields", http.Header{"Authorization": {"Bearer " + token, "Bearer " + token}}, "malformed_request"},
		{"Basic beside it", http.Header{"Authorization": {"Basic YTpi", "Bearer " + token}}, "malformed_request"},
		{"an empty one beside it", http.Header{"Authorization": {"Bearer " + token, ""}}, "malformed_request"},
		{"one in another case", http.Header{"Authorization": {"Bearer " + token}, "authorization": {"Bearer " + token}}, "malformed_request"},
		{"three cases", http.Header{"AUTHORIZATION": {"Basic YTpi"}, "aUTHORIZATION": {"Basic YTpi"}}, "malformed_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := get("")
			for field, values := range tt.header {
				r.Header[field] = values
			}
			got := serve(t, r, h)
			if got.reason() != tt.reason || got.passed() != (tt.reason == "") {
				t.Errorf("reason %q, %d requests upstream; want %q", got.reason(), len(got.seen), tt.reason)
			}
			if tt.reason != "" && got.Code != designTable[tt.reason].status {
				t.Errorf("status %d, want %d", got.Code, designTable[tt.reason].status)
			}
			for field := range got.sent.Header {
				if strings.EqualFold(field, "Authorization") {
					t.Errorf("%s is still there", field)
				}
			}
		})
	}
}

// A token in the query or in a form is no credential (RFC 6750, sections 2.2
// and 2.3, are not for us).
func TestQueryIsNoCredential(t *testing.T) {
	r := get("")
	r.URL.RawQuery = "access_token=" + goodToken(t)
	if got := serve(t, r, newHandler(t, nil)); got.reason() != "missing_token" || len(got.seen) != 0 {
		t.Errorf("reason %q, %d requests upstream", got.reason(), len(got.seen))
	}
}

// A character is looked at wherever it stands.
func TestB64TokenCharacters(t *testing.T) {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
	for size := 1; size <= 40; size++ {
		for at := range size {
			text := bytes.Repeat([]byte("a"), size)
			for c := range 256 {
				text[at] = byte(c)
				want := strings.IndexByte(allowed, byte(c)) >= 0 || c == '=' && at == size-1 && size > 1
				if got := isB64Token(string(text)); got != want {
					t.Fatalf("%q: got %v, want %v", text, got, want)
				}
			}
		}
	}
}
