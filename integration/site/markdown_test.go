package site

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// source is a page as it is read where it is kept.
type source struct {
	anchors, links []string
	first          ast.Node
}

var sources = make(map[string]*source)

func readSource(t *testing.T, name string) *source {
	t.Helper()
	if known := sources[name]; known != nil {
		return known
	}
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	must(t, err)
	s := parseSource(content)
	sources[name] = s
	return s
}

func parseSource(content []byte) *source {
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(content))
	s := &source{first: document.FirstChild()}
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			s.anchors = append(s.anchors, slug(string(textOf(n, content)), s.anchors))
		case *ast.Link:
			s.links = append(s.links, string(n.Destination))
		case *ast.Image:
			s.links = append(s.links, string(n.Destination))
		case *ast.AutoLink:
			s.links = append(s.links, string(n.URL(content)))
		}
		return ast.WalkContinue, nil
	})
	return s
}

func textOf(n ast.Node, content []byte) (all []byte) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			all = append(all, c.Segment.Value(content)...)
		case *ast.String:
			all = append(all, c.Value...)
		default:
			all = append(all, textOf(c, content)...)
		}
	}
	return all
}

// slug is the ID that GitHub gives a heading: letters, digits, - and _ stay, in
// lower case, and spaces become -. One that is taken gets a number.
func slug(heading string, taken []string) string {
	id := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == '-':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, heading)
	for n, plain := 1, id; slices.Contains(taken, id); n++ {
		id = fmt.Sprintf("%s-%d", plain, n)
	}
	return id
}

// fault says what is wrong with a link of a page, or "".
func fault(t *testing.T, from, link string) string {
	target, err := url.Parse(link)
	switch {
	case err != nil:
		return "it is no URL"
	case target.Scheme == "https" && target.Host != "", target.Scheme == "mailto":
		return "" // whether somebody answers, no test can say
	case target.Scheme != "" || target.Host != "":
		return "it is neither https nor relative"
	}
	to := from
	if target.Path != "" {
		to = path.Join(path.Dir(from), target.Path)
	}
	info, err := os.Stat(filepath.Join(root, filepath.FromSlash(to)))
	switch {
	case to == ".." || strings.HasPrefix(to, "../"):
		return "it leads out of the project"
	case err != nil:
		return "there is no " + to
	case target.Fragment == "":
		return ""
	case info.IsDir() || path.Ext(to) != ".md":
		return to + " has no headings"
	case !slices.Contains(readSource(t, to).anchors, target.Fragment):
		return to + " has no heading #" + target.Fragment
	}
	return ""
}

func TestLinksInMarkdown(t *testing.T) {
	pages := kept(t)
	examples, err := filepath.Glob(filepath.Join(root, "examples/*/README.md"))
	must(t, err)
	for _, example := range examples {
		pages = append(pages, strings.TrimPrefix(filepath.ToSlash(example), filepath.ToSlash(root)+"/"))
	}
	looked := 0
	for _, page := range pages {
		s := readSource(t, page)
		if first, ok := s.first.(*ast.Heading); !ok || first.Level != 1 {
			t.Errorf("%s does not begin with its title, after a single #", page)
		}
		for _, link := range s.links {
			looked++
			if fault := fault(t, page, link); fault != "" {
				t.Errorf("%s links to %s: %s", page, link, fault)
			}
		}
	}
	if looked < 150 {
		t.Errorf("only %d links were found", looked)
	}
	for link, good := range map[string]bool{
		"errors.md": true, "error.md": false,
		"errors.md#wrong_audience": true, "errors.md#wrong-audience": false,
		"../README.md#what-the-upstream-sees": true, "README.md#what-the-upstream-sees": false,
		"../deploy": true, "../deployment": false, "../../elsewhere": false,
		"https://example.com/x": true, "http://example.com/x": false, "//example.com/x": false,
	} {
		if fault := fault(t, "docs/operations.md", link); (fault == "") != good {
			t.Errorf("%s: %q", link, fault)
		}
	}
}

func TestSlug(t *testing.T) {
	s := parseSource([]byte("# A `b_c`, and D!\n\n## Is it ready?\n\n### Is it *ready*?\n\n## The issuer's documents\n\nText\n====\n"))
	if want := []string{"a-b_c-and-d", "is-it-ready", "is-it-ready-1", "the-issuers-documents", "text"}; !slices.Equal(s.anchors, want) {
		t.Errorf("the anchors are %q, want %q", s.anchors, want)
	}
}
