package caddymodule

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rehearsing opens a Caddyfile.
func rehearsing(t *testing.T, text string) (*rehearsal, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := rehearse(file, "", true)
	if err == nil {
		t.Cleanup(r.Close)
	}
	return r, err
}

const rehearsedSite = "aws_jwt%s {\nissuer https://a.example 111122223333\naudience a\nallow `aws_token.sub.matches(\"x\")`\n}\nreverse_proxy 127.0.0.1:1\n}\n"

// The host that is asked about without being named is the only one.
func TestRehearsalHost(t *testing.T) {
	site := fmt.Sprintf(rehearsedSite, "")
	for name, tt := range map[string]struct{ config, want, fault string }{
		"one":        {"a.example.com {\n" + site, "a.example.com", ""},
		"none":       {":80 {\n" + site, "localhost", ""},
		"two":        {"a.example.com, b.example.com {\n" + site, "", "the configuration has a.example.com, b.example.com"},
		"a wildcard": {"*.example.com {\n" + site, "", "the configuration has *.example.com"},
	} {
		r, err := rehearsing(t, tt.config)
		if err != nil {
			t.Fatal(err)
		}
		host, err := r.Host()
		if host != tt.want || (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: %q, %v", name, host, err)
		}
	}
}

// A configuration of many sites does not make a long error, and each of its
// hosts is found, although Caddy sorts so many.
func TestRehearsalOfManySites(t *testing.T) {
	var hosts []string
	for n := range 300 {
		hosts = append(hosts, fmt.Sprintf("h%d.example.com", n))
	}
	r, err := rehearsing(t, strings.Join(append(hosts, "*.wild.example.com"), ", ")+" {\n"+fmt.Sprintf(rehearsedSite, ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range append(hosts, "a.wild.example.com") {
		if _, err := r.serving(host); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.serving("h300.example.com"); err == nil || !strings.Contains(err.Error(), "and 281 more") {
		t.Errorf("a host that is nobody's: %v", err)
	}
}

// Warnings and rules say of which of several handlers they are.
func TestRehearsalTellsHandlersApart(t *testing.T) {
	second := strings.TrimSuffix(fmt.Sprintf(rehearsedSite, " /admin/*"), "}\n")
	first := strings.Replace(fmt.Sprintf(rehearsedSite, ""), "reverse_proxy 127.0.0.1:1\n}\n", "", 1)
	for name, tt := range map[string]struct {
		config string
		want   []string
	}{
		"one":      {"a.example.com {\n" + first + "}\n", []string{""}},
		"by paths": {"a.example.com {\n" + first + second + "}\n", []string{"a.example.com", "a.example.com /admin/*"}},
		"by hosts": {"a.example.com {\n" + first + "}\nb.example.com {\n" + first + "}\n", []string{"a.example.com", "b.example.com"}},
		"by ports": {":81 {\n" + first + "}\n:82 {\n" + first + "}\n", []string{":81", ":82"}},
		"by none":  {"a.example.com {\nroute {\n" + first + first + "}\n}\n", []string{"a.example.com", "a.example.com (its aws_jwt no. 2)"}},
	} {
		r, err := rehearsing(t, tt.config)
		if err != nil {
			t.Fatal(name, err)
		}
		var places []string
		for _, rule := range r.Rules() {
			places = append(places, rule.Where)
		}
		slices.Sort(places)
		if !slices.Equal(places, tt.want) {
			t.Errorf("%s: rules of %q, want %q", name, places, tt.want)
		}
		warnings := r.Warnings()
		for _, where := range tt.want {
			begin := `allow rule "allow[0]"`
			if where != "" {
				begin = where + ": " + begin
			}
			if !slices.ContainsFunc(warnings, func(w string) bool { return strings.HasPrefix(w, begin) }) {
				t.Errorf("%s: no warning begins with %q: %q", name, begin, warnings)
			}
		}
	}
}

// Of a handler's faults the modules through which Caddy came to it are not told.
func TestRehearsalFaults(t *testing.T) {
	_, err := rehearsing(t, "a.example.com {\n"+strings.Replace(fmt.Sprintf(rehearsedSite, ""), "audience a\n", "", 1))
	if err == nil || !strings.HasPrefix(err.Error(), faultsBegin) {
		t.Errorf("error %v", err)
	}
	// The control: a fault that is not ours is whole.
	if _, err := rehearsing(t, "a.example.com {\n"+strings.Replace(fmt.Sprintf(rehearsedSite, ""), "reverse_proxy", "revers_proxy", 1)); err == nil || strings.HasPrefix(err.Error(), faultsBegin) {
		t.Errorf("error %v", err)
	}
}
