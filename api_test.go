package awsjwt_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/golden"
)

// What the library packages export is what testdata/api has, so that a change of it
// is seen in review: docs/compatibility.md promises what may change when.
func TestAPI(t *testing.T) {
	for _, library := range libraries {
		t.Run(library, func(t *testing.T) {
			golden.Check(t, filepath.Join("testdata", "api", library+".txt"), exported(t, library), "make docs, where docs/compatibility.md allows it")
		})
	}
}

// exported are the exported declarations of a package, without bodies, comments and
// the values of variables, in the order of their text.
func exported(t *testing.T, directory string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	var declarations []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		declarations = append(declarations, exportedOf(t, parsed)...)
	}
	slices.Sort(declarations)
	return strings.Join(declarations, "\n")
}

func exportedOf(t *testing.T, file *ast.File) (declarations []string) {
	t.Helper()
	ast.FileExports(file)
	for _, declaration := range file.Decls {
		var parts []ast.Node
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			d.Body = nil
			parts = []ast.Node{d}
		case *ast.GenDecl:
			parts = specs(d)
		}
		for _, part := range parts {
			var text bytes.Buffer
			// Positions of its own make the text independent of the file's layout.
			if err := printer.Fprint(&text, token.NewFileSet(), part); err != nil {
				t.Fatal(err)
			}
			declarations = append(declarations, text.String()+"\n")
		}
	}
	return declarations
}

// specs are the parts of a declaration, each as one of its own. Constants that count
// up stay together.
func specs(d *ast.GenDecl) (parts []ast.Node) {
	counts := false
	for _, spec := range d.Specs {
		if value, ok := spec.(*ast.ValueSpec); ok {
			counts = counts || len(value.Values) == 0 && d.Tok == token.CONST
			if d.Tok == token.VAR {
				value.Values = nil
			}
		}
	}
	if counts {
		return []ast.Node{d}
	}
	for _, spec := range d.Specs {
		if d.Tok != token.IMPORT {
			parts = append(parts, &ast.GenDecl{Tok: d.Tok, Specs: []ast.Spec{spec}})
		}
	}
	return parts
}

// A function that is gone, one with another argument, a field and a constant with
// another value are seen; a comment, a body and what is not exported are not.
func TestExported(t *testing.T) {
	const source = "package p\n\n// C is.\nconst C = 1\n\nvar E = f(1)\n\ntype T struct {\n\tA int `json:\"a\"`\n\tb int\n}\n\nfunc (t T) M(a int) error { return nil }\n\nfunc f(a int) error { return nil }\n"
	text := func(source string) string {
		directory := t.TempDir()
		if err := os.WriteFile(filepath.Join(directory, "p.go"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		return exported(t, directory)
	}
	before := text(source)
	for _, tt := range []struct {
		from, to string
		seen     bool
	}{
		{"C = 1", "C = 2", true}, {"A int", "A string", true}, {`"a"`, `"b"`, true}, {"M(a int)", "M(a, b int)", true}, {"T) M", "T) N", true},
		{"C is", "C was", false}, {"b int\n", "c string\n", false}, {"{ return nil }\n\nfunc f", "{ panic(1) }\n\nfunc f", false}, {"f(1)", "f(2)", false}, {"func f(a int)", "func f(c int)", false},
	} {
		if !strings.Contains(source, tt.from) {
			t.Fatalf("%q is not there", tt.from)
		}
		if seen := text(strings.Replace(source, tt.from, tt.to, 1)) != before; seen != tt.seen {
			t.Errorf("%q for %q: seen is %v", tt.to, tt.from, seen)
		}
	}
}
