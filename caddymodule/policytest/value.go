package policytest

import (
	"encoding/json"
	"maps"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// value reads what JSON can say: map[string]any, []any, string, json.Number,
// bool and nil. A time that is not quoted is the string that stands there.
func (r *reader) value(n *yaml.Node, where string) any {
	switch n.ShortTag() {
	case "!!map":
		object := make(map[string]any)
		for _, p := range r.pairs(n, where) {
			object[p.key] = r.value(p.value, where+"."+p.key)
		}
		return object
	case "!!seq":
		list := make([]any, 0, len(n.Content))
		for _, element := range n.Content {
			list = append(list, r.value(element, where))
		}
		return list
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		if !json.Valid([]byte(n.Value)) {
			r.fault(n.Line, "%s: JSON has no number %s: write it in quotes, or in digits", where, terminal.Quote(n.Value))
		}
		return json.Number(n.Value)
	}
	return n.Value
}

// merge puts over into base, member by member, and changes neither. A null
// stays, since it says that a default is not wanted either.
func merge(base, over map[string]any) map[string]any {
	merged := maps.Clone(base)
	if merged == nil {
		merged = make(map[string]any, len(over))
	}
	for name, value := range over {
		inner, isObject := value.(map[string]any)
		below, wasObject := merged[name].(map[string]any)
		if isObject && wasObject {
			merged[name] = merge(below, inner)
		} else {
			merged[name] = value
		}
	}
	return merged
}

// withoutNulls returns a copy that may be changed.
func withoutNulls(object map[string]any) map[string]any {
	kept := make(map[string]any, len(object)+4)
	for name, value := range object {
		switch v := value.(type) {
		case nil:
		case map[string]any:
			kept[name] = withoutNulls(v)
		default:
			kept[name] = v
		}
	}
	return kept
}
