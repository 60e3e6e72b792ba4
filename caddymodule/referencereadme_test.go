package caddymodule

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The grammar in the README, and the table, have the same lines.
func TestReadmeHasEachLine(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	grammar := regexp.MustCompile("(?ms)^```[a-z]*\n(aws_jwt \\[<matcher>\\] \\{.*?)^```$").FindStringSubmatch(string(readme))
	if grammar == nil {
		t.Fatal("the README does not show the directive")
	}
	var shown, known []string
	var within []string
	for line := range strings.Lines(regexp.MustCompile(`\s+#.*`).ReplaceAllString(grammar[1], "\n")) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "}":
			within = within[:len(within)-1]
		default:
			shown = append(shown, strings.Join(append(slices.Clone(within), words[0]), " "))
			if words[len(words)-1] == "{" {
				within = append(within, words[0])
			}
		}
	}
	var list func(path string, block manual)
	list = func(path string, block manual) {
		known = append(known, path)
		if block != nil {
			for _, e := range block.(interface{ entries() []entry }).entries() {
				list(path+" "+e.name, e.block)
			}
		}
	}
	list("aws_jwt", handlerLines)
	if shown, known = sorted(shown), sorted(known); !slices.Equal(shown, known) {
		t.Errorf("the README has %q, the table %q", shown, known)
	}
}
