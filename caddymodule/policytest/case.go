package policytest

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// testCase reads one case. first has the lines of the names before it.
func (r suiteReader) testCase(n *yaml.Node, index int, base testCase, first map[string]int) *testCase {
	c := base
	c.line = n.Line
	// A fault needs a case to be the fault of, also before there is a name.
	r.inCase = fmt.Sprintf("cases[%d]", index)
	defer func() { r.inCase = "" }()
	before := r.count

	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, "a case is an object, this is %s", kind(n))
		c.name, c.faulty = r.inCase, true
		return &c
	}
	c.name = r.name(n, index, first)
	r.inCase = c.name
	members := r.members(n, "the case", "name", "now", "request", "claims", "header", "authorization", "no_token", "want")
	r.shared(members, &c)
	if header, ok := members["header"]; ok {
		c.header = r.header(header)
	}
	r.credential(members, &c)
	if w, ok := members["want"]; ok {
		c.want = r.want(w, r.reasons)
	} else {
		r.fault(n.Line, "the case has no want")
	}
	c.faulty = r.count > before
	return &c
}

func (r suiteReader) name(n *yaml.Node, index int, first map[string]int) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Value != "name" || isNull(value) {
			continue
		}
		name := r.text(value, "name")
		if strings.TrimSpace(name) == "" {
			break
		}
		if line, twice := first[name]; twice {
			r.fault(value.Line, "name: %s occurs twice, first in line %d", terminal.Quote(name), line)
		} else {
			first[name] = value.Line
		}
		return name
	}
	r.fault(n.Line, "the case has no name")
	return fmt.Sprintf("cases[%d]", index)
}

// header reads the header of a token.
func (r suiteReader) header(n *yaml.Node) map[string]any {
	object := make(map[string]any)
	for _, p := range r.pairs(n, "header") {
		where := "header." + p.key
		object[p.key] = r.value(p.value, where)
		switch p.key {
		case "alg", "kid", "typ":
			r.checkType(p.value, where, awstoken.String)
		}
	}
	return object
}

// credential reads what a case has instead of a token.
func (r suiteReader) credential(members map[string]*yaml.Node, c *testCase) {
	if n, ok := members["no_token"]; ok {
		if kind(n) != "a boolean" {
			r.fault(n.Line, "no_token: it is %s, true or false is wanted", kind(n))
		}
		c.noToken = strings.EqualFold(n.Value, "true")
	}
	if n, ok := members["authorization"]; ok {
		value := strings.Trim(r.fieldValue(n, "authorization"), " \t") // as servers do
		c.authorization = &value
		if c.noToken {
			r.fault(n.Line, "authorization: the case has no_token")
		}
	}
	if c.noToken || c.authorization != nil {
		for _, key := range []string{"claims", "header"} {
			if n, ok := members[key]; ok {
				r.fault(n.Line, "%s: the case has no token of its own: it has no_token or authorization", key)
			}
		}
	}
}
