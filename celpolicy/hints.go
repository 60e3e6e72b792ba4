package celpolicy

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// This file holds what hints say beyond what was found and wanted: the mistakes
// that people make most. Both Decision.Hint and Check.Hint come from here.

// maxAdvice bounds how many values or mistakes one hint names.
const maxAdvice = 3

func joinHints(hints ...string) string {
	hints = slices.DeleteFunc(slices.Clone(hints), func(hint string) bool { return hint == "" })
	return strings.Join(hints, "; ")
}

// absentTag looks for the tag elsewhere: under a key in another case, and among
// the other tags.
func absentTag(t *awstoken.Token, tags, key string, l *looks) string {
	mine, kind := t.PrincipalTags, "principal"
	if tags == requestTags {
		mine, kind = t.RequestTags, "request"
	}
	if other, ok := otherSpelling(key, maps.Keys(mine), len(mine), l); ok {
		return fmt.Sprintf("the token has the %s tag %s, and keys are compared byte for byte", kind, quoted(other))
	}
	if _, there := t.RequestTags[key]; there && tags == principalTags {
		return fmt.Sprintf("there is a request tag %s, but those are chosen by the caller: the tag must be on the role or passed as a session tag", quoted(key))
	}
	return ""
}

// nearMiss looks for a wanted value that people would read as the same. The value
// itself is not wanted.
func nearMiss(subject, value string, wanted []string, l *looks) string {
	wanted = wanted[:min(len(wanted), maxWantedLooked)]
	other, ok := otherSpelling(value, slices.Values(wanted), len(wanted), l)
	if !ok {
		return ""
	}
	difference := "in case"
	if strings.TrimSpace(value) == strings.TrimSpace(other) {
		difference = "by white space at its ends"
	}
	return fmt.Sprintf("%s differs from %s %s, and values are compared byte for byte", subject, quoted(other), difference)
}

// otherSpelling finds the least of n candidates that people would read as text,
// or none where there are too many to look at.
func otherSpelling(text string, candidates iter.Seq[string], n int, l *looks) (other string, found bool) {
	if !l.take(text, n) {
		return "", false
	}
	trimmed := strings.TrimSpace(text)
	for candidate := range candidates {
		if candidate == text || found && candidate > other || len(candidate) > 3*len(text)+lookBytes {
			continue // a letter has at most three bytes of its other case's one, and the rest is white space
		}
		if strings.EqualFold(strings.TrimSpace(candidate), trimmed) {
			other, found = candidate, true
		}
	}
	return other, found
}

// looked are the reads that hints are about.
func (r *rule) looked() []reading { return r.reads[:min(len(r.reads), maxReadsLooked)] }

// failure is the error of a rule, and what the token lacks that it reads.
func (r *rule) failure(err error, a *activation) string {
	text := failure(err)
	for _, read := range r.reads {
		if attribute, ok := awstoken.LookupAttribute(read.path); ok {
			absent := read.path + " is absent"
			text = strings.Replace(text, absent, absent+" ("+sentence(attribute)+")", 1)
		}
	}
	return joinHints(text, r.lacking(a, text))
}

// lacking names what the rule reads and the token lacks, unless its failure has
// said so.
func (r *rule) lacking(a *activation, failure string) string {
	var advice []string
	for _, read := range r.looked() {
		if len(advice) == maxAdvice {
			break
		}
		if _, present := read.value(a); present || strings.Contains(failure, read.path+" is absent") {
			continue
		}
		if text := read.absence(a, failure != ""); text != "" {
			advice = append(advice, text)
		}
	}
	return joinHints(advice...)
}

// absence is what to say of an attribute that the token lacks. Of a key there is
// nothing to add to CEL's own error, unless the tag is found elsewhere.
func (r reading) absence(a *activation, failed bool) string {
	if (r.variable == principalTags || r.variable == requestTags) && len(r.keys) == 1 {
		if elsewhere := absentTag(a.token, r.variable, r.keys[0], &a.looks); elsewhere != "" {
			return elsewhere
		}
	}
	attribute, ok := awstoken.LookupAttribute(r.variable)
	switch {
	case !ok || len(r.keys) > 0 && failed:
		return ""
	case len(r.keys) > 0:
		return "the token lacks " + shortened(r.path)
	}
	return fmt.Sprintf("the token lacks %s (%s)", r.path, sentence(attribute))
}

func sentence(a awstoken.Attribute) string { return strings.TrimSuffix(a.Doc, ".") }

// whyFalse says which part of a rule is the first false one, with the values that it reads,
// and which of them the token lacks.
func (r *rule) whyFalse(ctx context.Context, a *activation) string {
	var operator string
	var parts []*rule
	if r.takenApart || a.explained {
		operator, parts = r.takeApart()
	}
	if operator != "&&" {
		return joinHints(r.values(a), r.misspelt(a), r.lacking(a, ""))
	}
	part := firstFalse(ctx, a, parts)
	if part == nil {
		return ""
	}
	said := shortened(part.expression) + " is false"
	if values := part.values(a); values != "" {
		said += " (" + values + ")"
	}
	return joinHints(said, part.misspelt(a), part.lacking(a, ""))
}

// misspelt names values that are all but what the rule compares them with.
func (r *rule) misspelt(a *activation) string {
	for _, read := range r.looked() {
		if len(read.wanted) == 0 {
			continue
		}
		value, _ := read.value(a)
		text, ok := value.(string)
		if !ok || slices.Contains(read.wanted, text) {
			continue
		}
		if miss := nearMiss(shortened(read.path), text, read.wanted, &a.looks); miss != "" {
			return miss
		}
	}
	return ""
}

// firstFalse asks no further than the rule itself was asked, and Evaluate has it
// ask no rule with a loop, which may take milliseconds: so asking takes as long
// once more as a short rule without loops. What is then said of the part is
// bounded by what is looked at.
func firstFalse(ctx context.Context, a *activation, parts []*rule) *rule {
	for _, part := range parts {
		if holds, err := part.holds(ctx, a); err == nil && !holds {
			return part
		}
	}
	return nil
}

// values lists what the rule reads and the token or the request has, the OU
// path first when the rule asks for an OU.
func (r *rule) values(a *activation) string {
	reads := r.looked()
	if r.asksOU {
		reads = slices.Clone(reads)
		slices.SortStableFunc(reads, func(x, y reading) int { return ouFirst(x) - ouFirst(y) })
	}
	var list []string
	for _, read := range reads {
		value, present := read.value(a)
		if !present {
			continue
		}
		if len(list) == maxAdvice {
			list = append(list, "…")
			break
		}
		list = append(list, shortened(read.path)+" is "+shown(value))
	}
	return strings.Join(list, ", ")
}

func ouFirst(r reading) int {
	if r.variable == ouPath {
		return 0
	}
	return 1
}
