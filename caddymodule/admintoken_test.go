package caddymodule

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A token in the wrong place, or a part of one, is not in the error; another text
// is, so that whoever wrote it finds it.
func TestAdminErrorsHoldNoToken(t *testing.T) {
	a := newAdministered(t)
	a.load(object{"a": a.guarded("site", nil, nil)})
	for _, tt := range []struct{ method, target, body string }{
		{"GET", "/aws_jwt/issuers?TEXT=x", ""},
		{"GET", "/aws_jwt/issuers?state=TEXT", ""},
		{"GET", "/aws_jwt/issuers?candidate=TEXT", ""},
		{"GET", "/aws_jwt/issuers?limit=TEXT", ""},
		{"GET", "/aws_jwt/issuers?after=TEXT", ""},
		{"GET", "/aws_jwt/decisions?TEXT=x", ""},
		{"GET", "/aws_jwt/decisions?reason=TEXT", ""},
		{"GET", "/aws_jwt/decisions?result=TEXT", ""},
		{"GET", "/aws_jwt/decisions?account=TEXT", ""},
		{"GET", "/aws_jwt/decisions?before=TEXT", ""},
		{"GET", "/aws_jwt/decisions?limit=TEXT", ""},
		{"POST", "/aws_jwt/issuers/refresh", `{"issuer":"TEXT"}`},
		{"POST", "/aws_jwt/issuers/refresh", `{"issuer":"https://a.example/?token=TEXT"}`},
		{"POST", "/aws_jwt/issuers/refresh", `{"state":"TEXT"}`},
	} {
		for text, shown := range map[string]bool{
			"eyJhbGciOi.canary.canary":        false,
			"Bearer eyJhbGciOi.canary.canary": false,
			"eyJcanary":                       false,
			"ca~nary.canary":                  true, // the control
		} {
			target := strings.Replace(tt.target, "TEXT", url.QueryEscape(text), 1)
			status, answer := a.call(tt.method, target, strings.Replace(tt.body, "TEXT", text, 1), nil)
			if status < http.StatusBadRequest || strings.Contains(answer, "nary") != shown || strings.Contains(answer, "eyJ") {
				t.Errorf("%s %s %s with %s: %d %s", tt.method, tt.target, tt.body, text, status, answer)
			}
		}
	}
	for _, tt := range []struct{ target, body string }{
		{"/aws_jwt/issuers/refresh?token=eyJhbGciOi.canary.canary", `{"state":"used"}`},
		{"/aws_jwt/cache/purge?eyJhbGciOi.canary.canary", ""},
		{"/aws_jwt/explain?token=eyJhbGciOi.canary.canary", "{}"},
		{"/aws_jwt/eyJhbGciOi.canary.canary", ""},
		{"/aws_jwt/explain", `{"host":"eyJhbGciOi.canary.canary"}`},
		{"/aws_jwt/explain", `{"method":"eyJhbGciOi.canary.canary"}`},
		{"/aws_jwt/explain", `{"remote_ip":"eyJhbGciOi.canary.canary"}`},
	} {
		if status, answer := a.call("POST", tt.target, tt.body, nil); status < http.StatusBadRequest || strings.Contains(answer, "canary") {
			t.Errorf("%s %s: %d %s", tt.target, tt.body, status, answer)
		}
	}
}
