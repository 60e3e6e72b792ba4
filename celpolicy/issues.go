package celpolicy

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// maxProblems bounds how many faults of one rule are reported: a slip in the
// first character may make hundreds.
const maxProblems = 10

// undeclared is the checker's message for a name that it does not know.
var undeclared = regexp.MustCompile(`^undeclared reference to '(.*)' \(in container ''\)$`)

// addIssues adds what CEL and the inspection found, in the order of the text.
func (c *compiler) addIssues(field string, issues *cel.Issues, in *inspection, f *faults) {
	var all []problem
	if in != nil {
		all = in.problems
	}
	for _, e := range issues.Errors() {
		text := plain(e.Message)
		if m := undeclared.FindStringSubmatch(e.Message); m != nil {
			text = c.unknownFunction(m[1])
			if in != nil && in.chains[e.ExprID] != "" {
				text = c.unknownName(in.chains[e.ExprID])
			}
		}
		all = append(all, problem{e.Location.Line(), e.Location.Column() + 1, text})
	}
	f.addProblems(field, all)
}

func (f *faults) addProblems(field string, all []problem) {
	slices.SortStableFunc(all, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	all = slices.Compact(all)
	for _, p := range all[:min(len(all), maxProblems)] {
		*f = append(*f, &FieldError{Field: field, Line: max(p.line, 0), Column: p.column, Problem: p.text})
	}
}

// plain shortens a message of CEL's parser, which lists every token that might
// have stood there instead.
func plain(message string) string {
	message, _, _ = strings.Cut(message, " expecting {")
	return strings.Replace(message, "Syntax error", "syntax error", 1)
}

// unknownName explains a name or a path that is no variable.
func (c *compiler) unknownName(path string) string {
	if members := c.members(path); len(members) > 0 {
		return fmt.Sprintf("%q has no value of its own; it holds %s", path, strings.Join(members, ", "))
	}
	if !strings.Contains(path, ".") {
		return fmt.Sprintf("there is no variable %q", path)
	}
	return fmt.Sprintf("there is no attribute %q%s", path, didYouMean(awstoken.Nearest(path, c.candidates(path))))
}

func (c *compiler) unknownFunction(name string) string {
	nearest := ""
	if len(name) > 3 { // so short a name is near to several others
		nearest = awstoken.Nearest(name, c.functions)
	}
	return fmt.Sprintf("there is no function %q%s", name, didYouMean(nearest))
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", name)
}

// members lists some variables whose names go on behind path.
func (c *compiler) members(path string) []string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(c.variables)) {
		if strings.HasPrefix(name, path+".") {
			members = append(members, name)
		}
	}
	const shown = 5
	if len(members) > shown {
		members = append(members[:shown], "…")
	}
	return members
}

// candidates are the variables that a misspelt path may have meant. Behind the
// name of a map the rest of the path is a key, which cannot be misspelt.
func (c *compiler) candidates(path string) []string {
	segments := strings.Split(path, ".")
	var names []string
	for _, name := range slices.Sorted(maps.Keys(c.variables)) {
		if isHidden(name) {
			continue
		}
		if n := strings.Count(name, ".") + 1; c.variables[name].isMap() && n < len(segments) {
			name += "." + strings.Join(segments[n:], ".")
		}
		names = append(names, name)
	}
	return names
}
