package awstoken

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"testing"
)

// pair is a text that breaks one rule of strict JSON, and a control that keeps it
// and differs in nothing else.
type pair struct{ name, bad, control string }

// The corpus is generated: what must happen to a text follows from how it was
// made, and not from what a reader says of it.
func TestCorpus(t *testing.T) {
	for _, family := range []struct {
		name  string
		pairs []pair
		least int
	}{
		{"numbers", inPlaces(badNumbers()), 150},
		{"literals", inPlaces(badLiterals()), 100},
		{"arrays and objects", inPlaces(badStructures()), 200},
		{"surrogates", inStrings(badSurrogates()), 150},
		{"UTF-8", inStrings(badUTF8()), 200},
		{"control characters", inStrings(controlCharacters()), 300},
		{"escapes", inStrings(badEscapes()), 150},
		{"encodings", badEncodings(), 10},
		{"white space", badSpaces(), 300},
		{"ends", badEnds(), 50},
		{"kinds", badKinds(), 10},
		{"depth", badDepths(), 10},
		{"counts", badCounts(), 5},
		{"names twice", namesTwice(), 100},
	} {
		t.Run(family.name, func(t *testing.T) {
			for _, p := range family.pairs {
				wantRefused(t, p.name, p.bad)
				wantAccepted(t, p.name+", the control", p.control)
			}
			if len(family.pairs) < family.least {
				t.Errorf("%d pairs, want %d or more", len(family.pairs), family.least)
			}
		})
	}
}

func wantRefused(t *testing.T, name, text string) {
	t.Helper()
	object, err := ParseObject([]byte(text))
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || object != nil {
		t.Errorf("%s: %.80q was read as %v (%v), want a SyntaxError", name, text, object, err)
	}
}

// wantAccepted also asks that encoding/json reads the same.
func wantAccepted(t *testing.T, name, text string) map[string]any {
	t.Helper()
	object, err := ParseObject([]byte(text))
	if err != nil {
		t.Errorf("%s: %.80q was refused: %v", name, text, err)
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	var theirs map[string]any
	if err := dec.Decode(&theirs); err != nil {
		t.Errorf("%s: %.80q is refused by encoding/json: %v", name, text, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		t.Errorf("%s: encoding/json finds something behind %.80q: %v", name, text, err)
	}
	if !reflect.DeepEqual(object, theirs) {
		t.Errorf("%s: %.80q is %v to us and %v to encoding/json", name, text, object, theirs)
	}
	return object
}

// inPlaces puts a value wherever one may stand.
func inPlaces(values []pair) (pairs []pair) {
	for _, place := range []struct{ name, before, behind string }{
		{"alone", `{"a":`, `}`},
		{"first", `{"a":`, `,"b":true}`},
		{"last", `{"b":"","a":`, "\n}"},
		{"in an array", `{"a":[`, `]}`},
		{"among elements", `{"a":[{},`, ` ,[]]}`},
		{"within", `{"x":{"y":[{"a":`, `}]}}`},
	} {
		for _, v := range values {
			pairs = append(pairs, pair{v.name + ", " + place.name, place.before + v.bad + place.behind, place.before + v.control + place.behind})
		}
	}
	return pairs
}

// inStrings puts a piece of a string into names and values, between other text.
func inStrings(pieces []pair) (pairs []pair) {
	var values []pair
	for _, p := range pieces {
		values = append(values, pair{p.name, `"` + p.bad + `"`, `"` + p.control + `"`},
			pair{p.name + " amid text", `"é\\` + p.bad + `x"`, `"é\\` + p.control + `x"`})
		pairs = append(pairs, pair{p.name + ", in a name", `{"` + p.bad + `":1}`, `{"` + p.control + `":1}`},
			pair{p.name + ", in a name within", `{"x":[{"y":0,"` + p.bad + `":1}]}`, `{"x":[{"y":0,"` + p.control + `":1}]}`})
	}
	return append(pairs, inPlaces(values)...)
}
