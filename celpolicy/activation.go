package celpolicy

import (
	"encoding/json"
	"math"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// activation lends a token and a request to CEL under the names of variables,
// each read when a rule reads it.
type activation struct {
	variables map[string]variable
	token     *awstoken.Token
	request   *Request
	host      string         // made of request.Host when it is first read
	claims    map[string]any // made of token when they are first read, for a rule may read them thousands of times

	// path is decoded, and set when the policy reads it; or it is what makes the
	// path unsafe, which no rule reads but to be explained.
	path       string
	unsafePath bool

	looks     looks
	explained bool // people wait for it, so that it may take milliseconds
}

// ResolveName implements [interpreter.Activation].
func (a *activation) ResolveName(name string) (any, bool) {
	v, ok := a.variables[name]
	if !ok {
		return nil, false
	}
	return v.value(a), true
}

func (a *activation) hostname() string {
	if a.host == "" {
		a.host = hostname(a.request.Host)
	}
	return a.host
}

func (a *activation) allClaims() map[string]any {
	if a.claims == nil {
		a.claims = a.token.Claims()
	}
	return a.claims
}

// Parent implements [interpreter.Activation].
func (a *activation) Parent() interpreter.Activation { return nil }

// adapter makes CEL values of what awstoken.ParseObject returns. It wraps the
// containers itself, for theirs would adapt the elements without it.
type adapter struct{ types.Adapter }

func (a adapter) NativeToValue(value any) ref.Val {
	switch v := value.(type) {
	case json.Number:
		return number(v)
	case []any:
		return types.NewDynamicList(a, v)
	case map[string]any:
		return types.NewStringInterfaceMap(a, v)
	}
	return a.Adapter.NativeToValue(value)
}

// maxNumberBytes is how long a number of a claim may be. Reading one takes
// longer than the unit that CEL charges, and a token may hold thousands of digits.
const maxNumberBytes = 64

// number is an int when it is whole and fits one, however it is spelt, and a
// double otherwise.
func number(n json.Number) ref.Val {
	if len(n) > maxNumberBytes {
		return types.NewErr("a number is too long")
	}
	if i, err := n.Int64(); err == nil {
		return types.Int(i)
	}
	f, err := n.Float64()
	if err != nil {
		return types.NewErr("a number is out of range")
	}
	if f == math.Trunc(f) && f >= math.MinInt64 && f < math.MaxInt64 {
		return types.Int(int64(f))
	}
	return types.Double(f)
}
