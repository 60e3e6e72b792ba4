package caddymodule

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// subdirective is one line, or block, of a Caddyfile that is read into a T.
type subdirective[T any] struct {
	usage      string // what stands behind its name, as in docs/reference/caddyfile.md
	read       func(*caddyfile.Dispenser, *T) error
	repeatable bool
	block      manual // the lines of its block; nil: it has none
}

// lines are the subdirectives of a block, by name.
type lines[T any] map[string]subdirective[T]

// manual is what is asked of the lines of another block.
type manual interface{ knows(name string) bool }

func (l lines[T]) knows(name string) bool {
	_, known := l[name]
	return known
}

// errArguments is the error of whatever reads a line that has too few arguments,
// or too many. The user sees what to write instead.
var errArguments = errors.New("wrong arguments")

// readLine reads what is behind the name of a line.
func (s subdirective[T]) readLine(d *caddyfile.Dispenser, name string, into *T) error {
	err := s.read(d, into)
	if errors.Is(err, errArguments) {
		return d.Errf("wrong argument count or unexpected line ending after '%s'; write %s", d.Val(), s.written(name))
	}
	return err
}

// written is the whole line.
func (s subdirective[T]) written(name string) string {
	return strings.TrimSpace(name + " " + s.usage)
}

// readBlock reads the block at the cursor, line by line. A name that is not
// known, and one that comes twice and may not, is an error.
func readBlock[T any](d *caddyfile.Dispenser, into *T, known lines[T]) error {
	seen := make(map[string]bool)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		sub, ok := known[name]
		if !ok {
			return unknownSubdirective(d, name, known)
		}
		if seen[name] && !sub.repeatable {
			return d.Errf("%s stands here already; write it once", name)
		}
		seen[name] = true
		if err := sub.readLine(d, name, into); err != nil {
			return err
		}
	}
	return nil
}

// readOnlyBlock reads a block that has nothing before it.
func readOnlyBlock[T any](d *caddyfile.Dispenser, into *T, known lines[T]) error {
	if d.NextArg() {
		return errArguments
	}
	return readBlock(d, into, known)
}

func unknownSubdirective[T any](d *caddyfile.Dispenser, name string, known lines[T]) error {
	names := slices.Sorted(maps.Keys(known))
	var within []string
	for _, each := range names {
		if block := known[each].block; block != nil && block.knows(name) {
			within = append(within, each+" { … }")
		}
	}
	if len(within) > 0 {
		return d.Errf("unknown subdirective %q; it belongs into %s", name, strings.Join(within, " or "))
	}
	if nearest := awstoken.Nearest(name, names); nearest != "" {
		return d.Errf("unknown subdirective %q; did you mean %q?", name, nearest)
	}
	return d.Errf("unknown subdirective %q; known are %v", name, names)
}
