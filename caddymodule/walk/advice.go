package walk

import (
	"fmt"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// Advise says what to change, from what the checks found: more than the remedy
// of the reason can, which is returned when there is nothing more to say.
func (h *Handler) Advise(remedy string) string {
	decisive := h.decisive()
	switch {
	case decisive == nil:
		return remedy
	case decisive.Kind == Token:
		return h.adviseToken(decisive, remedy)
	case decisive.Kind == Requirement:
		return adviseRequirement(*decisive)
	case decisive.Rule == nil:
		return remedy
	case decisive.Rule.Result == resultError:
		return fmt.Sprintf("mend %s rule %s: %s", decisive.Kind, terminal.Quote(decisive.Name), remedy)
	case decisive.Kind == Deny:
		return fmt.Sprintf("if the caller may do this, change deny rule %s: %s", terminal.Quote(decisive.Name), firstTrue(decisive.Rule))
	}
	return fmt.Sprintf("make this true of the caller or the request, or change allow rule %s: %s",
		terminal.Quote(decisive.Name), terminal.Sentence(strings.Join(notTrue(decisive.Rule), " && ")))
}

// What a Rule's Result may be, besides true and false.
const resultError = "error"

func (h *Handler) decisive() *Check {
	for i := range h.Checks {
		if h.Checks[i].Decisive {
			return &h.Checks[i]
		}
	}
	return nil
}

// Nearest is the allow rule in force that is nearest to being true: the first of
// those with the fewest parts that are not. It is nil when there is none, or when
// one of them is true.
func (h *Handler) Nearest() *Check {
	var nearest *Check
	fewest := 0
	for i := range h.Checks {
		c := &h.Checks[i]
		if c.Kind != Allow || c.Rule == nil || c.Rule.Shadow {
			continue
		}
		if c.State == Passed {
			return nil
		}
		if missing := len(notTrue(c.Rule)); nearest == nil || missing < fewest {
			nearest, fewest = c, missing
		}
	}
	return nearest
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

// adviseToken puts what was wanted and found into the remedy, so that it can be
// read by itself.
func (h *Handler) adviseToken(c *Check, remedy string) string {
	found, wanted := terminal.Sentence(c.Found), terminal.Sentence(c.Wanted)
	if found == "" || wanted == "" && c.Name != verifier.CheckIssuer {
		return remedy
	}
	switch c.Name {
	case verifier.CheckIssuer:
		return h.adviseIssuer(c, remedy)
	case verifier.CheckAccount:
		return fmt.Sprintf("if issuer %s is account %s's own, correct the account of its issuer line to %s",
			h.found(verifier.CheckIssuer), found, found)
	case verifier.CheckAlgorithm:
		return fmt.Sprintf("ask STS for %s (--signing-algorithm), or add %s to algorithm", wanted, found)
	case verifier.CheckAudience:
		if strings.Contains(wanted, "single_audience") {
			return fmt.Sprintf("ask STS for %s: one --audience in the call; or change the lines audience and single_audience", wanted)
		}
		return fmt.Sprintf("ask STS for %s as the audience (--audience), or add %s to audience", wanted, found)
	case verifier.CheckLifetime:
		return fmt.Sprintf("ask STS for a life of %s (--duration-seconds), or raise max_lifetime to %s", wanted, found)
	}
	return remedy
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
