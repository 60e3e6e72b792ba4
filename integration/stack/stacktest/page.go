package stacktest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// Page is a page of the documentation, whose snippets tests run.
type Page struct {
	Path string // within the project
	Text string
	t    *testing.T
}

// Block is one fenced block of a page.
type Block struct {
	Language string // as the fence names it; "" where it names none
	Text     string
	Line     int // of its first line of text
}

// ReadPage reads a page by its path within the project, such as "docs/spiffe.md".
func ReadPage(t *testing.T, path string) Page {
	t.Helper()
	root, err := stack.Root()
	Must(t, err)
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	Must(t, err)
	return Page{Path: path, Text: string(content), t: t}
}

var fences = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// Blocks are the page's fenced blocks, of one language or of all where it is "all".
func (p Page) Blocks(language string) (blocks []Block) {
	for _, at := range fences.FindAllStringSubmatchIndex(p.Text, -1) {
		block := Block{Language: p.Text[at[2]:at[3]], Text: p.Text[at[4]:at[5]], Line: 1 + strings.Count(p.Text[:at[4]], "\n")}
		if language == "all" || language == block.Language {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// BlockWith is the one block of a language that has a text.
func (p Page) BlockWith(language, text string) string {
	p.t.Helper()
	found := slices.DeleteFunc(p.Blocks(language), func(block Block) bool { return !strings.Contains(block.Text, text) })
	if len(found) != 1 {
		p.t.Fatalf("%d blocks of %q in %s have %q, one is wanted", len(found), language, p.Path, text)
	}
	return found[0].Text
}

// Replaced is a text with the first of each pair replaced by the second; each has
// to be there.
func Replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}
