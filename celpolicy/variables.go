package celpolicy

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// variable is one qualified name of a policy and how its value is read. A read
// that fails returns a *types.Err.
type variable struct {
	celType *cel.Type
	value   func(*activation) any
}

// presencePrefix begins the names of the hidden variables that has() reads. A
// policy cannot spell it: no identifier of CEL begins with "@".
const presencePrefix = "@has:"

// pathVariable is the one variable that makes a policy refuse unsafe paths.
const pathVariable = "request.path"

// remoteIPVariable is the one that is what a client writes, where the server that
// asks believes it.
const remoteIPVariable = "request.remote_ip"

// requestTime is the one variable of a request that is not a string.
const requestTime = "request.time"

// newVariables returns all variables by name, the hidden ones included.
func newVariables() map[string]variable {
	vars := make(map[string]variable)
	for _, attr := range awstoken.Attributes() {
		vars[attr.Path] = attributeVariable(attr)
		vars[presencePrefix+attr.Path] = variable{cel.BoolType, func(a *activation) any {
			_, present := attr.Value(a.token)
			return present
		}}
	}
	vars[claimsPath] = variable{vars[claimsPath].celType, func(a *activation) any { return a.allClaims() }}
	vars[presencePrefix+claimsPath] = variable{cel.BoolType, func(a *activation) any { return len(a.allClaims()) > 0 }}
	for name, text := range map[string]requestText{
		"request.method": {func(a *activation) string { return a.request.Method }, nil},
		"request.host":   {func(a *activation) string { return a.request.Host }, (*activation).hostname},
		pathVariable:     {func(a *activation) string { return a.path }, nil},
		remoteIPVariable: {func(a *activation) string { return a.request.RemoteIP }, nil},
	} {
		vars[name] = variable{cel.StringType, func(a *activation) any { return text.value(name, a) }}
		vars[presencePrefix+name] = variable{cel.BoolType, func(a *activation) any { return text.raw(a) != "" }}
	}
	for _, name := range []string{pathVariable, presencePrefix + pathVariable} {
		vars[name] = unlessUnsafe(vars[name])
	}
	vars[requestTime] = variable{cel.TimestampType, func(a *activation) any {
		if a.request.Time.IsZero() {
			return types.NewErr("%s is absent", requestTime)
		}
		return a.request.Time
	}}
	vars[presencePrefix+requestTime] = variable{cel.BoolType, func(a *activation) any { return !a.request.Time.IsZero() }}
	return vars
}

// unlessUnsafe makes a rule fail that is asked about an unsafe path.
func unlessUnsafe(v variable) variable {
	return variable{v.celType, func(a *activation) any {
		if a.unsafePath {
			return types.NewErr("the path is unsafe: %s", a.path)
		}
		return v.value(a)
	}}
}

func attributeVariable(attr awstoken.Attribute) variable {
	return variable{celTypeOf(attr.Type), func(a *activation) any {
		value, present := attr.Value(a.token)
		if !present && attr.Type == awstoken.Timestamp {
			// A zero time is long past, so every comparison would mean something.
			return types.NewErr("%s is absent", attr.Path)
		}
		return value
	}}
}

func celTypeOf(t awstoken.Type) *cel.Type {
	switch t {
	case awstoken.String:
		return cel.StringType
	case awstoken.StringList:
		return cel.ListType(cel.StringType)
	case awstoken.Timestamp:
		return cel.TimestampType
	case awstoken.StringMap:
		return cel.MapType(cel.StringType, cel.StringType)
	case awstoken.DynMap:
		return cel.MapType(cel.StringType, cel.DynType)
	}
	panic(fmt.Sprintf("celpolicy: no CEL type for attributes of type %q", t))
}

// requestText is a variable of the request that is a string.
type requestText struct {
	raw    func(*activation) string
	refine func(*activation) string // nil when raw is what policies read
}

// value keeps a header of a megabyte from costing what the cost limit does not
// see: CEL counts the characters of a string before it charges them.
func (t requestText) value(name string, a *activation) any {
	text := t.raw(a)
	if t.refine != nil && len(text) <= MaxTextBytes {
		text = t.refine(a) // which makes three bytes of one that is not UTF-8
	}
	if len(text) > MaxTextBytes {
		return types.NewErr("%s is longer than %d bytes", name, MaxTextBytes)
	}
	return text
}

// isMap reports whether keys may follow the variable's name.
func (v variable) isMap() bool { return v.celType.Kind() == types.MapKind }

func isHidden(name string) bool { return strings.HasPrefix(name, presencePrefix) }
