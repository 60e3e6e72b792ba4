package policytest

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// said is a text of a file; a zero line means that it is not there.
type said struct {
	text string
	line int
}

func (s said) there() bool { return s.line > 0 }

// want is what is to become of a request. What is not there is not looked at,
// but for the outcome.
type want struct {
	outcome                 said
	reason, rule            said
	status                  said // in digits
	headers                 []header
	wouldRefuse, wouldAllow said
}

// expected are the outcomes that a case may want.
func expected() []string {
	return []string{string(walk.Allowed), string(walk.Audited), string(walk.Anonymous), string(walk.Refused), string(walk.Unprotected), string(walk.Answered)}
}

func (r *reader) want(n *yaml.Node, reasons []string) want {
	members := r.members(n, "want", "outcome", "reason", "rule", "status", "headers", "would_refuse", "would_allow")
	text := func(name string) said {
		if member, ok := members[name]; ok {
			return said{r.text(member, "want."+name), member.Line}
		}
		return said{}
	}
	w := want{
		outcome: text("outcome"), reason: text("reason"), rule: text("rule"), status: text("status"),
		wouldRefuse: text("would_refuse"), wouldAllow: text("would_allow"),
	}
	if headers, ok := members["headers"]; ok {
		w.headers = r.headers(headers, "want.headers")
	}
	switch {
	case n.Kind != yaml.MappingNode:
	case !w.outcome.there():
		r.fault(n.Line, "want: it has no outcome")
	case !slices.Contains(expected(), w.outcome.text):
		r.fault(w.outcome.line, "want.outcome: there is no outcome %s%s", terminal.Quote(w.outcome.text), suggestion(w.outcome.text, expected()))
	default:
		r.checkContradictions(w)
	}
	if w.reason.there() && !slices.Contains(reasons, w.reason.text) {
		r.fault(w.reason.line, "want.reason: there is no reason %s%s", terminal.Quote(w.reason.text), suggestion(w.reason.text, reasons))
	}
	if w.status.there() {
		if status, err := strconv.Atoi(w.status.text); err != nil || status < 400 || status > 599 || len(w.status.text) != 3 {
			r.fault(w.status.line, "want.status: %s is not the status of a refusal", terminal.Quote(w.status.text))
		}
	}
	return w
}

// checkContradictions finds what cannot hold beside the outcome.
func (r *reader) checkContradictions(w want) {
	outcome := walk.Outcome(w.outcome.text)
	decided := outcome == walk.Allowed || outcome == walk.Audited || outcome == walk.Refused
	refuse := func(s said, name, why string) {
		if s.there() {
			r.fault(s.line, "want.%s: a request that is %s %s", name, outcome, why)
		}
	}
	if outcome != walk.Refused && outcome != walk.Audited {
		refuse(w.reason, "reason", "has no reason")
	}
	if outcome == walk.Unprotected {
		refuse(w.status, "status", "is answered by the upstream")
	}
	if !outcome.Passes() && len(w.headers) > 0 {
		refuse(said{line: w.headers[0].line}, "headers", "does not reach the upstream")
	}
	if !decided {
		if w.rule.text != "" {
			refuse(w.rule, "rule", "was not asked about by rules")
		}
		refuse(w.wouldRefuse, "would_refuse", "was not asked about by rules")
		refuse(w.wouldAllow, "would_allow", "was not asked about by rules")
	}
}

// checkRules finds the names that the configuration lacks.
func (r *reader) checkRules(w want, rules []string) {
	for _, named := range []struct {
		said
		key string
	}{{w.rule, "rule"}, {w.wouldRefuse, "would_refuse"}, {w.wouldAllow, "would_allow"}} {
		if named.text != "" && !slices.Contains(rules, named.text) {
			r.fault(named.line, "want.%s: the configuration has no rule %s%s", named.key, terminal.Quote(named.text), suggestion(named.text, rules))
		}
	}
}
