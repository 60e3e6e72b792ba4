package awsside

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// terraformResources are the resources of the AWS provider that pages show, with
// the arguments and blocks that each needs ("!") or may have, and behind a "." what
// others may read of them.
var terraformResources = map[string][]string{
	"aws_iam_outbound_web_identity_federation": {".issuer_identifier", ".jwt_vending_enabled"},
	"aws_iam_role":                     {"name", "path", "assume_role_policy!", "description", "max_session_duration", "tags", ".arn", ".id", ".name"},
	"aws_iam_role_policy":              {"name", "role!", "policy!", ".id"},
	"aws_iam_policy":                   {"name", "path", "description", "policy!", "tags", ".arn"},
	"aws_iam_role_policy_attachment":   {"role!", "policy_arn!"},
	"aws_iam_instance_profile":         {"name", "path", "role", "tags", ".arn", ".name"},
	"aws_eks_pod_identity_association": {"cluster_name!", "namespace!", "service_account!", "role_arn!"},
	"aws_lambda_function": {"function_name!", "role!", "filename", "source_code_hash", "handler", "runtime", "timeout", "memory_size",
		"layers", "environment", "vpc_config", "tags", "description", "reserved_concurrent_executions", ".arn", ".function_name"},
}

// terraformBlocks may stand beside resources.
var terraformBlocks = []string{"terraform", "provider", "variable", "locals", "output", "data"}

// declared are the resources of all blocks of a page, as type.name.
func declared(blocks []stacktest.Block) (resources []string) {
	for _, block := range blocks {
		body, err := parseTerraform(block.Text)
		if err != nil {
			continue // told by terraformFaults
		}
		for _, each := range body.Blocks {
			if each.Type == "resource" {
				resources = append(resources, strings.Join(each.Labels, "."))
			}
		}
	}
	return resources
}

func parseTerraform(text string) (*hclsyntax.Body, error) {
	file, diagnostics := hclparse.NewParser().ParseHCL([]byte(text), "main.tf")
	if diagnostics.HasErrors() {
		return nil, fmt.Errorf("parsing Terraform: %w", diagnostics)
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return nil, errors.New("parsing Terraform: another syntax")
	}
	return body, nil
}

func terraformFaults(text string, resources, audiences []string, policies []policy) (faults []error) {
	body, err := parseTerraform(text)
	if err != nil {
		return []error{err}
	}
	for name := range body.Attributes {
		faults = append(faults, fmt.Errorf("%s stands in no block", name))
	}
	for _, block := range body.Blocks {
		if slices.Contains(terraformBlocks, block.Type) {
			faults = append(faults, referenceFaults(block.Body, resources)...)
			continue
		}
		if block.Type != "resource" || len(block.Labels) != 2 {
			faults = append(faults, fmt.Errorf("a block %s %q", block.Type, block.Labels))
			continue
		}
		arguments, known := terraformResources[block.Labels[0]]
		if !known {
			faults = append(faults, fmt.Errorf("%s is no resource that is known here", block.Labels[0]))
			continue
		}
		faults = append(faults, argumentFaults(block, arguments)...)
		faults = append(faults, referenceFaults(block.Body, resources)...)
		for _, name := range []string{"policy", "assume_role_policy"} {
			if attribute, is := block.Body.Attributes[name]; is {
				faults = append(faults, policyFaults(attribute.Expr, audiences, policies)...)
			}
		}
	}
	return faults
}

func argumentFaults(block *hclsyntax.Block, arguments []string) (faults []error) {
	given := []string{}
	for name := range block.Body.Attributes {
		given = append(given, name)
	}
	for _, inner := range block.Body.Blocks {
		given = append(given, inner.Type)
	}
	for _, name := range given {
		meta := []string{"for_each", "count", "depends_on", "provider", "lifecycle"} // of every resource
		if !slices.Contains(arguments, name) && !slices.Contains(arguments, name+"!") && !slices.Contains(meta, name) {
			faults = append(faults, fmt.Errorf("%s has no argument %s", block.Labels[0], name))
		}
	}
	for _, argument := range arguments {
		if needed, is := strings.CutSuffix(argument, "!"); is && !slices.Contains(given, needed) {
			faults = append(faults, fmt.Errorf("%s lacks %s", block.Labels[0], needed))
		}
	}
	return faults
}

// referenceFaults: what an expression names of a resource is there.
func referenceFaults(body *hclsyntax.Body, resources []string) (faults []error) {
	for _, attribute := range body.Attributes {
		for _, traversal := range attribute.Expr.Variables() {
			path := steps(traversal)
			if len(path) < 2 || !strings.HasPrefix(path[0], "aws_") {
				continue // a variable, a local, an each or a data source
			}
			if !slices.Contains(resources, path[0]+"."+path[1]) {
				faults = append(faults, fmt.Errorf("the page has no %s.%s", path[0], path[1]))
			} else if len(path) > 2 && !slices.Contains(terraformResources[path[0]], "."+path[2]) {
				faults = append(faults, fmt.Errorf("%s gives no %s", path[0], path[2]))
			}
		}
	}
	for _, inner := range body.Blocks {
		faults = append(faults, referenceFaults(inner.Body, resources)...)
	}
	return faults
}

// steps are the names of a traversal up to its first index.
func steps(traversal hcl.Traversal) (path []string) {
	for _, step := range traversal {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			path = append(path, s.Name)
		case hcl.TraverseAttr:
			path = append(path, s.Name)
		default:
			return path
		}
	}
	return path
}

// policyFaults: a policy is the JSON of an expression, and lets nobody have tokens
// but as a policy of the page does.
func policyFaults(expression hclsyntax.Expression, audiences []string, policies []policy) []error {
	context := &hcl.EvalContext{
		Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc},
		Variables: stand(expression.Variables()),
	}
	value, diagnostics := expression.Value(context)
	if diagnostics.HasErrors() {
		return []error{fmt.Errorf("evaluating a policy: %w", diagnostics)}
	}
	if !value.IsWhollyKnown() || value.Type() != cty.String {
		return []error{errors.New("a policy is no jsonencode of what stands on the page")}
	}
	if !json.Valid([]byte(value.AsString())) { // the whole of it is a reference
		return nil
	}
	p, err := readPolicy([]byte(value.AsString()))
	if err != nil {
		return []error{err}
	}
	faults := p.faults(audiences)
	for _, s := range p.Statement {
		same := func(other policy) bool {
			return slices.ContainsFunc(other.Statement, func(o statement) bool { return reflect.DeepEqual(o, s) })
		}
		if s.givesTokens() && !slices.ContainsFunc(policies, same) {
			faults = append(faults, errors.New("the policy lets a role have other tokens than that in json"))
		}
	}
	return faults
}

// stand has a text in place of each thing that an expression refers to.
func stand(traversals []hcl.Traversal) map[string]cty.Value {
	tree := make(map[string]any)
	for _, traversal := range traversals {
		node := tree
		path := steps(traversal)
		for _, name := range path[:len(path)-1] {
			inner, ok := node[name].(map[string]any)
			if !ok {
				inner = make(map[string]any)
				node[name] = inner
			}
			node = inner
		}
		if _, taken := node[path[len(path)-1]]; !taken {
			node[path[len(path)-1]] = strings.Join(path, ".")
		}
	}
	return objects(tree)
}

func objects(tree map[string]any) map[string]cty.Value {
	values := make(map[string]cty.Value)
	for name, inner := range tree {
		switch v := inner.(type) {
		case map[string]any:
			values[name] = cty.ObjectVal(objects(v))
		case string:
			values[name] = cty.StringVal(v)
		}
	}
	return values
}
