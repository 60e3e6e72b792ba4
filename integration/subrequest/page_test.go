package subrequest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// docs/recipes/forward-auth.md has a row for each line of original, in its order,
// and links that lead to files. What it says of nginx and HAProxy, the other tests
// show with the files that it names.
func TestPage(t *testing.T) {
	root, err := stack.Root()
	must(t, err)
	directory := filepath.Join(root, "docs", "recipes")
	text, err := os.ReadFile(filepath.Join(directory, "forward-auth.md"))
	must(t, err)
	var have []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+) <field>` \\|").FindAllStringSubmatch(string(text), -1) {
		have = append(have, row[1])
	}
	if want := []string{"method", "host", "uri", "client_ip"}; !slices.Equal(have, want) {
		t.Errorf("the table of original has %v, want %v", have, want)
	}
	links := regexp.MustCompile(`\]\(([^)#:]+)[^)]*\)`).FindAllStringSubmatch(string(text), -1)
	if len(links) < 4 {
		t.Errorf("%d links", len(links))
	}
	for _, link := range links {
		if _, err := os.Stat(filepath.Join(directory, link[1])); err != nil {
			t.Errorf("link: %v", err)
		}
	}
}
