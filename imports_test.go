package awsjwt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/caddy-awsjwt/caddy-awsjwt"

// libraries are the packages that Go programmers import without Caddy.
var libraries = []string{"awstoken", "verifier", "celpolicy", "identity"}

// told are the packages that the commands show things with. They know nothing of
// Caddy, so that their tests are small and quick.
var told = []string{"caddymodule/walk", "caddymodule/remedy", "caddymodule/policytest", "caddymodule/inspection", "caddymodule/organization", "caddymodule/terminal", "caddymodule/console", "caddymodule/ledger", "caddymodule/skew", "caddymodule/signing"}

// forTests are what tests have in common: they may reach devsts, and no program
// may reach them.
var forTests = []string{"integration/stack/browser", "integration/stack/stacktest", "integration/stack/awsside", "integration/stack/awscli", "integration/stack/certificates", "internal/golden"}

// outsiders are what only caddymodule may need.
var outsiders = []string{"github.com/caddyserver/caddy/v2", "go.uber.org/zap", "github.com/prometheus/client_golang", "go.opentelemetry.io/otel"}

// The import rules keep each package one verb on the token. They are read from
// the graph of non-test imports.
func TestImportRules(t *testing.T) {
	deps := dependencies(t)
	reaches := func(from, to string) bool {
		for _, dep := range deps[module+"/"+from] {
			if dep == to || strings.HasPrefix(dep, to+"/") {
				return true
			}
		}
		return false
	}
	for _, library := range libraries {
		for _, outside := range outsiders {
			if reaches(library, outside) {
				t.Errorf("%s reaches %s: libraries must not need Caddy", library, outside)
			}
		}
		for _, other := range libraries[1:] {
			if other != library && reaches(library, module+"/"+other) {
				t.Errorf("%s reaches %s: they meet in caddymodule alone", library, other)
			}
		}
	}
	for _, name := range told {
		if deps[module+"/"+name] == nil {
			t.Errorf("there is no %s", name)
		}
		for _, outside := range outsiders {
			if reaches(name, outside) {
				t.Errorf("%s reaches %s, which only caddymodule may", name, outside)
			}
		}
	}
	for pkg := range deps {
		name := strings.TrimPrefix(pkg, module+"/")
		if !slices.Contains([]string{"caddymodule", "cmd/caddy-awsjwt"}, name) && reaches(name, "github.com/caddyserver/caddy/v2") {
			t.Errorf("%s reaches Caddy, which only caddymodule may", name)
		}
		if slices.Contains(forTests, name) {
			continue // devsts, and one another, are for them
		}
		for _, test := range append(forTests, "devsts") {
			if name != "cmd/devsts" && name != "devsts" && reaches(name, module+"/"+test) {
				t.Errorf("%s reaches %s, which is for cmd/devsts and tests", name, test)
			}
		}
	}
	for _, dep := range deps[module+"/devsts"] {
		if strings.HasPrefix(dep, module+"/") {
			t.Errorf("devsts reaches %s: an emulator that shares our code would share its bugs", dep)
		}
	}
	for _, dep := range deps[module+"/awstoken"] {
		if strings.Contains(strings.SplitN(dep, "/", 2)[0], ".") {
			t.Errorf("awstoken reaches %s: it needs the standard library alone", dep)
		}
	}
	// The controls: what the rules look for is found where it may be.
	if !reaches("caddymodule", "go.uber.org/zap") || !reaches("caddymodule", "github.com/prometheus/client_golang") || !reaches("caddymodule", "go.opentelemetry.io/otel") || !reaches("cmd/devsts", module+"/devsts") || !reaches("integration/stack/browser", module+"/integration/stack/stacktest") || !reaches("verifier", "github.com/lestrrat-go/jwx/v2") {
		t.Error("the import graph was not read rightly")
	}
}

