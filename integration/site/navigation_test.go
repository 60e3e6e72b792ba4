package site

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// listed are the pages of the navigation, in its order.
func listed(t *testing.T) (paths []string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "docs/site/data/pages.yaml"))
	must(t, err)
	var groups []struct {
		Group string
		Pages []struct{ Path string }
	}
	must(t, yaml.Unmarshal(content, &groups))
	for _, group := range groups {
		for _, page := range group.Pages {
			paths = append(paths, page.Path)
		}
	}
	return paths
}

// kept are the pages that there are, where they are kept.
func kept(t *testing.T) []string {
	t.Helper()
	paths := []string{"README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md", "docs/*/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		must(t, err)
		for _, path := range found {
			paths = append(paths, filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator))))
		}
	}
	slices.Sort(paths)
	return paths
}

func TestNavigationHasEveryPageOnce(t *testing.T) {
	list := listed(t)
	slices.Sort(list)
	for _, path := range kept(t) {
		if !slices.Contains(list, path) {
			t.Errorf("%s is not in docs/site/data/pages.yaml: add it to the group where people look for it", path)
		}
	}
	for i, path := range list {
		if !slices.Contains(kept(t), path) {
			t.Errorf("docs/site/data/pages.yaml has %s, which is not there", path)
		}
		if i > 0 && list[i-1] == path {
			t.Errorf("docs/site/data/pages.yaml has %s twice", path)
		}
	}
}

// A page that nobody finds, and a line that leads nowhere, fail the build.
func TestBuildRefusesStrays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(project string) error
		want   string
	}{
		"as it is":              {func(string) error { return nil }, ""},
		"a page more":           {func(p string) error { return os.WriteFile(p+"/docs/stray.md", []byte("# Stray\n"), 0o600) }, "lacks docs/stray.md"},
		"a page less":           {func(p string) error { return os.Remove(p + "/docs/admin.md") }, "has docs/admin.md, which is not there"},
		"a shortcode in a page": {func(p string) error { return os.WriteFile(p+"/docs/admin.md", []byte("# A\n\n{{< x >}}\n"), 0o600) }, "shortcode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project := t.TempDir()
			must(t, os.CopyFS(filepath.Join(project, "docs"), os.DirFS(filepath.Join(root, "docs"))))
			for _, path := range []string{"README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"} {
				content, err := os.ReadFile(filepath.Join(root, path))
				must(t, err)
				must(t, os.WriteFile(filepath.Join(project, path), content, 0o600))
			}
			must(t, c.change(project))
			output, err := build(project, filepath.Join(project, "site"))
			switch {
			case c.want == "" && err != nil:
				t.Errorf("the site is not built: %v\n%s", err, output)
			case c.want != "" && (err == nil || !strings.Contains(output, c.want)):
				t.Errorf("the build says %v, want %q in\n%s", err, c.want, output)
			}
		})
	}
}
