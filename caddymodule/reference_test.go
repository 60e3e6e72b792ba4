package caddymodule

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/golden"
)

// checkReference compares a page of docs/reference with what the code says.
func checkReference(t *testing.T, name, want string) {
	t.Helper()
	golden.Check(t, filepath.Join("..", "docs", "reference", name), want, "make docs")
}

// The list of references names each of them, and nothing that is not there.
func TestReferenceList(t *testing.T) {
	text, err := os.ReadFile("../docs/reference/README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../docs/reference/*.md")
	if err != nil || len(pages) < 2 {
		t.Fatalf("%d pages, error %v", len(pages), err)
	}
	for _, page := range pages {
		if name := filepath.Base(page); name != "README.md" && !strings.Contains(string(text), "]("+name+")") {
			t.Errorf("%s is not in the list", name)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join("..", "docs", "reference", link[1])); err != nil {
			t.Error(err)
		}
	}
}

const ourModule = "github.com/caddy-awsjwt/caddy-awsjwt"

// comments are the doc comments of types and of their fields, as Type or
// Type.Field, by package.
type comments map[string]map[string]string

// of is the comment of a type, or of a field of it.
func (c comments) of(t *testing.T, typ reflect.Type, field string) string {
	t.Helper()
	if c[typ.PkgPath()] == nil {
		c[typ.PkgPath()] = readComments(t, filepath.Join("..", strings.TrimPrefix(typ.PkgPath(), ourModule)))
	}
	name := typ.Name()
	if field != "" {
		name += "." + field
	}
	text := c[typ.PkgPath()][name]
	if text == "" {
		t.Errorf("%s.%s has no doc comment", typ.PkgPath(), name)
	}
	return text
}

func readComments(t *testing.T, directory string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in %s, error %v", len(files), directory, err)
	}
	found := make(map[string]string)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			if general, ok := declaration.(*ast.GenDecl); ok {
				commentsOfTypes(general, found)
			}
		}
	}
	return found
}

func commentsOfTypes(declaration *ast.GenDecl, found map[string]string) {
	for _, spec := range declaration.Specs {
		typ, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		found[typ.Name.Name] = declaration.Doc.Text()
		fields, ok := typ.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range fields.Fields.List {
			for _, name := range field.Names {
				found[typ.Name.Name+"."+name.Name] = field.Doc.Text()
			}
		}
	}
}

// jsonField is one field of our JSON.
type jsonField struct {
	name, kind, standard, doc string
	object                    reflect.Type // what it holds, or a list of it; nil: no object
}

// settingsOf are the JSON fields of a struct. Whatever is exported has a name, and
// a comment.
func settingsOf(t *testing.T, docs comments, typ reflect.Type) (settings []jsonField) {
	t.Helper()
	for field := range fieldsOf(typ) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch name {
		case "-":
			continue
		case "":
			t.Errorf("%s.%s has no name in JSON", typ, field.Name)
		}
		doc := strings.Join(strings.Fields(docs.of(t, typ, field.Name)), " ")
		s := jsonField{name: name, standard: "none"}
		s.kind, s.object = kindOf(t, field.Type)
		switch {
		case !strings.Contains(options, "omit"):
			s.standard = "required"
		case s.kind == "boolean":
			s.standard = "false"
		case s.kind == "object":
			s.standard = "those of its fields"
		}
		doc, standard, told := strings.Cut(doc, "Default: ")
		if without, required := strings.CutSuffix(doc, "Required."); required {
			doc, standard, told = without, "required", true
		}
		if told {
			s.standard = escaped(strings.TrimSuffix(standard, "."))
		}
		s.doc = escaped(strings.TrimSpace(doc))
		settings = append(settings, s)
	}
	return settings
}

func fieldsOf(typ reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range typ.NumField() {
			if field := typ.Field(i); field.IsExported() && !yield(field) {
				return
			}
		}
	}
}

// kindOf is what JSON has for a Go type.
func kindOf(t *testing.T, typ reflect.Type) (kind string, object reflect.Type) {
	t.Helper()
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ.String() == "caddy.Duration":
		return "duration", nil
	case typ.Kind() == reflect.String:
		return "string", nil
	case typ.Kind() == reflect.Bool:
		return "boolean", nil
	case typ.Kind() == reflect.Int:
		return "integer", nil
	case typ.Kind() == reflect.Struct:
		return "object", typ
	case typ.Kind() == reflect.Slice:
		kind, object = kindOf(t, typ.Elem())
		return "list of " + kind + "s", object
	case typ.Kind() == reflect.Map && typ.Key().Kind() == reflect.String:
		kind, object = kindOf(t, typ.Elem())
		return "object of " + strings.Replace(kind, "list", "lists", 1), object
	}
	t.Errorf("%s has no kind in JSON", typ)
	return "", nil
}

// asCode are words that a page shows as code, for what they hold.
var asCode = regexp.MustCompile("`[^`]*`|\\{[^{} ]+\\}|\\S*<[a-z]+>[^ .,]*(?:\\.[^ .,]+)*|/?[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+/?|[<|*_\\[\\]]")

// escaped keeps Markdown from reading a plain text, and a table from ending with it.
func escaped(text string) string {
	return asCode.ReplaceAllStringFunc(text, func(found string) string {
		switch {
		case found == "<":
			return "&lt;"
		case len(found) == 1:
			return `\` + found
		}
		return "`" + strings.ReplaceAll(strings.Trim(found, "`"), "|", `\|`) + "`"
	})
}
