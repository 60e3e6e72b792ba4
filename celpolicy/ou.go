package celpolicy

import (
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// inOU is in_ou(paths, id).
func inOU(paths, id ref.Val) ref.Val {
	wanted := string(id.(types.String))
	for it := paths.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		path, ok := it.Next().(types.String)
		if !ok {
			return types.NewErr("in_ou: an element of the list is not a string")
		}
		if hasSegment(string(path), wanted) {
			return types.True
		}
	}
	return types.False
}

// hasSegment compares whole segments, so that ou-ab12-1 is not found in
// ou-ab12-11111111. The empty segment behind a trailing slash names nothing.
func hasSegment(path, wanted string) bool {
	if wanted == "" {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == wanted {
			return true
		}
	}
	return false
}
