package celpolicy

import (
	"fmt"
	"maps"
	"slices"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// requirement holds when what it reads is there and is one of its values.
type requirement struct {
	name    string // as Decision.Rule has it
	subject string // as hints have it
	found   string // how hints name it and a value that is not wanted
	tags    string // the variable of the tags that it reads one of, or ""
	key     string // of that tag
	wanted  []string
	allowed map[string]struct{}
	read    func(*awstoken.Token) (value string, present bool)
}

func (r requirement) oneOf(wanted []string) requirement {
	r.wanted = slices.Clone(wanted)
	r.allowed = make(map[string]struct{}, len(wanted))
	for _, w := range wanted {
		r.allowed[w] = struct{}{}
	}
	return r
}

func attributeRequirement(name, subject string, read func(*awstoken.Token) string) requirement {
	return requirement{name: name, subject: subject, found: "%s %s is not", read: func(t *awstoken.Token) (string, bool) {
		value := read(t)
		return value, value != ""
	}}
}

func tagRequirement(kind, key, tags string, read func(*awstoken.Token) map[string]string) requirement {
	return requirement{name: kind + "_tag." + key, subject: fmt.Sprintf("%s tag %q", kind, key), found: "%s is %s, not",
		tags: tags, key: key,
		read: func(t *awstoken.Token) (string, bool) {
			value, present := read(t)[key]
			return value, present
		}}
}

// requirements returns those of cfg in the order in which they are asked.
func requirements(cfg Config) []requirement {
	var list []requirement
	if cfg.Accounts != nil {
		list = append(list, attributeRequirement("account", "aws_token.account.id",
			func(t *awstoken.Token) string { return t.AccountID }).oneOf(cfg.Accounts))
	}
	if cfg.Orgs != nil {
		list = append(list, attributeRequirement("org", "aws_token.org.id",
			func(t *awstoken.Token) string { return t.OrgID }).oneOf(cfg.Orgs))
	}
	for _, key := range slices.Sorted(maps.Keys(cfg.PrincipalTags)) {
		list = append(list, tagRequirement("principal", key, principalTags,
			func(t *awstoken.Token) map[string]string { return t.PrincipalTags }).oneOf(cfg.PrincipalTags[key]))
	}
	for _, key := range slices.Sorted(maps.Keys(cfg.RequestTags)) {
		list = append(list, tagRequirement("request", key, requestTags,
			func(t *awstoken.Token) map[string]string { return t.RequestTags }).oneOf(cfg.RequestTags[key]))
	}
	return list
}

// refusal says what is wrong with t, or that nothing is.
func (r *requirement) refusal(t *awstoken.Token) (hint string, refused bool) {
	var l looks
	value, present := r.read(t)
	if !present {
		hint = fmt.Sprintf("%s is absent, wanted one of %s", r.subject, wantedList(r.wanted))
		if r.tags != "" {
			hint = joinHints(hint, absentTag(t, r.tags, r.key, &l))
		}
		return hint, true
	}
	if _, ok := r.allowed[value]; !ok {
		hint = fmt.Sprintf(r.found+" one of %s", r.subject, quoted(value), wantedList(r.wanted))
		return joinHints(hint, nearMiss("it", value, r.wanted, &l)), true
	}
	return "", false
}
