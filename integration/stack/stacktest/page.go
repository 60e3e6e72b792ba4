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
	return PageOf(t, path, string(content))
}

// PageOf is a page that has a text.
func PageOf(t *testing.T, path, text string) Page { return Page{Path: path, Text: text, t: t} }

var fence = regexp.MustCompile("^( *)```(.*)$")

// Blocks are the page's fenced blocks, of one language or of all where it is "all".
// Those of a list are indented, and lose their indentation. One without an end is a
// fault of the page.
func (p Page) Blocks(language string) (blocks []Block) {
	p.t.Helper()
	var open *Block
	indentation := ""
	number := 0
	for line := range strings.Lines(p.Text) {
		number++
		mark := fence.FindStringSubmatch(strings.TrimRight(line, "\n"))
		switch {
		case open == nil && mark != nil:
			open, indentation = &Block{Language: mark[2], Line: number + 1}, mark[1]
		case open != nil && mark != nil && mark[2] == "":
			if language == "all" || language == open.Language {
				blocks = append(blocks, *open)
			}
			open = nil
		case open != nil:
			open.Text += strings.TrimPrefix(line, indentation)
		}
	}
	if open != nil {
		p.t.Errorf("%s:%d: the block has no end", p.Path, open.Line-1)
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

// Replaced is a text with the first of each pair replaced by the second, wherever it
// stands; each has to be there.
func Replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	if len(pairs)%2 != 0 {
		t.Fatalf("nothing replaces %q", pairs[len(pairs)-1])
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}
