package stacktest

import (
	"strings"
	"testing"
)

// Blocks are found wherever Markdown has them, with their lines.
func TestBlocks(t *testing.T) {
	page := PageOf(t, "page.md", "# a\n\n```sh\nmake\n```\n\n1. b\n\n   ```json\n   {\n     \"a\": 1\n   }\n   ```\n")
	blocks := page.Blocks("all")
	if len(blocks) != 2 || blocks[0] != (Block{Language: "sh", Text: "make\n", Line: 4}) || blocks[1] != (Block{Language: "json", Text: "{\n  \"a\": 1\n}\n", Line: 10}) {
		t.Errorf("the blocks are %+v", blocks)
	}
	page.Text = strings.TrimSuffix(page.Text, "   ```\n")
	if blocks, err := page.blocks("all"); len(blocks) != 1 || err == nil || err.Error() != "page.md:9: the block has no end" {
		t.Errorf("without its end: %+v, error %v", blocks, err)
	}
}

// A block is found by its language and by what stands in it, if it is the one.
func TestBlockWith(t *testing.T) {
	page := PageOf(t, "page.md", "```sh\nmake\n```\n\n```text\nmake\n```\n\n```sh\nmake test\ngo\n```\n\n```\nplain\n```\n")
	for _, tt := range []struct{ language, with, want, err string }{
		{"sh", "go", "make test\ngo\n", ""},
		{"text", "make", "make\n", ""},
		{"all", "plain", "plain\n", ""},
		{"", "", "plain\n", ""},
		{"sh", "make", "", "2 blocks"},
		{"text", "go", "", "0 blocks"},
		{"json", "", "", "0 blocks"},
	} {
		got, err := page.blockWith(tt.language, tt.with)
		if got != tt.want || (err != nil) != (tt.err != "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
			t.Errorf("%q with %q: got %q, error %v", tt.language, tt.with, got, err)
		}
	}
	if got := page.Blocks("text"); len(got) != 1 || got[0].Line != 6 {
		t.Errorf("got %+v", got)
	}
}

// A part goes as far as the next heading of its level, or of one above. A comment in
// a script is no heading.
func TestSections(t *testing.T) {
	page := PageOf(t, "page.md", "# a\n\n## b\n\nfirst\n\n### c\n\n```sh\n# d\nmake\n```\n\n## e\n\nlast\n\n# f\n\n## e\n")
	if all := page.Sections(2); len(all) != 3 || all[0].Heading != "b" || all[1].Heading != "e" || all[1].Text != "\nlast\n\n" || all[2].Text != "" {
		t.Errorf("got %+v", all)
	}
	part := page.Section("## b")
	if want := "\nfirst\n\n### c\n\n```sh\n# d\nmake\n```\n\n"; part.Text != want {
		t.Errorf("got %q, want %q", part.Text, want)
	}
	if inner := part.Section("### c").Blocks("sh"); len(inner) != 1 || inner[0].Line != 10 {
		t.Errorf("got %+v", inner)
	}
	for _, heading := range []string{"## c", "# d", "## e"} { // of another level, within a block, twice
		if got, err := page.section(heading); err == nil {
			t.Errorf("%q is found: %q", heading, got.Text)
		}
	}
}

// Each occurrence is replaced, in the order of the pairs, and each pair is one.
func TestReplaced(t *testing.T) {
	if got := Replaced(t, "a b a", "a", "b", "b b", "c"); got != "c b" {
		t.Errorf("got %q", got)
	}
	if got := Replaced(t, "a b a"); got != "a b a" {
		t.Errorf("without a pair: %q", got)
	}
	for want, pairs := range map[string][]string{"is not in": {"a", "b", "a", "c"}, "nothing replaces": {"a", "b", "b"}} {
		if got, err := replaced("a b a", pairs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q, error %v, want: %s", pairs, got, err, want)
		}
	}
}
