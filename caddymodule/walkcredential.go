package caddymodule

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// What is hidden of a credential, in bytes. A text below minHidden is no secret,
// and stands in other words; hiddenStart is enough to find a token by that was cut.
const (
	minHidden   = 8
	hiddenStart = 16
)

// hideCredentials takes the credentials of a request out of its walk: a
// configuration may copy them to where they are written.
func hideCredentials(w *walk.Walk, sent http.Header) {
	for _, field := range sent["Authorization"] {
		hide := hidingOf(field)
		for name, values := range w.Upstream {
			for i, value := range values {
				if name == "Authorization" && value == field {
					scheme, _, found := strings.Cut(value, " ")
					if !found {
						scheme = ""
					}
					values[i] = strings.TrimSpace(scheme + " …")
					continue
				}
				values[i] = hide(value)
			}
		}
		hideInWalk(w, hide)
	}
}

// hideTokens takes tokens out of a walk that there is no credential of any more:
// some clients put them in a path, which a rule may read.
func hideTokens(w *walk.Walk) { hideInWalk(w, terminal.WithoutTokens) }

func hideInWalk(w *walk.Walk, hide func(string) string) {
	hideIn(hide, &w.Hint, &w.Remedy)
	for _, h := range w.Handlers {
		hideIn(hide, &h.Hint, &h.Remedy)
		for i := range h.Checks {
			c := &h.Checks[i]
			hideIn(hide, &c.Found, &c.Wanted, &c.Hint)
			if c.Rule != nil {
				for j := range c.Rule.Reads {
					hideIn(hide, &c.Rule.Reads[j].Value)
				}
			}
		}
	}
}

func hideIn(hide func(string) string, texts ...*string) {
	for _, text := range texts {
		*text = hide(*text)
	}
}

// hidingOf hides the value of an Authorization field, what stands in it behind
// the scheme, that percent-encoded, the password of Basic, and each part of a token,
// be it cut or not.
func hidingOf(field string) func(string) string {
	_, credential, _ := strings.Cut(field, " ")
	credential = strings.TrimSpace(credential)
	var parts, patterns []string
	add := func(text, more string) {
		if len(text) >= minHidden {
			parts, patterns = append(parts, text), append(patterns, regexp.QuoteMeta(text)+more)
		}
	}
	add(field, "")
	add(credential, "")
	add(url.QueryEscape(credential), "")
	var password string
	if pair, err := base64.StdEncoding.DecodeString(credential); err == nil {
		// Of Basic, which a configuration may take apart.
		_, password, _ = strings.Cut(string(pair), ":")
		add(password, "")
		add(credential[:min(len(credential), hiddenStart)], `[A-Za-z0-9+/=]*`)
	}
	for part := range strings.SplitSeq(credential+"."+password, ".") {
		add(part[:min(len(part), hiddenStart)], `[A-Za-z0-9_.-]*`)
	}
	if len(patterns) == 0 {
		return func(text string) string { return text }
	}
	// Making the expression takes milliseconds, and hardly a text needs it.
	expression := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(strings.Join(patterns, "|")) })
	return func(text string) string {
		if !slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) }) {
			return text
		}
		return expression().ReplaceAllLiteralString(text, "…")
	}
}
