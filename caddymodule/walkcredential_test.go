package caddymodule

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// A credential is hidden wherever a configuration copies it to, be it cut, and
// nothing else is.
func TestHideCredentials(t *testing.T) {
	const token = "eyJhbGciOiJFUzM4NCJ9xx.eyJpc3MiOiJodHRwczovL2EifQ.c2lnbmF0dXJlLW9mLWl0"
	sent := http.Header{"Authorization": {"Bearer " + token}}
	parts := strings.Split(token, ".")
	for text, want := range map[string]string{
		"Bearer " + token:        "…",
		token:                    "…",
		"a " + token + " b":      "a … b",
		"Bearer%20" + token:      "Bearer%20…",
		parts[1]:                 "…",
		"x=" + parts[2] + "&y":   "x=…&y",
		`"/` + token[:40] + `"…`: `"/…"…`,
		token[:minHidden]:        token[:minHidden], // the header of any token begins so
		"Bearer":                 "Bearer",
		"":                       "",
		"orders":                 "orders",
	} {
		check := walk.Check{Kind: walk.Header, Found: text, Wanted: text, Hint: text, Rule: &walk.Rule{Reads: []walk.Reading{{Value: text}}}}
		w := &walk.Walk{
			Hint: text, Upstream: http.Header{"X-Copy": {"b", text}},
			Handlers: []*walk.Handler{{Hint: text, Checks: []walk.Check{check}}},
		}
		hideCredentials(w, sent)
		hidden := walk.Check{Kind: walk.Header, Found: want, Wanted: want, Hint: want, Rule: &walk.Rule{Reads: []walk.Reading{{Value: want}}}}
		if wanted := (&walk.Walk{
			Hint: want, Upstream: http.Header{"X-Copy": {"b", want}},
			Handlers: []*walk.Handler{{Hint: want, Checks: []walk.Check{hidden}}},
		}); !reflect.DeepEqual(w, wanted) {
			t.Errorf("%q: %+v, %+v", text, w, w.Handlers[0])
		}
	}
	for field, want := range map[string]string{
		"Bearer " + token: "Bearer …", "Basic eDp5": "Basic …", token: "…", "x": "…",
	} {
		w := &walk.Walk{Hint: "orders xyz", Upstream: http.Header{"Authorization": {field}}}
		hideCredentials(w, http.Header{"Authorization": {field}})
		if got := w.Upstream.Get("Authorization"); got != want || w.Hint != "orders xyz" {
			t.Errorf("%q: %q, hint %q", field, got, w.Hint)
		}
	}
}

// The password of Basic is hidden, too, with or without what stands around it.
func TestHideBasicCredential(t *testing.T) {
	const token = "eyJhbGciOiJFUzM4NCJ9xx.eyJpc3MiOiJodHRwczovL2EifQ.c2lnbmF0dXJlLW9mLWl0"
	field := basic("aws", token)
	for text, want := range map[string]string{
		field: "…", field[len("Basic "):]: "…", "x " + field[6:40] + " y": "x … y", // cut
		"aws:" + token: "aws:…", token: "…", token[:30] + "/": "…/", strings.Split(token, ".")[2]: "…", "aws": "aws",
	} {
		w := &walk.Walk{Hint: text, Upstream: http.Header{"X-Copy": {text}, "Authorization": {field}}}
		hideCredentials(w, http.Header{"Authorization": {field}})
		if w.Hint != want || w.Upstream.Get("X-Copy") != want || w.Upstream.Get("Authorization") != "Basic …" {
			t.Errorf("%q: hint %q, upstream %q", text, w.Hint, w.Upstream)
		}
	}
}

// One with characters that are percent-encoded is hidden in both forms.
func TestHideEncodedCredential(t *testing.T) {
	w := &walk.Walk{Upstream: http.Header{"A": {"Basic b3JkZXJzOnB+Pz8/"}, "B": {"b3JkZXJzOnB%2BPz8%2F"}, "C": {"b3JkZXJzOnB"}}}
	hideCredentials(w, http.Header{"Authorization": {"Basic b3JkZXJzOnB+Pz8/"}})
	if want := (http.Header{"A": {"…"}, "B": {"…"}, "C": {"b3JkZXJzOnB"}}); !reflect.DeepEqual(w.Upstream, want) {
		t.Errorf("%v", w.Upstream)
	}
}
