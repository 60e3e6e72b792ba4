package policytest

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// shortNamespace is how a file may spell awstoken.Namespace.
const shortNamespace = "aws"

// timeClaims are the NumericDates of RFC 7519.
var timeClaims = []string{"iat", "exp", "nbf"}

// claimTypes are the claims of the vocabulary, as payloads spell them, and their
// types: those of RFC 7519 and those of the namespace.
func claimTypes() (registered, aws map[string]awstoken.Type) {
	registered = make(map[string]awstoken.Type)
	aws = make(map[string]awstoken.Type)
	for _, attribute := range awstoken.Attributes() {
		claim, ok := strings.CutPrefix(attribute.Claim, "`")
		if !ok {
			continue // it is derived from another
		}
		claim = strings.TrimSuffix(claim, "`")
		switch claim {
		case "iss", "sub", "aud", "iat", "exp", "jti":
			registered[claim] = attribute.Type
		default:
			aws[claim] = attribute.Type
		}
	}
	return registered, aws
}

// claimReader reads the claims of one file. Claims that the vocabulary lacks are
// taken as they are, since AWS may add some.
type claimReader struct {
	*reader
	registered, aws map[string]awstoken.Type
}

func newClaimReader(r *reader) claimReader {
	registered, aws := claimTypes()
	return claimReader{r, registered, aws}
}

func (r claimReader) claims(n *yaml.Node) map[string]any {
	object := make(map[string]any)
	for _, p := range r.pairs(n, "claims") {
		where := "claims." + p.key
		name := p.key
		if name == shortNamespace {
			name = awstoken.Namespace
		}
		if _, twice := object[name]; twice {
			r.fault(p.line, "claims: %q and %q are the same", shortNamespace, awstoken.Namespace)
		}
		object[name] = r.value(p.value, where)
		switch _, misplaced := r.aws[name]; {
		case misplaced:
			r.fault(p.line, "claims: %q belongs into the object %q", name, shortNamespace)
		case name == awstoken.Namespace && p.value.Kind == yaml.MappingNode:
			for _, inner := range r.pairs(p.value, where) {
				r.checkType(inner.value, where+"."+inner.key, r.aws[inner.key])
			}
		case slices.Contains(timeClaims, name):
			if problem := timeProblem(object[name]); problem != "" {
				r.fault(p.line, "%s: %s", where, problem)
			}
		default:
			r.checkType(p.value, where, r.registered[name])
		}
	}
	return object
}

// checkType refuses numbers and booleans where the vocabulary has strings. They
// are what is left of strings that someone forgot to quote. Other wrong types
// may be what a case is about.
func (r claimReader) checkType(n *yaml.Node, where string, wanted awstoken.Type) {
	switch {
	case wanted == "":
	case n.Kind == yaml.SequenceNode && wanted == awstoken.StringList:
		for _, element := range n.Content {
			r.checkType(element, where, awstoken.String)
		}
	case n.Kind == yaml.MappingNode && wanted == awstoken.StringMap:
		for i := 0; i+1 < len(n.Content); i += 2 {
			r.checkType(n.Content[i+1], where+"."+n.Content[i].Value, awstoken.String)
		}
	case n.Kind == yaml.ScalarNode:
		if k := kind(n); k == "a number" || k == "a boolean" {
			r.fault(n.Line, "%s: %s is %s, and the claim is a string: write it in quotes", where, terminal.Printable(n.Value), k)
		}
	}
}
