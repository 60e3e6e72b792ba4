package walk

import (
	"fmt"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// Advise says what to change, from what the checks found: more than the remedy
// of the reason can, which is returned when there is nothing more to say.
func (h *Handler) Advise(remedy string) string {
	decisive := h.decisive()
	if decisive == nil {
		return remedy
	}
	switch {
	case decisive.Kind == Requirement:
		return adviseRequirement(*decisive)
	case decisive.Kind == Deny:
		return fmt.Sprintf("if the caller may do this, change deny rule %s: %s", terminal.Quote(decisive.Name), firstTrue(decisive.Rule))
	case decisive.Kind == Allow:
		return h.adviseAllow(remedy)
	case decisive.Kind == Token && decisive.Name == "issuer":
		return h.adviseIssuer(decisive, remedy)
	case decisive.Kind == Token && decisive.Name == "account":
		return fmt.Sprintf("if issuer %s is account %s's own, correct the account of its issuer line to %s",
			h.found("issuer"), decisive.Found, decisive.Found)
	}
	return remedy
}

func (h *Handler) decisive() *Check {
	for i := range h.Checks {
		if h.Checks[i].Decisive {
			return &h.Checks[i]
		}
	}
	return nil
}

// found is what a check of the token found.
func (h *Handler) found(name string) string {
	for _, c := range h.Checks {
		if c.Kind == Token && c.Name == name {
			return c.Found
		}
	}
	return ""
}

func adviseRequirement(c Check) string {
	kind, key, tag := strings.Cut(c.Name, ".")
	switch {
	case kind == "principal_tag" && tag:
		return fmt.Sprintf("in AWS, tag the role (or its session) %s with one of %s; or change the line principal_tag %s",
			terminal.Quote(key), c.Wanted, terminal.Value(key))
	case kind == "request_tag" && tag:
		return fmt.Sprintf("pass the tag %s with one of %s in the call of GetWebIdentityToken; or change the line request_tag %s",
			terminal.Quote(key), c.Wanted, terminal.Value(key))
	}
	return fmt.Sprintf("call from an account that the line %s names, or add %s to it", c.Name, c.Found)
}

// adviseAllow is for a request that no allow rule lets pass. The rule that is
// nearest to it, with the fewest parts that are not true, tells what is missing.
func (h *Handler) adviseAllow(remedy string) string {
	var nearest *Check
	fewest := 0
	for i := range h.Checks {
		c := &h.Checks[i]
		if c.Kind != Allow || c.Rule == nil || c.Rule.Shadow {
			continue
		}
		if missing := notTrue(c.Rule); nearest == nil || len(missing) < fewest {
			nearest, fewest = c, len(missing)
		}
	}
	if nearest == nil {
		return remedy
	}
	return fmt.Sprintf("make this true of the caller or the request, or change allow rule %s: %s",
		terminal.Quote(nearest.Name), terminal.Sentence(strings.Join(notTrue(nearest.Rule), " && ")))
}

// notTrue are the parts of a rule that keep it from being true, as its author
// spelt them.
func notTrue(r *Rule) []string {
	var missing []string
	for _, part := range r.Parts {
		if r.Operator == "&&" && part.Result != "true" {
			missing = append(missing, part.Expression)
		}
	}
	if missing == nil {
		return []string{strings.Join(strings.Fields(r.Expression), " ")}
	}
	return missing
}

// firstTrue is what made a rule true.
func firstTrue(r *Rule) string {
	for _, part := range r.Parts {
		if r.Operator == "||" && part.Result != "false" {
			return terminal.Sentence(part.Expression)
		}
	}
	return terminal.Sentence(strings.Join(strings.Fields(r.Expression), " "))
}

func (h *Handler) adviseIssuer(c *Check, remedy string) string {
	account := h.Claimed
	if account == "" {
		return remedy
	}
	return fmt.Sprintf("if you trust account %s and `aws iam get-outbound-web-identity-federation-info` prints this issuer there, write: issuer %s %s",
		terminal.Value(account), strings.Trim(c.Found, `"`), terminal.Value(account))
}
