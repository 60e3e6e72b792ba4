package celpolicy

import (
	"fmt"
	"regexp"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"
)

// The versions of the extensions are pinned, so that a new cel-go neither adds
// a function to the language of policies nor changes one unseen. Version 5 of
// strings is the first whose functions have costs.
const (
	stringsVersion   = 5
	setsVersion      = 0
	optionalsVersion = 2
)

// newEnvironment declares the language of policies: CEL, the variables, the
// three extensions and the functions of this package.
func newEnvironment(vars map[string]variable) (*cel.Env, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("making CEL's types: %w", err)
	}
	options := []cel.EnvOption{
		cel.CustomTypeAdapter(adapter{registry}),
		cel.CustomTypeProvider(registry),
		cel.OptionalTypes(cel.OptionalTypesVersion(optionalsVersion)),
		ext.Strings(ext.StringsVersion(stringsVersion)),
		ext.Sets(ext.SetsVersion(setsVersion)),
		cel.Macros(hasMacro(vars)),
		cel.EnableMacroCallTracking(), // so that a part of a rule can be written as it was
		cel.DefaultUTCTimeZone(true),
		cel.ParserRecursionLimit(MaxRuleDepth),
		cel.ParserExpressionSizeLimit(MaxRuleBytes),
		cel.ExpressionNodeLimit(MaxRuleNodes),
		cel.ASTValidators(
			cel.ValidateDurationLiterals(),
			cel.ValidateTimestampLiterals(),
			// A list of mixed types is a list of dyn, in which 1 is merely
			// unequal to "1".
			cel.ValidateHomogeneousAggregateLiterals(),
		),
	}
	for name, v := range vars {
		options = append(options, cel.Variable(name, v.celType))
	}
	env, err := cel.NewEnv(append(options, ownFunctions()...)...)
	if err != nil {
		return nil, fmt.Errorf("making the language of policies: %w", err)
	}
	return env, nil
}

func ownFunctions() []cel.EnvOption {
	twoStrings := []*cel.Type{cel.StringType, cel.StringType}
	return []cel.EnvOption{
		cel.Function("in_ou", cel.Overload(inOUOverload,
			[]*cel.Type{cel.ListType(cel.StringType), cel.StringType}, cel.BoolType, cel.BinaryBinding(inOU))),
		cel.Function("arn_like", cel.Overload(arnLikeOverload, twoStrings, cel.BoolType, cel.BinaryBinding(arnLike))),
		cel.Function("ip_in", cel.Overload(ipInOverload, twoStrings, cel.BoolType, cel.BinaryBinding(ipIn))),
	}
}

// functionNames are those that a policy can spell as f(x) or x.f(); operators
// are functions, too.
func functionNames(env *cel.Env) []string {
	var names []string
	for name := range env.Functions() {
		if spelt.MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

var spelt = regexp.MustCompile(`^[a-z][A-Za-z_.]*$`)
