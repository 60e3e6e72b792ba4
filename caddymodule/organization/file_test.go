package organization

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// left are the names in a directory.
func left(t *testing.T, directory string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(directory)
	must(t, err)
	for _, each := range list {
		names = append(names, each.Name())
	}
	return names
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "issuers.json")
	changed, err := WriteFile(path, []Entry{entry(id(1))})
	must(t, err)
	want := "[\n  {\"url\":\"" + issuer(id(1)) + "\",\"accounts\":[\"" + id(1) + "\"]}\n]\n"
	if info, err := os.Stat(path); err != nil || info.Mode() != newFileMode || !changed || read(t, path) != want {
		t.Errorf("%v, %v: %s", err, changed, read(t, path))
	}
	entries, err := ReadFile(path)
	if err != nil || len(entries) != 1 || entries[0].URL != issuer(id(1)) {
		t.Errorf("%v, %v", entries, err)
	}
	before, err := os.Stat(path)
	must(t, err)
	if changed, err := WriteFile(path, entries); err != nil || changed {
		t.Errorf("the same again: %v, %v", changed, err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Error("a file that says the same was replaced")
	}
	if changed, err := WriteFile(path, append(entries, entry(id(2)))); err != nil || !changed {
		t.Errorf("another: %v, %v", changed, err)
	}
	if names := left(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("left are %v", names)
	}
}

// TestWriteFileKeeps the mode and the owner of a file, and a symbolic link to it.
func TestWriteFileKeeps(t *testing.T) {
	directory := t.TempDir()
	target, link := filepath.Join(directory, "real", "issuers.json"), filepath.Join(directory, "issuers.json")
	must(t, os.Mkdir(filepath.Dir(target), 0o700))
	write(t, target, "[]")
	must(t, os.Chmod(target, 0o640))
	if os.Getuid() == 0 {
		must(t, os.Chown(target, 1234, 2345))
	}
	must(t, os.Symlink(filepath.Join("real", "issuers.json"), link))
	want, err := os.Stat(target)
	must(t, err)
	if changed, err := WriteFile(link, []Entry{entry(id(1))}); err != nil || !changed {
		t.Fatalf("%v, %v", changed, err)
	}
	got, err := os.Stat(target)
	must(t, err)
	if got.Mode() != want.Mode() || owner(got) != owner(want) {
		t.Errorf("mode %v, owner %s; they were %v, %s", got.Mode(), owner(got), want.Mode(), owner(want))
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 || !strings.Contains(read(t, target), id(1)) {
		t.Errorf("the link is none any more, or leads elsewhere: %v", err)
	}
}

// TestWriteFileRefuses leaves what is there as it is.
func TestWriteFileRefuses(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "issuers.json")
	write(t, path, encoded(t, entry(id(1))))
	for name, entries := range map[string][]Entry{
		"plain http": {{URL: "http://issuer.example", Accounts: []string{id(1)}}},
		"twice":      {entry(id(1)), entry(id(1))},
		"an account": {{URL: issuer(id(1)), Accounts: []string{"1"}}},
		"none":       {},
	} {
		if changed, err := WriteFile(path, entries); err == nil || changed {
			t.Errorf("%s: %v, %v", name, changed, err)
		}
	}
	if read(t, path) != encoded(t, entry(id(1))) || len(left(t, directory)) != 1 {
		t.Errorf("left are %v, with %s", left(t, directory), read(t, path))
	}
	for _, bad := range []string{directory, os.DevNull, filepath.Join(directory, "none", "issuers.json"), filepath.Join(path, "x")} {
		if changed, err := WriteFile(bad, []Entry{entry(id(1))}); err == nil || changed {
			t.Errorf("%s: %v, %v", bad, changed, err)
		}
	}
}

func TestReadFile(t *testing.T) {
	directory := t.TempDir()
	path, keys := filepath.Join(directory, "issuers.json"), filepath.Join(directory, "keys.json")
	write(t, keys, "{}")
	if entries, err := ReadFile(path); err != nil || entries != nil {
		t.Errorf("none: %v, %v", entries, err)
	}
	for text, want := range map[string]int{
		"[]":                     0,
		encoded(t, entry(id(1))): 1,
		`[{"url": "https://a.example", "jwks_file": "` + keys + `"}]`: 1,
	} {
		write(t, path, text)
		if entries, err := ReadFile(path); err != nil || len(entries) != want {
			t.Errorf("%s: %v, %v", text, entries, err)
		}
	}
	for _, text := range []string{
		"", "{}", "null", "[", `[{"url": "https://a.example", "account": ["1"]}]`, `[{"url": "http://a.example"}]`,
		`[{"url": "https://a.example"}, {"url": "https://a.example"}]`, `[{"URL": "https://a.example"}]`,
		`[{"url": "https://a.example", "jwks_file": "` + keys + `.missing"}]`,
	} {
		write(t, path, text)
		if entries, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "mend it, or move it away") {
			t.Errorf("%q: %v, %v", text, entries, err)
		}
	}
}
