package identity

import (
	"net/http"
	"reflect"
	"testing"
)

// Whatever memory is lent, the header is the same, no field grows into another
// one's value, and what the lender has kept for itself stays.
func TestSetInLentMemory(t *testing.T) {
	headers := mustNew(t, Config{DefaultHeaders: true})
	want := make(http.Header)
	if err := headers.Set(want, testToken(), nil); err != nil {
		t.Fatal(err)
	}
	for name, memory := range map[string][]string{
		"none": nil, "just enough": make([]string, 0, 5), "too little": make([]string, 0, 4),
		"more": make([]string, 0, 9), "behind what is the lender's": append(make([]string, 0, 6), "mine"),
	} {
		header := make(http.Header)
		if err := headers.SetIn(memory, header, testToken(), nil); err != nil {
			t.Fatal(err)
		}
		for field := range header {
			_ = append(header[field], "grown")
		}
		if !reflect.DeepEqual(header, want) {
			t.Errorf("%s: got %v, want %v", name, header, want)
		}
		if len(memory) > 0 && memory[0] != "mine" {
			t.Errorf("%s: what was the lender's is %q now", name, memory[0])
		}
	}
}

// The memory is used, so that a request that lends some allocates none for them.
func TestSetInUsesTheMemory(t *testing.T) {
	headers := mustNew(t, Config{DefaultHeaders: true})
	memory, header := make([]string, 0, 5), make(http.Header, 5)
	for name, tt := range map[string]struct {
		memory []string
		want   float64
	}{"lent": {memory, 0}, "none": {nil, 1}} {
		got := testing.AllocsPerRun(100, func() {
			if err := headers.SetIn(tt.memory, header, testToken(), nil); err != nil {
				t.Fatal(err)
			}
		})
		base := testing.AllocsPerRun(100, func() { testToken() })
		if got-base != tt.want {
			t.Errorf("%s: %v allocations, want %v", name, got-base, tt.want)
		}
	}
}
