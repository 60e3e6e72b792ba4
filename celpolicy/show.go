package celpolicy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shown is a value as hints and explanations have it: text quoted and cut, the
// rest of a long list or map left out.
func shown(value any) string {
	var b strings.Builder
	show(&b, value)
	return b.String()
}

func show(b *strings.Builder, value any) {
	switch v := value.(type) {
	case string:
		b.WriteString(quoted(v))
	case time.Time:
		b.WriteString(v.UTC().Format(time.RFC3339))
	case []string:
		showList(b, "[", "]", slices.Values(v), func(element string) { show(b, element) })
	case []any:
		showList(b, "[", "]", slices.Values(v), func(element any) { show(b, element) })
	case map[string]string:
		showList(b, "{", "}", slices.Values(slices.Sorted(maps.Keys(v))), func(key string) {
			b.WriteString(quoted(key) + ": ")
			show(b, v[key])
		})
	case map[string]any:
		showList(b, "{", "}", slices.Values(slices.Sorted(maps.Keys(v))), func(key string) {
			b.WriteString(quoted(key) + ": ")
			show(b, v[key])
		})
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case fmt.Stringer: // a number of a claim
		b.WriteString(cut(v.String()))
	default:
		b.WriteString(quoted(fmt.Sprint(v)))
	}
}

// showList stops once the text is long, at whatever depth.
func showList[T any](b *strings.Builder, open, end string, elements func(func(T) bool), each func(T)) {
	b.WriteString(open)
	first := true
	for element := range elements {
		if !first {
			b.WriteString(", ")
		}
		first = false
		if b.Len() >= maxHintBytes {
			b.WriteString("…")
			break
		}
		each(element)
	}
	b.WriteString(end)
}

// shortened is configured text, cut.
func shortened(expression string) string {
	if short := cut(expression); short != expression {
		return short + "…"
	}
	return expression
}
