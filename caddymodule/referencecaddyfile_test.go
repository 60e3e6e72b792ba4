package caddymodule

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// entry is a line of a Caddyfile for the page.
type entry struct {
	name, usage string
	repeatable  bool
	block       manual
	writes      func(line string) ([]written, error) // what such a line sets
}

// written is a field that a line sets.
type written struct {
	path  string // within the object that the line is of
	owner reflect.Type
	field string
}

// entries are all lines, by their names.
func (l lines[T]) entries() (all []entry) {
	for _, name := range slices.Sorted(maps.Keys(l)) {
		all = append(all, l[name].entry(name))
	}
	return all
}

func (s subdirective[T]) entry(name string) entry {
	return entry{name, s.usage, s.repeatable, s.block, func(line string) ([]written, error) {
		into := new(T)
		d := caddyfile.NewTestDispenser(line)
		d.Next()
		if err := s.readLine(d, name, into); err != nil {
			return nil, err
		}
		return fieldsSet("", reflect.ValueOf(*into)), nil
	}}
}

// fieldsSet are the fields of a struct that are not empty, those of its structs
// included.
func fieldsSet(path string, value reflect.Value) (set []written) {
	for field := range fieldsOf(value.Type()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner, at := value.FieldByIndex(field.Index), path+name
		if inner.IsZero() {
			continue
		}
		within := inner
		if within.Kind() == reflect.Pointer {
			within = within.Elem()
		}
		if within.Kind() == reflect.Slice {
			within, at = within.Index(0), at+"[]"
		}
		if within.Kind() == reflect.Struct {
			if below := fieldsSet(at+".", within); len(below) > 0 {
				set = append(set, below...)
				continue
			}
		}
		set = append(set, written{strings.TrimSuffix(at, "[]"), value.Type(), field.Name})
	}
	return set
}

// samples are arguments as the table of lines calls them.
var samples = map[string]string{
	"<url>": "https://a.example", "<account-id>": "111122223333", "<org-id>": "o-a1b2c3d4e5", "<path>": "a", "<audience>": "a", "<duration>": "7s",
	"<pem-file>": "a.pem", "<key>": "a", "<value>": "a", "<name>": "a", "<cel>": "true", "<field>": "X-A", "<template>": "a", "<tokens>": "7",
	"<per-cent>": "7%", "<n>": "7", "<cidr>": "10.0.0.0/8", "<issuer-url>": "https://a.example",
}

var optionalPart = regexp.MustCompile(`\[([^\[\]]*)\]`)

// sample is a line that has all that its usage allows.
func sample(t *testing.T, name, usage string) string {
	t.Helper()
	usage = strings.ReplaceAll(usage, "[<matcher>] ", "")
	for optionalPart.MatchString(usage) {
		usage = optionalPart.ReplaceAllString(usage, "$1")
	}
	words := []string{name}
	for word := range strings.FieldsSeq(strings.ReplaceAll(usage, "{ … }", "")) {
		first, _, _ := strings.Cut(word, "|")
		first = strings.TrimSuffix(first, "...")
		if strings.HasPrefix(first, "<") {
			if first = samples[first]; first == "" {
				t.Errorf("%s: there is no sample of %s", name, word)
			}
		}
		words = append(words, first)
	}
	return strings.Join(words, " ")
}

// placed is a directive of ours.
type placed struct {
	entry
	order string
}

func (s directive[T]) placed() placed {
	return placed{s.entry(s.name), fmt.Sprintf("%s `%s`", s.position, s.beside)}
}

func ourDirectives() []placed {
	return []placed{handlerDirective.placed(), authorizeDirective.placed(), consoleDirective.placed(), publisherDirective.placed(), readyDirective.placed()}
}

// Each handler of ours has a directive of its name, which is registered and on the
// page.
func TestReferenceHasEachDirective(t *testing.T) {
	var handlers, known []string
	for id := range ourModules(t) {
		if name, is := strings.CutPrefix(id, "http.handlers."); is {
			handlers = append(handlers, name)
		}
	}
	for _, directive := range ourDirectives() {
		known = append(known, directive.name)
		// Caddy puts in order what is registered, and nothing else.
		if text, adapted := adapt(t, "{\n\torder "+directive.name+" first\n}\n"); !adapted {
			t.Errorf("%s: %s", directive.name, text)
		}
	}
	if handlers, known = sorted(handlers), sorted(known); !slices.Equal(handlers, known) {
		t.Errorf("there are the handlers %q, and the page has %q", handlers, known)
	}
	if _, adapted := adapt(t, "{\n\torder aws_jwt_other first\n}\n"); adapted {
		t.Error("the control: a directive that is not there can be put in order")
	}
}

