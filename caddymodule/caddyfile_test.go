package caddymodule

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth" // basic_auth, and its place in the order
	_ "github.com/caddyserver/caddy/v2/modules/filestorage"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/golden"
)

const dashes = "----------\n"

// A golden file is a Caddyfile, a line of ten dashes, and the JSON that it is
// adapted to, or the error. What is adapted must also load.
func TestCaddyfile(t *testing.T) {
	files, err := filepath.Glob("testdata/caddyfile/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d golden files, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".caddyfiletest"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			caddyfile, _, ok := strings.Cut(string(text), dashes)
			if !ok {
				t.Fatal("the file has no line of dashes")
			}
			got, adapted := adapt(t, caddyfile)
			golden.Check(t, file, caddyfile+dashes+got, "go test ./caddymodule -run TestCaddyfile -update")
			if adapted {
				checkLoads(t, got)
			}
		})
	}
}

// adapt returns indented JSON, or the text of the error.
func adapt(t *testing.T, caddyfile string) (text string, adapted bool) {
	t.Helper()
	result, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
	if err != nil {
		return err.Error() + "\n", false
	}
	for _, warning := range warnings {
		t.Errorf("adapting: warning: %s", warning)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, result, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return indented.String() + "\n", true
}

func checkLoads(t *testing.T, text string) {
	t.Helper()
	var config caddy.Config
	if err := caddy.StrictUnmarshalJSON([]byte(text), &config); err != nil {
		t.Fatal(err)
	}
	// Storage in a directory of its own, and nothing on standard error.
	config.StorageRaw = caddyconfig.JSONModuleObject(map[string]string{"root": t.TempDir()}, "module", "file_system", nil)
	config.Logging = &caddy.Logging{Logs: map[string]*caddy.CustomLog{"default": {BaseLog: caddy.BaseLog{Level: "FATAL"}}}}
	if err := caddy.Validate(&config); err != nil {
		t.Errorf("the adapted configuration does not load: %v", err)
	}
}
