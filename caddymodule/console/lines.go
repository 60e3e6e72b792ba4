package console

import (
	"fmt"
	"strings"
)

// Line is one line of a policy as it is written in the box: a word and what
// stands behind it.
type Line struct {
	Number int    // from 1
	Kind   string // deny, allow, account, org, principal_tag or request_tag
	Shadow bool   // of a rule
	Name   string // of a rule, "" without one; or the key of a tag

	Expression string   // of a rule
	Values     []string // of the others
}

// MaxLines is how many lines a policy that is tried may have, each a rule or a
// requirement. What a rule may cost is bounded by itself.
const MaxLines = 32

// maxPolicy is how long all of them may be, in bytes.
const maxPolicy = 32 << 10

// ReadPolicy reads lines as they stand in a Caddyfile: deny [<name>] <cel> and
// allow [<name>] <cel>, the expression between backquotes, which may span lines, or
// the whole rest of the line; and account, org, principal_tag and request_tag.
// # begins a line that is for people.
func ReadPolicy(text string) ([]Line, []Fault) {
	if len(text) > maxPolicy {
		return nil, []Fault{{"policy", fmt.Sprintf("it has %d bytes, at most %d are tried", len(text), maxPolicy)}}
	}
	var lines []Line
	var faults []Fault
	rows := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(rows); i++ {
		row, number := strings.TrimSpace(rows[i]), i+1
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		whole := []string{row}
		for open := strings.Count(row, "`")%2 == 1; open && i+1 < len(rows); {
			i++
			whole = append(whole, rows[i])
			open = strings.Count(rows[i], "`")%2 == 0
		}
		if len(lines)+len(faults) > MaxLines {
			continue // they are counted below
		}
		line, problem := readLine(strings.TrimSpace(strings.Join(whole, "\n")))
		if problem != "" {
			faults = append(faults, Fault{"policy", fmt.Sprintf("line %d: %s", number, problem)})
			continue
		}
		line.Number = number
		lines = append(lines, line)
	}
	if len(lines)+len(faults) > MaxLines {
		faults = append(faults, Fault{"policy", fmt.Sprintf("it has more than %d lines, and no more are tried", MaxLines)})
	}
	return lines, faults
}

func readLine(row string) (line Line, problem string) {
	kind, rest, _ := strings.Cut(row, " ")
	line.Kind, rest = kind, strings.TrimSpace(rest)
	switch kind {
	case "deny", "allow":
		return readRule(line, rest)
	case "account", "org":
		line.Values = strings.Fields(rest)
	case "principal_tag", "request_tag":
		fields := strings.Fields(rest)
		if len(fields) > 0 {
			line.Name, line.Values = fields[0], fields[1:]
		}
	default:
		return line, "it begins with neither deny nor allow, nor account, org, principal_tag or request_tag"
	}
	if len(line.Values) == 0 {
		return line, kind + " names no value"
	}
	return line, ""
}

func readRule(line Line, rest string) (Line, string) {
	name, quoted, isQuoted := strings.Cut(rest, "`")
	if !isQuoted {
		line.Expression = rest
		if rest == "" {
			return line, "the rule has no expression"
		}
		return line, ""
	}
	if !strings.HasSuffix(quoted, "`") || strings.Count(quoted, "`") != 1 {
		return line, "an expression begins and ends with a backquote, and has none within"
	}
	line.Expression = strings.TrimSuffix(quoted, "`")
	words := strings.Fields(name)
	if len(words) == 2 && words[0] == "shadow" {
		line.Shadow, words = true, words[1:]
	}
	if len(words) > 1 {
		return line, "a rule is [<name>] <cel>"
	}
	line.Name = strings.Join(words, "")
	return line, ""
}
