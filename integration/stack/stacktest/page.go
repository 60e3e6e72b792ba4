package stacktest

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// Page is a page of the documentation, whose snippets tests run, or a part of one.
type Page struct {
	Path    string // within the project
	Heading string // what the part stands below; "" for a whole page
	Text    string
	before  int // lines of the page, before the text
	t       *testing.T
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

// line is one line of a page.
type line struct {
	number  int    // within the text, from 1 on
	text    string // with its end
	within  bool   // a fenced block, whose fences are not within it
	opens   bool   // a fenced block
	indent  string // of the fence that opens
	names   string // the language that the fence names
	closing bool   // a fenced block
}

var fence = regexp.MustCompile("^( *)```(.*)$")

// lines are those of the text, with what their fences make of them.
func (p Page) lines() iter.Seq[line] {
	return func(yield func(line) bool) {
		number, open := 0, false
		for text := range strings.Lines(p.Text) {
			number++
			each := line{number: number, text: text}
			mark := fence.FindStringSubmatch(strings.TrimRight(text, "\n"))
			switch {
			case !open && mark != nil:
				each.opens, each.indent, each.names = true, mark[1], mark[2]
				open = true
			case open && mark != nil && mark[2] == "":
				each.closing = true
				open = false
			default:
				each.within = open
			}
			if !yield(each) {
				return
			}
		}
	}
}

// Blocks are the page's fenced blocks, of one language or of all where it is "all".
// Those of a list are indented, and lose their indentation. One without an end is a
// fault of the page.
func (p Page) Blocks(language string) []Block {
	p.t.Helper()
	blocks, err := p.blocks(language)
	if err != nil {
		p.t.Error(err)
	}
	return blocks
}

func (p Page) blocks(language string) (blocks []Block, err error) {
	var open *Block
	indentation := ""
	for each := range p.lines() {
		switch {
		case each.opens:
			open, indentation = &Block{Language: each.names, Line: p.before + each.number + 1}, each.indent
		case each.within:
			open.Text += strings.TrimPrefix(each.text, indentation)
		case each.closing:
			if language == "all" || language == open.Language {
				blocks = append(blocks, *open)
			}
			open = nil
		}
	}
	if open != nil {
		return blocks, fmt.Errorf("%s:%d: the block has no end", p.Path, open.Line-1)
	}
	return blocks, nil
}

// BlockWith is the one block of a language that has a text.
func (p Page) BlockWith(language, text string) string {
	p.t.Helper()
	block, err := p.blockWith(language, text)
	Must(p.t, err)
	return block
}

func (p Page) blockWith(language, text string) (string, error) {
	found, err := p.blocks(language)
	if err != nil {
		return "", err
	}
	found = slices.DeleteFunc(found, func(block Block) bool { return !strings.Contains(block.Text, text) })
	if len(found) != 1 {
		return "", fmt.Errorf("%d blocks of %q in %s have %q, one is wanted", len(found), language, p.Path, text)
	}
	return found[0].Text, nil
}

var heading = regexp.MustCompile("^(#+) (.*)\n")

// Sections are the parts of the page below the headings of a level, such as 2 for
// those that begin with ##, each with the parts of lower levels in it.
func (p Page) Sections(level int) (sections []Page) {
	below := false
	for each := range p.lines() {
		mark := heading.FindStringSubmatch(each.text)
		if mark != nil && !each.within && len(mark[1]) <= level {
			if below = len(mark[1]) == level; below {
				sections = append(sections, Page{Path: p.Path, Heading: mark[2], before: p.before + each.number, t: p.t})
				continue
			}
		}
		if below {
			sections[len(sections)-1].Text += each.text
		}
	}
	return sections
}

// Section is the one part of the page below a heading, such as "## Install".
func (p Page) Section(heading string) Page {
	p.t.Helper()
	section, err := p.section(heading)
	Must(p.t, err)
	return section
}

func (p Page) section(heading string) (Page, error) {
	marks, name, _ := strings.Cut(heading, " ")
	found := slices.DeleteFunc(p.Sections(len(marks)), func(section Page) bool { return section.Heading != name })
	if len(found) != 1 {
		return Page{}, fmt.Errorf("%d parts of %s are headed %q, one is wanted", len(found), p.Path, heading)
	}
	return found[0], nil
}

// Replaced is a text with the first of each pair replaced by the second, wherever
// it stands: all of its occurrences are. Each has to be there.
func Replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	text, err := replaced(text, pairs)
	Must(t, err)
	return text
}

func replaced(text string, pairs []string) (string, error) {
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("nothing replaces %q", pairs[len(pairs)-1])
	}
	for pair := range slices.Chunk(pairs, 2) {
		if !strings.Contains(text, pair[0]) {
			return "", fmt.Errorf("%q is not in\n%s", pair[0], text)
		}
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text, nil
}
