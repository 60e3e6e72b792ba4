package stacktest

import "testing"

// Blocks are found wherever Markdown has them, with their lines.
func TestBlocks(t *testing.T) {
	page := PageOf(t, "page.md", "# a\n\n```sh\nmake\n```\n\n1. b\n\n   ```json\n   {\n     \"a\": 1\n   }\n   ```\n")
	blocks := page.Blocks("all")
	if len(blocks) != 2 || blocks[0] != (Block{Language: "sh", Text: "make\n", Line: 4}) || blocks[1] != (Block{Language: "json", Text: "{\n  \"a\": 1\n}\n", Line: 10}) {
		t.Errorf("the blocks are %+v", blocks)
	}
}

// A block is found by its language and by what stands in it.
func TestBlockWith(t *testing.T) {
	page := PageOf(t, "page.md", "```sh\nmake\n```\n\n```text\nmake\n```\n\n```sh\nmake test\ngo\n```\n")
	if got := page.BlockWith("sh", "go"); got != "make test\ngo\n" {
		t.Errorf("got %q", got)
	}
	if got := page.Blocks("text"); len(got) != 1 || got[0].Line != 6 {
		t.Errorf("got %+v", got)
	}
}

// Each occurrence is replaced, in the order of the pairs.
func TestReplaced(t *testing.T) {
	if got := Replaced(t, "a b a", "a", "b", "b b", "c"); got != "c b" {
		t.Errorf("got %q", got)
	}
}
