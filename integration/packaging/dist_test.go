package packaging

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

func sum(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	must(t, err)
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

// extracted is the program of the package.
func extracted(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	if said, err := tool(t, "dpkg-deb", "--extract", debian(dist), directory); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return filepath.Join(directory, "usr", "bin", "caddy-awsjwt")
}

// The package of another directory is the same, byte for byte; and so is the
// program, which names no directory of who built it. Without -trimpath it does.
func TestReproducible(t *testing.T) {
	if a, b := sum(t, debian(dist)), sum(t, debian(elsewhere)); a != b {
		t.Errorf("make deb makes %s in one directory and %s in another", a, b)
	}
	home, err := os.UserHomeDir()
	must(t, err)
	root, err := stack.Root()
	must(t, err)
	modules, err := exec.Command("go", "env", "GOMODCACHE").Output()
	must(t, err)
	directories := []string{root + "/", binaries, strings.TrimSpace(string(modules)) + "/"}
	if home != "/" && home != "/root" { // that name is in Caddy's own texts
		directories = append(directories, home+"/")
	}
	program, err := os.ReadFile(extracted(t))
	must(t, err)
	for _, directory := range directories {
		if bytes.Contains(program, []byte(directory)) {
			t.Errorf("the program tells of %s", directory)
		}
	}
	if source, other := untrimmed(t); !bytes.Contains(other, []byte(source)) {
		t.Error("a program that was built without -trimpath does not tell of its directory: this test looks for the wrong thing")
	}
}

// untrimmed is a program that was built without -trimpath, and its source.
func untrimmed(t *testing.T) (source string, program []byte) {
	t.Helper()
	source = filepath.Join(t.TempDir(), "main.go")
	must(t, os.WriteFile(source, []byte("package main\n\nfunc main() { println(1) }\n"), 0o600))
	built := strings.TrimSuffix(source, ".go")
	if said, err := exec.Command("go", "build", "-trimpath=false", "-o", built, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	program, err := os.ReadFile(built)
	must(t, err)
	return source, program
}

// The SBOM has each module that the program is linked from.
func TestSBOM(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(dist, "caddy-awsjwt_"+version+"_linux_"+runtime.GOARCH+".cdx.json"))
	must(t, err)
	var bom struct {
		BOMFormat, SpecVersion string
		Metadata               struct {
			Component struct{ Name, Version string }
		}
		Components []struct {
			Name, Version, PURL string
			Hashes              []struct{ Alg, Content string }
		}
	}
	must(t, json.Unmarshal(content, &bom))
	if bom.BOMFormat != "CycloneDX" || bom.Metadata.Component.Name != "github.com/caddy-awsjwt/caddy-awsjwt" || bom.Metadata.Component.Version != "v"+version {
		t.Errorf("it is about %+v", bom.Metadata.Component)
	}
	listed := make(map[string]bool)
	for _, component := range bom.Components {
		if component.Name != "std" && (len(component.Hashes) == 0 || !strings.HasPrefix(component.PURL, "pkg:golang/")) {
			t.Errorf("%s has no hash or no package URL", component.Name)
		}
		listed[component.Name+"@"+component.Version] = true
	}
	info, err := buildinfo.ReadFile(extracted(t))
	must(t, err)
	for _, module := range info.Deps {
		if !listed[module.Path+"@"+module.Version] {
			t.Errorf("%s %s is missing", module.Path, module.Version)
		}
	}
	if len(info.Deps) < 50 || len(listed) != len(info.Deps)+1 || !listed["std@"+strings.Replace(runtime.Version(), "go", "v", 1)] && !listed["std@"+runtime.Version()] {
		t.Errorf("%d are listed, %d are linked, and std", len(listed), len(info.Deps))
	}
}

// The archive has what somebody without the package needs.
func TestArchive(t *testing.T) {
	name := "caddy-awsjwt_" + version + "_linux_" + runtime.GOARCH
	said, err := tool(t, "tar", "--list", "--verbose", "--file", filepath.Join(dist, name+".tar.gz"))
	must(t, err)
	for _, want := range []string{"/caddy-awsjwt", "/LICENSE", "/Caddyfile", "/caddy-awsjwt.service", "/doc/install.md", "/doc/third-party-licenses.gz", "/completions/bash"} {
		if !strings.Contains(said, " "+name+want+"\n") {
			t.Errorf("no %s in\n%s", want, said)
		}
	}
	if !strings.Contains(said, "-rwxr-xr-x 0/0") {
		t.Errorf("no program in\n%s", said)
	}
}
