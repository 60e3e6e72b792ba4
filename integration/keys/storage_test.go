package keys

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// storedKeys is the directory below which keys are stored.
func (w *world) storedKeys() string {
	return filepath.Join(w.directory, "caddy", "aws_jwt", "keys")
}

// stored waits until as many issuers' keys are stored, and returns the files by
// their issuers.
func (w *world) stored(n int) map[string]string {
	w.t.Helper()
	var files map[string]string
	eventually(w.t, "keys were stored", func() bool {
		files = w.storedNow()
		return len(files) >= n
	})
	if len(files) != n {
		w.t.Errorf("the keys of %d issuers are stored, want %d: %v", len(files), n, files)
	}
	return files
}

func (w *world) storedNow() map[string]string {
	w.t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(w.storedKeys(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".json") {
			return nil //nolint:nilerr // what is not there yet, or comes and goes, is looked for again
		}
		var document struct{ Issuer string }
		if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, &document) == nil {
			files[document.Issuer] = path
		}
		return nil
	})
	must(w.t, err)
	return files
}

// rewrite changes a member of a stored document.
func rewrite(t *testing.T, file string, change func(document map[string]any)) {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	var document map[string]any
	must(t, json.Unmarshal(text, &document))
	change(document)
	text, err = json.Marshal(document)
	must(t, err)
	must(t, os.WriteFile(file, text, 0o600))
}

// fetchedAgo makes stored keys that were fetched some time ago, or ahead when
// it is negative.
func fetchedAgo(ago time.Duration) func(t *testing.T, file string) {
	return func(t *testing.T, file string) {
		t.Helper()
		rewrite(t, file, func(document map[string]any) {
			document["fetched"] = time.Now().Add(-ago).Format(time.RFC3339Nano)
		})
	}
}
