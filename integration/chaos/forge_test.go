package main

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestForge(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	raw := encode([]byte(`{"alg":"ES384","kid":"EC384_3"}`)) + "." + encode([]byte(`{"iss":"http://127.0.0.1:1/a","exp":1795379755}`)) + ".c2ln"
	if n, err := generationOf(raw); err != nil || n != 3 {
		t.Errorf("generation %d, %v", n, err)
	}
	for s, changed := range map[spoil]int{forged: 1, unknownKid: 0, invented: 1} {
		out, err := forge(s, raw, "http://127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		before, after := strings.Split(raw, "."), strings.Split(out, ".")
		for n := range before {
			if same := before[n] == after[n]; same != (n != changed) {
				t.Errorf("%s: part %d is the same: %t", s, n, same)
			}
		}
		claims, err := part(out, 1)
		if err != nil || claims["exp"] != 1795379755.0 || (claims["iss"] == "http://127.0.0.1:1/a") != (s != invented) {
			t.Errorf("%s: %v, %v", s, claims, err)
		}
	}
	for _, odd := range []string{"", "a.b", "!.b.c", encode([]byte("{")) + ".b.c", encode([]byte(`{"kid":"x"}`)) + ".b.c"} {
		if _, err := generationOf(odd); err == nil {
			t.Errorf("%q has a generation", odd)
		}
	}
}
