package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
)

// The token sources, as a configuration names them.
const (
	bearerSource = "bearer" // Authorization: Bearer <token>
	basicSource  = "basic"  // Authorization: Basic <user name and token>
)

// sources are where a handler takes tokens from. The zero value is nowhere.
type sources uint8

const (
	bearerTokens sources = 1 << iota
	basicTokens
)

func (s sources) has(one sources) bool { return s&one != 0 }

// missing is the hint where none of the sources has a token.
func (s sources) missing() string {
	switch {
	case s == basicTokens:
		return "the request has no token as a Basic password"
	case s.has(basicTokens):
		return "the request has no bearer token, and none as a Basic password"
	}
	return "the request has no bearer token"
}

// provisionSources reads TokenSources.
func (h *Handler) provisionSources(found *faults) {
	if h.TokenSources == nil {
		h.TokenSources = []string{bearerSource}
	}
	if len(h.TokenSources) == 0 {
		found.add(errors.New("token_sources: the list is empty, so no token would be read; write bearer or basic, or leave it out"))
	}
	known := map[string]sources{bearerSource: bearerTokens, basicSource: basicTokens}
	for i, name := range h.TokenSources {
		one, ok := known[name]
		switch {
		case !ok:
			found.add(fmt.Errorf("token_sources[%d]: %q is not %s or %s", i, name, bearerSource, basicSource))
		case h.sources.has(one):
			found.add(fmt.Errorf("token_sources[%d]: %s stands there already; write it once", i, name))
		}
		h.sources |= one
	}
}

// challenge asks for a token by each of the sources, in their order. Basic is
// for a status of 401 alone: clients take it for a question, and would ask their
// user or their credential helper again about what no other password changes.
func (h *Handler) challenge(header http.Header, refused *refusal) {
	header.Del("WWW-Authenticate")
	for _, name := range h.TokenSources {
		switch {
		case name == bearerSource:
			header.Add("WWW-Authenticate", refused.challenge(h.Realm, h.ExplainErrors))
		case refused.answer().status == http.StatusUnauthorized:
			header.Add("WWW-Authenticate", fmt.Sprintf(`Basic realm="%s", charset="UTF-8"`, h.Realm))
		}
	}
}
