package packaging

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// section is a part of docs/install.md.
type section struct {
	heading, text string
	shell         []string // its blocks of commands that the page says were run
}

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// page returns the sections of docs/install.md.
func page(t *testing.T) (sections []section) {
	t.Helper()
	content, err := os.ReadFile(packaged(t, "docs", "install.md"))
	must(t, err)
	for _, part := range strings.Split(string(content), "\n## ")[1:] {
		heading, text, _ := strings.Cut(part, "\n")
		s := section{heading: heading, text: text}
		for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
			s.shell = append(s.shell, block[1])
		}
		sections = append(sections, s)
	}
	return sections
}

// sectionOf is the section of a heading.
func sectionOf(t *testing.T, heading string) section {
	t.Helper()
	for _, s := range page(t) {
		if s.heading == heading {
			return s
		}
	}
	t.Fatalf("docs/install.md has no section %q", heading)
	return section{}
}
