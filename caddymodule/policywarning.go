package caddymodule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/policytest"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
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

// Warnings implements [policytest.Gateway].
func (r *rehearsal) Warnings() []string {
	var warnings []string
	for _, h := range r.handlers {
		for _, w := range h.warnings {
			warnings = append(warnings, terminal.Sentence(w))
		}
	}
	return warnings
}

// Rules implements [policytest.Gateway].
func (r *rehearsal) Rules() []policytest.Rule {
	var rules []policytest.Rule
	for _, h := range r.handlers {
		rules = append(rules, h.requirements()...)
		rules = append(rules, named(walk.Deny, h.Deny)...)
		rules = append(rules, named(walk.Allow, h.Allow)...)
	}
	return rules
}

func (h *Handler) requirements() []policytest.Rule {
	var names []string
	if h.Accounts != nil {
		names = append(names, "account")
	}
	if h.Orgs != nil {
		names = append(names, "org")
	}
	for _, key := range slices.Sorted(maps.Keys(h.PrincipalTags)) {
		names = append(names, "principal_tag."+key)
	}
	for _, key := range slices.Sorted(maps.Keys(h.RequestTags)) {
		names = append(names, "request_tag."+key)
	}
	var rules []policytest.Rule
	for _, name := range names {
		rules = append(rules, policytest.Rule{Kind: walk.Requirement, Name: name})
	}
	return rules
}

func named(kind walk.Kind, rules []Rule) []policytest.Rule {
	var list []policytest.Rule
	for i, r := range rules {
		name := r.Name
		if name == "" {
			name = fmt.Sprintf("%s[%d]", kind, i)
		}
		list = append(list, policytest.Rule{Kind: kind, Name: name, Expression: r.Expression, Shadow: r.Shadow})
	}
	return list
}
