package caddymodule

import (
	"fmt"
	"maps"
	"slices"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/policytest"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// Warnings implements [policytest.Gateway].
func (r *rehearsal) Warnings() []string {
	var warnings []string
	for _, server := range r.servers {
		for _, w := range server.warnings {
			warnings = append(warnings, terminal.Sentence(w))
		}
	}
	for _, h := range r.handlers {
		for _, w := range h.warnings {
			warnings = append(warnings, terminal.Sentence(h.told(w)))
		}
	}
	return warnings
}

// Rules implements [policytest.Gateway].
func (r *rehearsal) Rules() []policytest.Rule {
	var rules []policytest.Rule
	for _, h := range r.handlers {
		own := slices.Concat(h.requirements(), named(walk.Deny, h.Deny), named(walk.Allow, h.Allow))
		for i := range own {
			own[i].Where = h.where
		}
		rules = append(rules, own...)
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
