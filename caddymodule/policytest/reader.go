package policytest

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// maxFaults is how many faults of a file are kept. The rest are counted.
const maxFaults = 50

// maxDepth is how deep the values of a file may nest.
const maxDepth = 32

// Fault is something that is wrong with a file.
type Fault struct {
	Line int    `json:"line"`           // counted from 1
	Case string `json:"case,omitempty"` // the name of the case, when it is the fault of one
	Text string `json:"text"`           // what is wrong, and where it helps what to write
}

// reader turns the nodes of a file into values and keeps each fault.
type reader struct {
	faults []Fault
	count  int    // of all faults, those that are not kept included
	broken bool   // one is the file's own, so that none of its cases means what it should
	inCase string // the name of the case that is read
}

func (r *reader) fault(line int, format string, args ...any) {
	r.broken = r.broken || r.inCase == ""
	if r.count++; len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{line, r.inCase, terminal.Sentence(fmt.Sprintf(format, args...))})
	}
}

// sorted returns the faults by line.
func (r *reader) sorted() []Fault {
	faults := append([]Fault{}, r.faults...)
	slices.SortStableFunc(faults, func(a, b Fault) int { return a.Line - b.Line })
	if more := r.count - len(r.faults); more > 0 {
		faults = append(faults, Fault{Line: faults[len(faults)-1].Line, Text: fmt.Sprintf("and %d faults more", more)})
	}
	return faults
}

// checkPlain refuses what makes a file mean something else than it seems to, or
// grow when it is read.
func (r *reader) checkPlain(n *yaml.Node, depth int) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.fault(n.Line, "anchors and aliases are not read: write the value out, or put it into the claims of the file")
	case n.Style&yaml.TaggedStyle != 0:
		r.fault(n.Line, "the tag %s is not read: quotes make a string", terminal.Quote(n.Tag))
	case depth > maxDepth:
		r.fault(n.Line, "the value nests deeper than %d", maxDepth)
		return
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.ShortTag() == "!!merge" {
			r.fault(child.Line, "the merge key << is not read: claims and requests are merged without it")
		}
		r.checkPlain(child, depth+1)
	}
}

// pair is a member of an object.
type pair struct {
	key   string
	line  int // of the key
	value *yaml.Node
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// pairs reads an object. A key is what stands there, quoted or not.
func (r *reader) pairs(n *yaml.Node, where string) []pair {
	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, "%s: it is %s, an object is wanted", where, kind(n))
		return nil
	}
	first := make(map[string]int, len(n.Content)/2)
	list := make([]pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			r.fault(key.Line, "%s: a key is %s, a string is wanted", where, kind(key))
			continue
		}
		if line, twice := first[key.Value]; twice {
			r.fault(key.Line, "%s: %s occurs twice, first in line %d", where, terminal.Quote(key.Value), line)
			continue
		}
		first[key.Value] = key.Line
		list = append(list, pair{key.Value, key.Line, value})
	}
	return list
}

// members reads an object whose keys are known. One that is null is not there.
func (r *reader) members(n *yaml.Node, where string, known ...string) map[string]*yaml.Node {
	found := make(map[string]*yaml.Node)
	for _, p := range r.pairs(n, where) {
		switch {
		case !slices.Contains(known, p.key):
			r.fault(p.line, "%s: there is no key %s%s", where, terminal.Quote(p.key), suggestion(p.key, known))
		case !isNull(p.value):
			found[p.key] = p.value
		}
	}
	return found
}

// suggestion is the end of a fault's text about a name that is not known.
func suggestion(name string, known []string) string {
	if nearest := awstoken.Nearest(terminal.Printable(name), known); nearest != "" {
		return "; did you mean " + terminal.Quote(nearest) + "?"
	}
	if len(known) == 0 {
		return ""
	}
	return "; there are " + strings.Join(known, ", ")
}

// text reads a scalar as it is written, quoted or not.
func (r *reader) text(n *yaml.Node, where string) string {
	if n.Kind != yaml.ScalarNode {
		r.fault(n.Line, "%s: it is %s, a string is wanted", where, kind(n))
		return ""
	}
	return n.Value
}

func kind(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!map":
		return "an object"
	case "!!seq":
		return "a list"
	case "!!null":
		return "null"
	case "!!bool":
		return "a boolean"
	case "!!int", "!!float":
		return "a number"
	}
	return "a string"
}
