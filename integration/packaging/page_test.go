package packaging

import (
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

func page(t *testing.T) stacktest.Page { return stacktest.ReadPage(t, "docs/install.md") }

// shell are a part's blocks of commands that the page says were run.
func shell(part stacktest.Page) (scripts []string) {
	for _, block := range part.Blocks("sh") {
		scripts = append(scripts, block.Text)
	}
	return scripts
}
