package awstoken

import (
	"fmt"
	"strings"
	"testing"
)

// nested is an object of the depth, in objects, arrays or both by turns.
func nested(kind string, depth int) string {
	var head, tail strings.Builder
	for level := 1; level <= depth; level++ {
		// The outermost is an object.
		if array := kind == "arrays" || kind == "both" && level%2 == 0; array && level > 1 {
			head.WriteString("[")
			tail.WriteString("]")
		} else {
			head.WriteString(`{"a":`)
			tail.WriteString("}")
		}
	}
	ends := []byte(tail.String())
	for i, j := 0, len(ends)-1; i < j; i, j = i+1, j-1 {
		ends[i], ends[j] = ends[j], ends[i]
	}
	return head.String() + "1" + string(ends)
}

func badDepths() (pairs []pair) {
	for _, kind := range []string{"objects", "arrays", "both"} {
		for _, bad := range []int{MaxDepth + 1, 2 * MaxDepth, 100_000} {
			for _, good := range []int{MaxDepth, MaxDepth - 1} {
				name := fmt.Sprintf("%d %s, and %d", bad, kind, good)
				pairs = append(pairs, pair{name, nested(kind, bad), nested(kind, good)})
			}
		}
	}
	brackets := strings.Repeat("[{", 100)
	return append(pairs,
		pair{"brackets, and those in a string", `{"a":` + brackets + `}`, `{"a":"` + brackets + `"}`},
		pair{"brackets behind an escaped quote", `{"a":"\\"` + brackets + `}`, `{"a":"\"` + brackets + `"}`},
		// Ends make up for nothing that begins later.
		pair{"ends first", `{"a":` + strings.Repeat("]", 50) + strings.Repeat("[", 50) + `}`, `{"a":[[],[]]}`},
	)
}

func badCounts() []pair {
	elements := func(n int) string { return `{"a":[` + strings.Repeat("1,", n-1) + `1]}` }
	objects := func(n int) string { return `{"a":[` + strings.Repeat("{},", n-1) + `{}]}` }
	members := func(n int) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, `,"n%d":%d`, i, i)
		}
		return "{" + text.String()[1:] + "}"
	}
	most := MaxValues
	return []pair{
		{"elements", elements(most), elements(most - 1)},
		{"empty objects", objects(most / 2), objects(most/2 - 1)},
		{"members", members(most + 1), members(most)},
		{"100,000 members", members(100_000), members(most)},
		{"100,000 elements", elements(100_000), elements(10)},
		{"commas, and those in a string", `{"a":[` + strings.Repeat(",", 5000) + `]}`, `{"a":"` + strings.Repeat(",", 5000) + `"}`},
	}
}

// The size is not what is bounded here: who reads a token sees to that, before it
// is decoded.
func TestParseObjectOfAnySize(t *testing.T) {
	const frame = `{"a":""}`
	for _, size := range []int{16<<10 - 1, 16 << 10, 16<<10 + 1, 1 << 20} {
		text := strings.Repeat("x", size-len(frame))
		object := wantAccepted(t, fmt.Sprintf("%d bytes", size), frame[:6]+text+frame[6:])
		if object["a"] != text {
			t.Errorf("of %d bytes another text was read", size)
		}
	}
}

// What is too deep or too much costs next to nothing.
func TestTooMuchIsCheap(t *testing.T) {
	for name, text := range map[string]string{
		"100,000 objects in each other": nested("objects", 100_000),
		"100,000 objects, none ended":   strings.Repeat(`{"a":`, 100_000),
		"100,000 members":               badCounts()[3].bad,
	} {
		allocs := testing.AllocsPerRun(5, func() {
			if _, err := ParseObject([]byte(text)); err == nil {
				t.Fatal("accepted")
			}
		})
		if allocs > 10 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}
