package awsjwt_test

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/code.md names each file of the packages once, and each directory of
// programs, tests and tools.
func TestMapOfTheCode(t *testing.T) {
	for _, fault := range mapFaults(read(t, "docs/code.md"), goFiles(t)) {
		t.Error(fault)
	}
}

// The controls: what the map lacks, and what it has too much, is found.
func TestFaultsOfTheMapAreFound(t *testing.T) {
	files := map[string][]string{"verifier": {"jose.go", "key.go"}, "cmd/devsts": {"main.go"}}
	good := "## `verifier`\n\n- keys: `jose.go`, `key.go`\n\n## Programs\n\n- `cmd/devsts`: an STS\n"
	if faults := mapFaults(good, files); len(faults) > 0 {
		t.Errorf("a good map has faults: %q", faults)
	}
	for name, replaced := range map[string][2]string{
		"a file that is missing":          {", `key.go`", ""},
		"a file that is there twice":      {"`key.go`", "`key.go`, `key.go`"},
		"a file that is gone":             {"`key.go`", "`key.go`, `old.go`"},
		"a package that is gone":          {"## `verifier`", "## `verify`"},
		"a program that is missing":       {"- `cmd/devsts`: an STS\n", ""},
		"a directory that is gone":        {"- `cmd/devsts`", "- `cmd/sts`: gone\n- `cmd/devsts`"},
		"a directory that is there twice": {"- `cmd/devsts`", "- `cmd/devsts`: first\n- `cmd/devsts`"},
	} {
		if faults := mapFaults(strings.Replace(good, replaced[0], replaced[1], 1), files); len(faults) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}

var (
	mapSection   = regexp.MustCompile("(?ms)^## `([a-z/]+)`\n(.*?)(?:^## |\\z)")
	mapFile      = regexp.MustCompile("`([a-z0-9_]+\\.go)`")
	mapDirectory = regexp.MustCompile("(?m)^- `([a-z/-]+)`")
)

// mapFaults compares a map with the Go files of each directory.
func mapFaults(text string, files map[string][]string) (faults []string) {
	count := make(map[string]int)
	for rest := text; ; {
		at := mapSection.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		directory := rest[at[2]:at[3]]
		for _, file := range mapFile.FindAllStringSubmatch(rest[at[4]:at[5]], -1) {
			count[path.Join(directory, file[1])]++
		}
		rest = rest[at[5]:]
	}
	_, others, _ := strings.Cut(text, "\n## Programs")
	directories := make(map[string]int)
	for _, directory := range mapDirectory.FindAllStringSubmatch(others, -1) {
		directories[directory[1]]++
	}
	for _, directory := range slices.Sorted(maps.Keys(files)) {
		listed := directories[directory]
		delete(directories, directory)
		if listed == 1 {
			continue
		}
		if listed > 1 {
			faults = append(faults, directory+" is named more than once")
		}
		for _, file := range files[directory] {
			if name := path.Join(directory, file); count[name] != 1 {
				faults = append(faults, fmt.Sprintf("%s is named %d times, want once", name, count[name]))
			}
			delete(count, path.Join(directory, file))
		}
	}
	for _, gone := range slices.Concat(slices.Sorted(maps.Keys(count)), slices.Sorted(maps.Keys(directories))) {
		faults = append(faults, gone+" is named, and is not there")
	}
	return faults
}

// goFiles are the project's Go files that are no tests, by directory, but for the
// root's own.
func goFiles(t *testing.T) map[string][]string {
	t.Helper()
	files := make(map[string][]string)
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"node_modules", "testdata", "dist", "bin"}, entry.Name())):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name != "doc.go":
			directory := filepath.ToSlash(filepath.Dir(name))
			files[directory] = append(files[directory], entry.Name())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
