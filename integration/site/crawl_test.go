package site

import (
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// repository is where links to what the site lacks lead.
const repository = "https://github.com/caddy-awsjwt/caddy-awsjwt/blob/main/"

// document is a page as it is built.
type document struct {
	ids, links, navigation, loaded []string
	faults                         []string // of its own
}

// crawl reads all pages of a directory, by their paths within it.
func crawl(t *testing.T, directory string) map[string]*document {
	t.Helper()
	pages := make(map[string]*document)
	must(t, filepath.WalkDir(directory, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".html" {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		within, err := filepath.Rel(directory, name)
		pages[filepath.ToSlash(within)] = readDocument(t, string(content))
		return err
	}))
	return pages
}

func readDocument(t *testing.T, content string) *document {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(content))
	must(t, err)
	d := new(document)
	d.take(tree, false)
	return d
}

func (d *document) take(n *html.Node, navigation bool) {
	if n.Type == html.TextNode {
		return
	}
	attributes := make(map[string]string)
	for _, a := range n.Attr {
		attributes[a.Key] = a.Val
		if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
			d.faults = append(d.faults, "an attribute "+a.Key+", which the policy of the page forbids")
		}
	}
	if id, there := attributes["id"]; there {
		if id == "" || slices.Contains(d.ids, id) {
			d.faults = append(d.faults, "the ID "+id+" is empty or not unique")
		}
		d.ids = append(d.ids, id)
	}
	switch navigation = navigation || attributes["id"] == "pages"; n.Data {
	case "a":
		d.links = append(d.links, attributes["href"])
		if navigation {
			d.navigation = append(d.navigation, attributes["href"])
		}
	case "img":
		d.loaded = append(d.loaded, attributes["src"])
		if strings.TrimSpace(attributes["alt"]) == "" {
			d.faults = append(d.faults, "the image "+attributes["src"]+" has no text instead")
		}
	case "script", "iframe", "source", "video", "audio", "embed":
		d.loaded = append(d.loaded, attributes["src"])
	case "link", "object":
		d.loaded = append(d.loaded, attributes["href"]+attributes["data"])
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		d.take(c, navigation)
	}
}

// broken says what is wrong with a link from a page, or "".
func broken(pages map[string]*document, from, link string) string {
	target, err := url.Parse(link)
	switch {
	case err != nil || link == "":
		return "it is no URL"
	case strings.HasPrefix(link, repository):
		if _, err := os.Stat(filepath.Join(root, strings.TrimPrefix(target.Path, "/caddy-awsjwt/caddy-awsjwt/blob/main/"))); err != nil {
			return "the repository has no such file"
		}
		return ""
	case target.Scheme == "https" && target.Host != "", target.Scheme == "mailto":
		return ""
	case target.Scheme != "" || target.Host != "" || strings.HasPrefix(target.Path, "/"):
		return "it is neither https nor relative"
	}
	to := from
	if target.Path != "" {
		to = path.Join(path.Dir(from), target.Path)
	}
	if info, err := os.Stat(filepath.Join(built, to)); err != nil || info.IsDir() {
		return "there is no file " + to
	}
	if page := pages[to]; target.Fragment != "" && (page == nil || !slices.Contains(page.ids, target.Fragment)) {
		return to + " has no #" + target.Fragment
	}
	return ""
}

func TestEveryLinkOfTheSiteHolds(t *testing.T) {
	pages, looked := crawl(t, built), 0
	for name, page := range pages {
		for _, fault := range page.faults {
			t.Errorf("%s: %s", name, fault)
		}
		for _, link := range slices.Concat(page.links, page.loaded) {
			looked++
			if fault := broken(pages, name, link); fault != "" {
				t.Errorf("%s links to %s: %s", name, link, fault)
			}
		}
		for _, resource := range page.loaded {
			if target, err := url.Parse(resource); err != nil || target.IsAbs() || target.Host != "" {
				t.Errorf("%s loads %q from another server", name, resource)
			}
		}
	}
	if len(pages) < 30 || looked < 1500 {
		t.Errorf("only %d pages with %d links were found", len(pages), looked)
	}
	for link, good := range map[string]bool{
		"errors.html": true, "error.html": false, "errors.html#expired": true, "errors.html#expires": false, "#top": true, "#bottom": false,
		"../index.html": true, "..": false, "/index.html": false, repository + "LICENSE": true, repository + "LICENCE": false,
		"http://example.com/": false, "https://example.com/": true,
	} {
		if fault := broken(pages, "docs/admin.html", link); (fault == "") != good {
			t.Errorf("%s: %q", link, fault)
		}
	}
	bad := readDocument(t, `<p id="a"><p id="a"><img src="x"><img src="y" alt="Y"><b onclick="x()"></b>`)
	if len(bad.faults) != 3 {
		t.Errorf("of three faults were found %q", bad.faults)
	}
}

// Every page leads to every other.
func TestEveryPageIsInTheNavigation(t *testing.T) {
	pages := crawl(t, built)
	for name, page := range pages {
		for other := range pages {
			if !slices.ContainsFunc(page.navigation, func(link string) bool { return path.Join(path.Dir(name), link) == other }) {
				t.Errorf("the navigation of %s lacks %s", name, other)
			}
		}
	}
	if len(pages) != len(listed(t)) {
		t.Errorf("there are %d pages, and %d in the list", len(pages), len(listed(t)))
	}
}

// An anchor is the same on GitHub and on the site.
func TestAnchorsAreGitHubs(t *testing.T) {
	pages, looked := crawl(t, built), 0
	for _, name := range listed(t) {
		page := pages[strings.ToLower(strings.TrimSuffix(name, ".md"))+".html"]
		if name == "README.md" {
			page = pages["index.html"]
		}
		if page == nil {
			t.Errorf("there is no page of %s", name)
			continue
		}
		for _, anchor := range readSource(t, name).anchors {
			looked++
			if !slices.Contains(page.ids, anchor) {
				t.Errorf("%s has no #%s, which it has on GitHub", name, anchor)
			}
		}
	}
	if looked < 200 {
		t.Errorf("only %d anchors were looked at", looked)
	}
}
