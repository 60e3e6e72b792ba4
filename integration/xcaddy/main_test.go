package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whoever builds Caddy with this module gets the handler.
func TestBuildAsXcaddyDoes(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "caddy")
	if err := build(t.Context(), filepath.Join("..", "..", "xcaddy.json"), binary, t.Output()); err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command(binary, "list-modules").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Split(string(output), "\n")
	for _, want := range []string{"http.handlers.aws_jwt", "http.handlers.reverse_proxy"} {
		if !slices.Contains(modules, want) {
			t.Errorf("%s is not listed", want)
		}
	}
}

func TestManifestFaults(t *testing.T) {
	for name, text := range map[string]string{
		"unknown field": `{"caddy_version":"v2.11.9","plugins":[{"module_path":"x"}],"caddy":"x"}`,
		"no version":    `{"plugins":[{"module_path":"x"}]}`,
		"no plugins":    `{"caddy_version":"v2.11.9"}`,
		"no JSON":       `caddy`,
	} {
		path := filepath.Join(t.TempDir(), "xcaddy.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readBuilder(path); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := readBuilder(filepath.Join(t.TempDir(), "missing.json")); err == nil {
		t.Error("a missing manifest was accepted")
	}
}
