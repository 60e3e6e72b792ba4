package caddymodule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/console"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

// policyLines writes a handler's policy as it stands in a Caddyfile.
func policyLines(h *Handler) string {
	var b strings.Builder
	line := func(words ...string) { b.WriteString(strings.Join(words, " ") + "\n") }
	if h.Accounts != nil {
		line("account", strings.Join(h.Accounts, " "))
	}
	if h.Orgs != nil {
		line("org", strings.Join(h.Orgs, " "))
	}
	tags := func(kind string, of map[string][]string) {
		for _, key := range slices.Sorted(maps.Keys(of)) {
			line(kind, quoted(key), strings.Join(quotedAll(of[key]), " "))
		}
	}
	tags("principal_tag", h.PrincipalTags)
	tags("request_tag", h.RequestTags)
	rules := func(kind string, of []Rule) {
		for _, r := range of {
			words := []string{kind}
			if r.Shadow {
				words = append(words, "shadow")
			}
			if r.Name != "" {
				words = append(words, r.Name)
			}
			line(append(words, "`"+r.Expression+"`")...)
		}
	}
	rules("deny", h.Deny)
	rules("allow", h.Allow)
	return b.String()
}

// quoted puts a word that has white space in quotes, as a Caddyfile has it.
func quoted(word string) string {
	if word == "" || strings.ContainsAny(word, " \t\"`#") {
		return `"` + strings.ReplaceAll(word, `"`, `\"`) + `"`
	}
	return word
}

func quotedAll(words []string) []string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = quoted(word)
	}
	return all
}

// compileLines makes a policy of lines that somebody has written. The faults are
// those of the compiler, with its hints.
func compileLines(text string) (*celpolicy.Policy, []console.Fault) {
	lines, faults := console.ReadPolicy(text)
	if len(faults) > 0 {
		return nil, faults
	}
	var config celpolicy.Config
	for _, line := range lines {
		if problem := addLine(&config, line); problem != "" {
			faults = append(faults, console.Fault{Field: "policy", Text: fmt.Sprintf("line %d: %s", line.Number, problem)})
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	policy, err := celpolicy.Compile(config)
	if err == nil {
		return policy, nil
	}
	found := new(messages)
	found.add(err)
	for _, message := range found.messages {
		faults = append(faults, console.Fault{Field: "policy", Text: printable(message, 4*maxHint)})
	}
	return nil, faults
}

// messages are the faults of a policy, which a variable shadows there.
type messages = faults

func addLine(config *celpolicy.Config, line console.Line) (problem string) {
	tag := func(into *map[string][]string) string {
		if _, twice := (*into)[line.Name]; twice {
			return fmt.Sprintf("tag %q stands here already; name all its values on one line", line.Name)
		}
		if *into == nil {
			*into = make(map[string][]string)
		}
		(*into)[line.Name] = line.Values
		return ""
	}
	switch line.Kind {
	case "deny":
		config.Deny = append(config.Deny, celpolicy.Rule{Name: line.Name, Expression: line.Expression, Shadow: line.Shadow})
	case "allow":
		config.Allow = append(config.Allow, celpolicy.Rule{Name: line.Name, Expression: line.Expression, Shadow: line.Shadow})
	case "account":
		config.Accounts = append(config.Accounts, line.Values...)
	case "org":
		config.Orgs = append(config.Orgs, line.Values...)
	case "principal_tag":
		return tag(&config.PrincipalTags)
	case "request_tag":
		return tag(&config.RequestTags)
	}
	return ""
}
