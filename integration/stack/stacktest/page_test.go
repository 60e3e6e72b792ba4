package stacktest

import "testing"

// Blocks are found wherever Markdown has them, with their lines.
func TestBlocks(t *testing.T) {
	page := Page{t: t, Path: "page.md", Text: "# a\n\n```sh\nmake\n```\n\n1. b\n\n   ```json\n   {\n     \"a\": 1\n   }\n   ```\n"}
	blocks := page.Blocks("all")
	if len(blocks) != 2 || blocks[0] != (Block{Language: "sh", Text: "make\n", Line: 4}) || blocks[1] != (Block{Language: "json", Text: "{\n  \"a\": 1\n}\n", Line: 10}) {
		t.Errorf("the blocks are %+v", blocks)
	}
}
