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
	d := display{keys: maxKeysShown}
	d.show(value)
	return d.b.String()
}

// display is a text as it grows.
type display struct {
	b    strings.Builder
	keys int // that may still be sorted
}

func (d *display) show(value any) {
	switch v := value.(type) {
	case string:
		d.b.WriteString(quoted(v))
	case time.Time:
		d.b.WriteString(v.UTC().Format(time.RFC3339))
	case []string:
		showList(d, "[", "]", slices.Values(v), func(element string) { d.show(element) })
	case []any:
		showList(d, "[", "]", slices.Values(v), d.show)
	case map[string]string:
		showMap(d, v)
	case map[string]any:
		showMap(d, v)
	case nil:
		d.b.WriteString("null")
	case bool:
		d.b.WriteString(strconv.FormatBool(v))
	case fmt.Stringer: // a number of a claim
		d.b.WriteString(cut(v.String()))
	default:
		d.b.WriteString(quoted(fmt.Sprint(v)))
	}
}

// showMap leaves out the whole of a map that is too large to sort.
func showMap[T any](d *display, m map[string]T) {
	if len(m) > d.keys {
		d.b.WriteString("{…}")
		return
	}
	d.keys -= len(m)
	showList(d, "{", "}", slices.Values(slices.Sorted(maps.Keys(m))), func(key string) {
		d.b.WriteString(quoted(key) + ": ")
		d.show(m[key])
	})
}

// showList stops once the text is long, at whatever depth.
func showList[T any](d *display, open, end string, elements func(func(T) bool), each func(T)) {
	d.b.WriteString(open)
	first := true
	for element := range elements {
		if !first {
			d.b.WriteString(", ")
		}
		first = false
		if d.b.Len() >= maxHintBytes {
			d.b.WriteString("…")
			break
		}
		each(element)
	}
	d.b.WriteString(end)
}

// shortened is configured text, cut.
func shortened(expression string) string {
	if short := cut(expression); short != expression {
		return short + "…"
	}
	return expression
}
