package celpolicy

import (
	"fmt"
	"slices"
)

// Warning is something that a policy does, that CEL allows, and that its author
// may not have meant.
type Warning struct {
	Effect Effect // of the rule; "" for a requirement
	Rule   string // its name, or that of the requirement, as Decision.Rule has it
	Line   int    // in the rule's expression, from 1; 0 when it has no place there
	Column int    // in that line, in characters, from 1
	Text   string
}

// String begins with the kind, the name and the place.
func (w Warning) String() string {
	kind := string(w.Effect) + " rule"
	if w.Effect == "" {
		kind = "requirement"
	}
	if w.Line == 0 {
		return fmt.Sprintf("%s %q: %s", kind, w.Rule, w.Text)
	}
	return fmt.Sprintf("%s %q (line %d, column %d of the rule): %s", kind, w.Rule, w.Line, w.Column, w.Text)
}

// Warnings returns what the requirements and the rules, shadow rules included,
// do that their author may not have meant, such as matches() without anchors.
// They change no decision.
func (p *Policy) Warnings() []Warning {
	if p == nil {
		return nil
	}
	return slices.Clone(p.warnings)
}
