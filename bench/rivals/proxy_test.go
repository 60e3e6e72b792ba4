package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every template of every proxy can be filled, and names what it must check.
func TestTemplates(t *testing.T) {
	k, err := newKeys()
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	files, err := k.write(directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range proxies() {
		s := setting{
			Directory: t.TempDir(), Listen: "127.0.0.1:1", Upstream: "127.0.0.1:2", KeysURL: "http://127.0.0.1:3/",
			Issuer: issuerURL, Audience: audience, Header: identityHeader, Keys: files, SPKI: "{}", Workers: 2, Root: true, binaries: directory,
		}
		if p.change != nil {
			p.change(&s)
		}
		if err := p.fill(s); err != nil {
			t.Fatal(err)
		}
		texts := p.command(s)
		for name := range p.files {
			content, err := os.ReadFile(filepath.Join(s.Directory, name))
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(content))
		}
		text := strings.Join(texts, " ")
		for _, want := range []string{s.Listen, s.Upstream} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not know %s", p.name, want)
			}
		}
		for _, want := range []string{issuerURL, audience} {
			if strings.Contains(text, want) == p.open {
				t.Errorf("%s knows %s: %v", p.name, want, p.open)
			}
		}
		if p.checks == "" {
			t.Errorf("%s does not say what it checks", p.name)
		}
	}
}

func TestChoose(t *testing.T) {
	keysOf := func(all []*proxy) string {
		var keys []string
		for _, p := range all {
			keys = append(keys, p.key)
		}
		return strings.Join(keys, " ")
	}
	for only, want := range map[string]string{
		"":             keysOf(proxies()),
		"bare":         "bare",
		"haproxy,ours": "bare ours haproxy",
	} {
		if got, err := choose(proxies(), only); err != nil || keysOf(got) != want {
			t.Errorf("-only %q chose %s, %v", only, keysOf(got), err)
		}
	}
	if got, err := choose(proxies(), "ours,varnish"); err == nil {
		t.Errorf("an unknown proxy was ignored: %s", keysOf(got))
	}
}
