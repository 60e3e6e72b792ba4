package caddymodule

import (
	"fmt"
	"slices"
	"strings"
)

// noPolicy says whom a handler lets in that asks for nothing but a token, or "".
func (h *Handler) noPolicy() string {
	enforced := func(rules []Rule) bool {
		return slices.ContainsFunc(rules, func(r Rule) bool { return !r.Shadow })
	}
	if len(h.Accounts)+len(h.Orgs)+len(h.PrincipalTags)+len(h.RequestTags) > 0 || enforced(h.Deny) || enforced(h.Allow) {
		return ""
	}
	return "no policy: every principal of " + h.whoever() + " passes; allow, principal_tag and the like say which may"
}

// whoever are the accounts whose tokens are trusted.
func (h *Handler) whoever() string {
	accounts := make(map[string]bool)
	unpinned := 0
	for _, issuer := range h.Issuers {
		for _, account := range issuer.Accounts {
			accounts[account] = true
		}
		if len(issuer.Accounts) == 0 {
			unpinned++
		}
	}
	var whose []string
	if n := len(accounts) + unpinned; n == 1 {
		whose = append(whose, "1 account")
	} else if n > 1 {
		whose = append(whose, fmt.Sprintf("%d accounts", n))
	}
	if h.IssuersFile != "" {
		whose = append(whose, "the accounts of issuers_file")
	}
	if h.Organization != nil {
		whose = append(whose, "every account of "+strings.Join(h.Organization.IDs, ", "))
	}
	return strings.Join(whose, " and of ")
}
