package caddymodule

import "github.com/caddy-awsjwt/caddy-awsjwt/verifier"

// failing counts the issuers whose keys serve, but were not to be had the last
// time. Those whose keys several handlers share count once.
func failing(handlers []rehearsedHandler) int {
	found := make(map[sharedIssuer]bool)
	for _, h := range handlers {
		for status := range h.verifier.Statuses() {
			if !status.Candidate && status.Err != nil && (status.State == verifier.StateFresh || status.State == verifier.StateStale) {
				found[h.sharedIssuer(status)] = true
			}
		}
	}
	return len(found)
}
