package caddymodule

import (
	"net/http"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func keyStateNames() []string {
	var names []string
	for _, state := range verifier.KeyStates() {
		names = append(names, string(state))
	}
	return names
}

func adminIssuers(_ http.ResponseWriter, r *http.Request) (any, error) {
	values, err := adminQuery(r, "state", "candidate", "limit", "after")
	if err != nil {
		return nil, err
	}
	state, err := oneOf(values, "state", keyStateNames())
	if err != nil {
		return nil, err
	}
	candidate, err := oneOf(values, "candidate", []string{"true", "false"})
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(values)
	if err != nil {
		return nil, err
	}
	// Whoever looks for what is at fault is not to look through what was invented.
	candidates := candidate == "true" || candidate == "" && state == ""
	all := trustedIssuers(running(), func(s verifier.Status) bool {
		return (state == "" || string(s.State) == state) && (candidates || !s.Candidate)
	}, inventedLast)
	page, err := issuersAfter(all, values.Get("after"), limit)
	if err != nil {
		return nil, badRequest("after: %s is not the next of an earlier page", quoteForeign(values.Get("after")))
	}
	return page, nil
}
