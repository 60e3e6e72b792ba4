package main

import (
	"path/filepath"

	"github.com/caddy-awsjwt/caddy-awsjwt/bench/page"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// picture shows the plot on the page.
const picture = "![Requests per second of each proxy, as ratios to a bare Caddy](performance.svg)\n\n"

// write writes this program's part of the page, and the plot.
func (r *report) write(say func(string, ...any)) error {
	root, err := stack.Root()
	if err != nil {
		return err
	}
	docs := filepath.Join(root, "docs")
	if err := page.Fill(filepath.Join(docs, "performance.md"), "rivals", picture+r.text()); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(docs, "performance.svg"), []byte(r.plot())); err != nil {
		return err
	}
	say("wrote docs/performance.md and docs/performance.svg")
	return nil
}
