package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// builder is the part of xcaddy's Builder that a manifest of ours may use.
// https://pkg.go.dev/github.com/caddyserver/xcaddy#Builder
type builder struct {
	CaddyVersion string        `json:"caddy_version"`
	Plugins      []dependency  `json:"plugins"`
	Replacements []replacement `json:"replacements"`
}

type dependency struct {
	ModulePath string `json:"module_path"`
	Version    string `json:"version"`
}

type replacement struct {
	Old string `json:"old"`
	New string `json:"new"`
}

const caddyModule = "github.com/caddyserver/caddy/v2"

func readBuilder(manifest string) (*builder, error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return nil, fmt.Errorf("reading manifest: %w", err)
	}
	var b builder
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return nil, fmt.Errorf("reading manifest %s: %w", manifest, err)
	}
	if b.CaddyVersion == "" || len(b.Plugins) == 0 {
		return nil, errors.New("reading manifest: it needs a caddy_version and plugins")
	}
	for i, r := range b.Replacements {
		if !strings.HasPrefix(r.New, ".") {
			continue
		}
		if b.Replacements[i].New, err = filepath.Abs(filepath.Join(filepath.Dir(manifest), r.New)); err != nil {
			return nil, fmt.Errorf("reading manifest: %w", err)
		}
	}
	return &b, nil
}

func (b *builder) mainFile() []byte {
	var main bytes.Buffer
	main.WriteString("package main\n\nimport (\n")
	fmt.Fprintf(&main, "\tcaddycmd %q\n\n\t_ %q\n", caddyModule+"/cmd", caddyModule+"/modules/standard")
	for _, plugin := range b.Plugins {
		fmt.Fprintf(&main, "\t_ %q\n", plugin.ModulePath)
	}
	main.WriteString(")\n\nfunc main() { caddycmd.Main() }\n")
	return main.Bytes()
}

// steps are the go commands, in order. A module that is replaced has no
// version to ask a proxy for, so it is required as v0.0.0.
func (b *builder) steps(output string) [][]string {
	steps := [][]string{{"mod", "init", "caddy"}}
	for _, r := range b.Replacements {
		steps = append(steps, []string{"mod", "edit", "-require", r.Old + "@v0.0.0", "-replace", r.Old + "=" + r.New})
	}
	get := []string{"get", caddyModule + "@" + b.CaddyVersion}
	for _, plugin := range b.Plugins {
		if b.replaces(plugin.ModulePath) {
			continue
		}
		path := plugin.ModulePath
		if plugin.Version != "" {
			path += "@" + plugin.Version
		}
		get = append(get, path)
	}
	return append(steps, get, []string{"build", "-mod=mod", "-o", output, "."})
}

func (b *builder) replaces(path string) bool {
	for _, r := range b.Replacements {
		if path == r.Old || strings.HasPrefix(path, r.Old+"/") {
			return true
		}
	}
	return false
}
