package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeDebian puts a dpkg-query and an apt-get before the real ones. The latter
// knows the packages that are named, and fails on others.
func fakeDebian(t *testing.T, known ...string) {
	t.Helper()
	directory := t.TempDir()
	have := filepath.Join(directory, "installed")
	for name, script := range map[string]string{
		"dpkg-query": `for last; do :; done; grep -qx "$last" "` + have + `" && printf 'install ok installed'`,
		"apt-get": `[ "$1" = update ] && exit 0
for name; do case "$name" in install|-*) ;; ` + strings.Join(known, "|") + `) echo "$name" >>"` + have + `";; *) exit 100;; esac; done`,
	} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(have, []byte("wrk\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", directory+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestProvide(t *testing.T) {
	fakeDebian(t, "haproxy", "apache2")
	var said strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
	if err := provide(t.Context(), []string{"wrk"}, say); err != nil || said.Len() > 0 {
		t.Errorf("what is there: %v, and said %q", err, said.String())
	}
	rivals := []*proxy{
		{key: "none"}, {key: "known", packages: []string{"haproxy"}}, {key: "unknown", packages: []string{"apache2", "libapache2-mod-oauth2"}},
	}
	have, left := provideAll(t.Context(), rivals, say)
	if os.Geteuid() != 0 {
		if len(have) != 1 || len(left) != 2 {
			t.Errorf("without root: %d have what they need, left out: %v", len(have), left)
		}
		return
	}
	if len(have) != 2 || have[1].key != "known" || left["unknown"] == "" || len(left) != 1 {
		t.Errorf("%d have what they need, left out: %v", len(have), left)
	}
	if !strings.Contains(said.String(), "installing haproxy with apt-get") {
		t.Errorf("it said %q", said.String())
	}
	if !installed(t.Context(), "haproxy") {
		t.Error("haproxy was not installed")
	}
}