// dependencies maps each package of the module to all that it reaches.
func dependencies(t *testing.T) map[string][]string {
	t.Helper()
	output, err := exec.Command("go", "list", "-json=ImportPath,Deps", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := make(map[string][]string)
	for dec := json.NewDecoder(bytes.NewReader(output)); ; {
		var pkg struct {
			ImportPath string
			Deps       []string
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			return deps
		} else if err != nil {
			t.Fatal(err)
		}
		deps[pkg.ImportPath] = pkg.Deps
	}
}

func TestOneFileKnowsTheJOSELibrary(t *testing.T) {
	if knows := importers(t, "github.com/lestrrat-go/jwx"); !slices.Equal(knows, []string{filepath.Join("verifier", "jose.go")}) {
		t.Errorf("%v import jwx, only verifier/jose.go may", knows)
	}
}

func TestOneFileKnowsTraces(t *testing.T) {
	var knows []string
	for _, file := range importers(t, "go.opentelemetry.io/otel") {
		if !strings.HasSuffix(file, "_test.go") {
			knows = append(knows, file)
		}
	}
	if !slices.Equal(knows, []string{filepath.Join("caddymodule", "spans.go")}) {
		t.Errorf("%v import OpenTelemetry, only caddymodule/spans.go may", knows)
	}
}

// importers are the files that import a module.
func importers(t *testing.T, module string) (knows []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imported := range file.Imports {
			if name, err := strconv.Unquote(imported.Path.Value); err == nil && strings.HasPrefix(name, module) {
				knows = append(knows, path)
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return knows
}

// A jwx or CEL type in an exported signature would make every user depend on it.
func TestExportedSignatures(t *testing.T) {
	looked := 0
	for _, library := range libraries {
		files, err := filepath.Glob(filepath.Join(library, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			foreign := foreignNames(file)
			for _, signature := range exportedSignatures(file) {
				looked++
				ast.Inspect(signature, func(n ast.Node) bool {
					if selector, ok := n.(*ast.SelectorExpr); ok {
						if pkg, ok := selector.X.(*ast.Ident); ok && foreign[pkg.Name] {
							t.Errorf("%s shows %s.%s", path, pkg.Name, selector.Sel.Name)
						}
					}
					return true
				})
			}
		}
	}
	if looked < 100 {
		t.Errorf("looked at %d exported signatures only", looked)
	}
}

// foreignNames are the names by which the file knows jwx and CEL.
func foreignNames(file *ast.File) map[string]bool {
	names := make(map[string]bool)
	for _, imported := range file.Imports {
		path, err := strconv.Unquote(imported.Path.Value)
		if err != nil || !strings.Contains(path, "lestrrat-go/jwx") && !strings.Contains(path, "cel-go") {
			continue
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		if imported.Name != nil {
			name = imported.Name.Name
		}
		names[name] = true
	}
	return names
}

// exportedSignatures are the types that a user of the file's package sees.
func exportedSignatures(file *ast.File) (seen []ast.Node) {
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && (d.Recv == nil || receiver(d).IsExported()) {
				seen = append(seen, d.Type)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				seen = append(seen, exportedSpec(spec)...)
			}
		}
	}
	return seen
}

func receiver(method *ast.FuncDecl) *ast.Ident {
	kind := method.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	name, ok := kind.(*ast.Ident)
	if !ok {
		return ast.NewIdent("Generic") // looked at, to be sure
	}
	return name
}

func exportedSpec(spec ast.Spec) (seen []ast.Node) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		if s.Names[0].IsExported() {
			seen = append(seen, s)
		}
	case *ast.TypeSpec:
		structure, isStruct := s.Type.(*ast.StructType)
		if !s.Name.IsExported() {
			return nil
		}
		if !isStruct {
			return []ast.Node{s.Type}
		}
		for _, field := range structure.Fields.List {
			if len(field.Names) == 0 || field.Names[0].IsExported() {
				seen = append(seen, field.Type)
			}
		}
	}
	return seen
}
