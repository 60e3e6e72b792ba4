package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// sampleOf is a sample of a stack, the outermost function first.
func sampleOf(took int64, stack ...string) *profile.Sample {
	s := &profile.Sample{Value: []int64{1, took}}
	for _, name := range slices.Backward(stack) {
		s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: name}}}})
	}
	return s
}

func TestSharesAreThoseOfTheRoot(t *testing.T) {
	root, inner := module+"caddymodule.(*Handler).ServeHTTP", module+"identity.(*Headers).Strip"
	got, err := shares(&profile.Profile{Sample: []*profile.Sample{
		sampleOf(60, "main", root, inner, "runtime.mallocgc"),
		sampleOf(20, "main", root, inner, inner), // one that calls itself counts once
		sampleOf(19, "main", root, "strings.Cut"),
		sampleOf(1, "main", root, module+"caddymodule.rarely"),
		sampleOf(900, "main", inner), // not on the root's behalf
	}}, "caddymodule.(*Handler).ServeHTTP")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range got[1:] {
		lines = append(lines, strings.Join(line, " "))
	}
	want := []string{"`caddymodule.(*Handler).ServeHTTP` 100 %", "`identity.(*Headers).Strip` 80 %", "`runtime.mallocgc` 60 %"}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	if _, err := shares(&profile.Profile{Sample: []*profile.Sample{sampleOf(1, "main", inner)}}, "ServeHTTP"); err == nil {
		t.Error("a profile without the root is told as if it had it")
	}
}