const caddyfileHead = `# Caddyfile

Made from the table that the Caddyfile is read by, and from the comments of what its lines write ([json.md](json.md)); write it anew with ''make docs''. [README](../../README.md#the-directive) shows the directive in one block, with what to think of.

''<x>'' stands for an argument, ''[…]'' is optional, ''a|b'' is one of them, ''...'' is one or more, ''{ … }'' is a block, whose lines are below. A line may stand once, unless it is repeatable. A line that is not listed is an error.
`

// docs/reference/caddyfile.md has every line that the Caddyfile may have, and what
// each of them writes, which is found by reading one.
func TestReferenceCaddyfile(t *testing.T) {
	p := &linesPage{docs: make(comments)}
	p.text.WriteString(strings.ReplaceAll(caddyfileHead, "''", "`"))
	for _, directive := range ourDirectives() {
		fmt.Fprintf(&p.text, "\n## %s\n\n`%s %s`, %s in Caddy's order of directives.", directive.name, directive.name, directive.usage, directive.order)
		if fields := p.fields(t, directive.entry); fields != "" {
			fmt.Fprintf(&p.text, " What stands behind its name is %s.", fields)
		}
		p.text.WriteString("\n")
		p.block(t, directive.name, directive.block)
	}
	checkReference(t, "caddyfile.md", p.text.String())
}

type linesPage struct {
	text strings.Builder
	docs comments
	told []manual // that are on the page
}

// block writes the table of a block, and below it those of the blocks within.
func (p *linesPage) block(t *testing.T, path string, block manual) {
	t.Helper()
	described, ok := block.(interface{ entries() []entry })
	if !ok {
		t.Fatalf("%s: the block has no lines", path)
	}
	p.told = append(p.told, block)
	p.text.WriteString("\n| line | JSON | default | meaning |\n|---|---|---|---|\n")
	for _, e := range described.entries() {
		if strings.Contains(e.usage, "{ … }") != (e.block != nil) {
			t.Errorf("%s %s: its usage is %q", path, e.name, e.usage)
		}
		p.row(t, e)
	}
	for _, e := range described.entries() {
		switch {
		case e.block == nil:
		case slices.ContainsFunc(p.told, func(each manual) bool { return reflect.ValueOf(each).Pointer() == reflect.ValueOf(e.block).Pointer() }):
			fmt.Fprintf(&p.text, "\nThe lines of `%s { … }` are those of the directive [`%s`](#%s).\n", e.name, e.name, e.name)
		default:
			fmt.Fprintf(&p.text, "\n### %s: %s\n", path, e.name)
			p.block(t, path+": "+e.name, e.block)
		}
	}
}

// row writes one line of a table.
func (p *linesPage) row(t *testing.T, e entry) {
	t.Helper()
	line := strings.TrimSpace(e.name + " " + e.usage)
	repeatable := ""
	if e.repeatable {
		repeatable = ", repeatable"
	}
	set, err := e.writes(sample(t, e.name, e.usage))
	if err != nil || len(set) == 0 {
		t.Errorf("%s: %d fields are set, error %v", line, len(set), err)
		return
	}
	fields := p.fields(t, e)
	about := p.setting(t, set[0])
	// Of several fields the one that holds them is the line's.
	if top, _, several := strings.Cut(set[0].path, "[]."); several || strings.Contains(top, ".") {
		about = p.holder(t, e, set[0])
	}
	if e.usage == "on|off" { // as a Caddyfile spells it
		about.standard = strings.NewReplacer("true", "on", "false", "off").Replace(about.standard)
	}
	fmt.Fprintf(&p.text, "| `%s`%s | %s | %s | %s |\n", strings.ReplaceAll(line, "|", `\|`), repeatable, fields, about.standard, about.doc)
}

// fields are links to what a line writes.
func (p *linesPage) fields(t *testing.T, e entry) string {
	t.Helper()
	set, err := e.writes(sample(t, e.name, e.usage))
	if err != nil {
		t.Errorf("%s: %v", e.name, err)
	}
	var links []string
	for _, each := range set {
		section := each.owner.Name()
		for id, typ := range ourModules(t) {
			if typ == each.owner {
				section = id
			}
		}
		links = append(links, fmt.Sprintf("[`%s`](json.md#%s)", each.path, anchor(section)))
	}
	return strings.Join(links, ", ")
}

func (p *linesPage) setting(t *testing.T, of written) jsonField {
	t.Helper()
	field, _ := of.owner.FieldByName(of.field)
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	all := settingsOf(t, p.docs, of.owner)
	return all[slices.IndexFunc(all, func(s jsonField) bool { return s.name == name })]
}

// holder is the field of the block's own object in which a line sets others.
func (p *linesPage) holder(t *testing.T, e entry, of written) jsonField {
	t.Helper()
	top := of.path[:strings.IndexAny(of.path, ".[")]
	for _, typ := range ourModules(t) {
		for _, s := range settingsOf(t, p.docs, typ) {
			if s.name == top && s.object == of.owner {
				return s
			}
		}
	}
	t.Errorf("%s: no module has %s", e.name, top)
	return jsonField{}
}
