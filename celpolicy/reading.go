package celpolicy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// reading is an attribute of the token or the request as a rule spells it: a
// variable, and the keys behind it when it is a map.
type reading struct {
	path     string
	variable string
	keys     []string
	wanted   []string // the literals that the rule compares it with
}

const (
	principalTags = "aws_token.principal_tags"
	requestTags   = "aws_token.request_tags"
	claimsPath    = "aws_token.claims"
	ouPath        = "aws_token.org.ou_path"
)

// readings returns what the rule reads, each once, in the order of the text.
// What has() asks for is read as well.
func (in *checkedRule) readings(vars map[string]variable) []reading {
	list := readingsOf(in.tree.Expr(), vars)
	want := func(e ast.Expr, literals []ast.Expr) {
		r, rest, ok := asReading(e, vars)
		i := slices.IndexFunc(list, r.same)
		if !ok || len(rest) > 0 || i < 0 {
			return
		}
		for _, each := range literals {
			if text, literal := stringLiteral(each); literal {
				list[i].wanted = append(list[i].wanted, text)
			}
		}
	}
	ast.PreOrderVisit(in.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch calledFunction(e) {
		case operators.Equals:
			args := e.AsCall().Args()
			want(args[0], args[1:])
			want(args[1], args[:1])
		case operators.In:
			if args := e.AsCall().Args(); args[1].Kind() == ast.ListKind {
				want(args[0], args[1].AsList().Elements())
			}
		}
	}))
	return list
}

// same reports whether both read the same, however it is spelt.
func (r reading) same(other reading) bool {
	return r.variable == other.variable && slices.Equal(r.keys, other.keys)
}

func readingsOf(e ast.Expr, vars map[string]variable) []reading {
	var list []reading
	var walk func(e ast.Expr)
	walk = func(e ast.Expr) {
		if r, rest, ok := asReading(e, vars); ok {
			if !slices.ContainsFunc(list, r.same) {
				list = append(list, r)
			}
			for _, inner := range rest {
				walk(inner)
			}
			return
		}
		for _, child := range children(e) {
			walk(child)
		}
	}
	walk(e)
	return list
}

// asReading reads a variable with the constant keys behind it, and "key" in a
// map. The rest are expressions that stand in it as keys or indices.
func asReading(e ast.Expr, vars map[string]variable) (r reading, rest []ast.Expr, ok bool) {
	switch e.Kind() {
	case ast.IdentKind:
		name := strings.TrimPrefix(strings.TrimPrefix(e.AsIdent(), "."), presencePrefix)
		_, known := vars[name]
		return reading{path: name, variable: name}, nil, known
	case ast.SelectKind:
		sel := e.AsSelect()
		return behind(sel.Operand(), sel.FieldName(), spelledField(sel.FieldName()), vars)
	case ast.CallKind:
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.Index, operators.OptIndex:
			if key, literal := stringLiteral(args[1]); literal {
				return behind(args[0], key, "["+strconv.Quote(key)+"]", vars)
			}
			r, rest, ok = asReading(args[0], vars)
			return r, append(rest, args[1]), ok
		case operators.OptSelect:
			if key, literal := stringLiteral(args[1]); literal {
				return behind(args[0], key, spelledField(key), vars)
			}
		case operators.In:
			if key, literal := stringLiteral(args[0]); literal {
				r, rest, ok = behind(args[1], key, "["+strconv.Quote(key)+"]", vars)
				return r, rest, ok && vars[r.variable].isMap()
			}
		}
	default:
	}
	return reading{}, nil, false
}

// behind is the reading of a key in what e reads. Behind an index that is no
// constant there is no telling which key it is, and the map is what is read.
func behind(e ast.Expr, key, spelling string, vars map[string]variable) (r reading, rest []ast.Expr, ok bool) {
	r, rest, ok = asReading(e, vars)
	if ok && len(rest) == 0 && vars[r.variable].isMap() {
		r.path += spelling
		r.keys = append(r.keys[:len(r.keys):len(r.keys)], key)
	}
	return r, rest, ok
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func spelledField(name string) string {
	if identifier.MatchString(name) {
		return "." + name
	}
	return ".`" + name + "`"
}

func children(e ast.Expr) []ast.Expr {
	var list []ast.Expr
	switch e.Kind() {
	case ast.CallKind:
		if e.AsCall().IsMemberFunction() {
			list = append(list, e.AsCall().Target())
		}
		list = append(list, e.AsCall().Args()...)
	case ast.SelectKind:
		list = append(list, e.AsSelect().Operand())
	case ast.ListKind:
		list = e.AsList().Elements()
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			list = append(list, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
	case ast.ComprehensionKind:
		loop := e.AsComprehension()
		list = append(list, loop.IterRange(), loop.AccuInit(), loop.LoopCondition(), loop.LoopStep(), loop.Result())
	default:
	}
	return list
}

// value returns what the token or the request has there. It never panics: it is
// asked for hints, when the decision is made.
func (r reading) value(a *activation) (value any, present bool) {
	defer func() {
		if recover() != nil {
			value, present = nil, false
		}
	}()
	if there, _ := a.variables[presencePrefix+r.variable].value(a).(bool); !there {
		return nil, false
	}
	value = a.variables[r.variable].value(a)
	if _, failed := value.(*types.Err); failed { // a text that is too long
		return nil, false
	}
	for _, key := range r.keys {
		switch m := value.(type) {
		case map[string]string:
			value, present = m[key]
		case map[string]any:
			value, present = m[key]
		default:
			present = false
		}
		if !present {
			return nil, false
		}
	}
	return value, true
}
