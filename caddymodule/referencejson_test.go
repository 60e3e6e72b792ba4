package caddymodule

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// ourModules are the modules that this package registers, by their IDs.
func ourModules(t *testing.T) map[string]reflect.Type {
	t.Helper()
	found := make(map[string]reflect.Type)
	for _, id := range caddy.Modules() {
		if !strings.Contains(id, "aws_jwt") {
			continue
		}
		module, err := caddy.GetModule(id)
		if err != nil {
			t.Fatal(err)
		}
		found[id] = reflect.TypeOf(module.New()).Elem()
	}
	return found
}

const jsonHead = `# JSON

Made from the Go structs and their comments; write it anew with ''make docs''. [caddyfile.md](caddyfile.md) has the lines of a Caddyfile that write this.

A module ''http.handlers.x'' stands in a route as ''{"handler": "x", …}'', with the fields below beside ''handler''. A field that is not listed is an error at load. A duration is a text such as ''"30s"'', ''"15m"'' or ''"1d"'', or a number of nanoseconds. *Default* is what holds when the field is absent.
`

// docs/reference/json.md has every field of every module. One without a comment is a
// fault.
func TestReferenceJSON(t *testing.T) {
	docs := make(comments)
	modules := ourModules(t)
	names := make(map[reflect.Type]string) // of sections
	var ids []string
	for id, typ := range modules {
		ids = append(ids, id)
		names[typ] = id
	}
	slices.Sort(ids)
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(jsonHead, "''", "`"))
	var objects []reflect.Type
	section := func(typ reflect.Type) {
		fmt.Fprintf(&b, "\n## `%s`\n\n%s\n", names[typ], summary(docs.of(t, typ, "")))
		settings := settingsOf(t, docs, typ)
		if len(settings) == 0 {
			b.WriteString("\nIt has no fields.\n")
			return
		}
		b.WriteString("\n| field | type | default | meaning |\n|---|---|---|---|\n")
		for _, s := range settings {
			kind := s.kind
			if s.object != nil {
				if names[s.object] == "" {
					names[s.object] = s.object.Name()
					objects = append(objects, s.object)
				}
				kind = strings.Replace(kind, "object", linked(names[s.object]), 1)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.name, kind, s.standard, s.doc)
		}
	}
	for _, id := range ids {
		section(modules[id])
	}
	for len(objects) > 0 { // sections add to them
		next := objects[0]
		objects = objects[1:]
		section(next)
	}
	checkReference(t, "json.md", b.String())
}

// linked is a link to a section of json.md.
func linked(name string) string {
	return "[`" + name + "`](#" + anchor(name) + ")"
}

// anchor is what a heading is linked by.
func anchor(heading string) string {
	return strings.ToLower(strings.NewReplacer("`", "", ".", "", " ", "-").Replace(heading))
}

// summary is the first paragraph of a comment.
func summary(comment string) string {
	first, _, _ := strings.Cut(comment, "\n\n")
	return escaped(strings.Join(strings.Fields(first), " "))
}
