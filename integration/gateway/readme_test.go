package gateway

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

func readme(t *testing.T) stacktest.Page { return stacktest.ReadPage(t, "README.md") }

func TestReadmeCaddyfiles(t *testing.T) {
	blocks := readme(t).Blocks("caddyfile")
	if len(blocks) == 0 {
		t.Fatal("the README shows no Caddyfile")
	}
	issuers := readmeIssuers(t)
	for i, block := range blocks {
		file := filepath.Join(t.TempDir(), "Caddyfile")
		text := strings.ReplaceAll(block.Text, "/etc/caddy-awsjwt/issuers.json", issuers)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		command := exec.Command(filepath.Join(binaries, "caddy-awsjwt"), "validate", "--adapter", "caddyfile", "--config", file)
		command.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("Caddyfile %d: %v\n%s", i, err, output)
		}
	}
}

// readmeIssuers writes the issuers file that the README shows.
func readmeIssuers(t *testing.T) string {
	t.Helper()
	for _, block := range readme(t).Blocks("json") {
		if strings.HasPrefix(block.Text, "[") {
			file := filepath.Join(t.TempDir(), "issuers.json")
			if err := os.WriteFile(file, []byte(block.Text), 0o600); err != nil {
				t.Fatal(err)
			}
			return file
		}
	}
	t.Fatal("the README shows no issuers file")
	return ""
}

// Each subdirective that the README lists is known, with the arguments shown
// there.
func TestReadmeDirective(t *testing.T) {
	grammar := readme(t).BlockWith("", "aws_jwt [<matcher>] {")
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	issuers := filepath.Join(t.TempDir(), "issuers.json")
	if err := os.WriteFile(issuers, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile(`\s+#.*`).ReplaceAllString(grammar, "")
	block = strings.NewReplacer(
		"[<matcher>] ", "", "issuer    <url>", "issuer https://orders.example.com", "<audience> ", "https://orders.internal ", "audience  <audience>\n", "audience https://orders.internal\n",
		"<template>", "{aws_token.sub}", "<path>...", "aws_token.account.id", "<field>\n", "X-Assertion\n", "ES256|RS256", "ES256", "[<account-id>...]", "123456789012", "<account-id>...", "123456789012", "<audience>...", "https://orders.example.com",
		"RS256|ES384...", "ES384", "<org-id>...", "o-abc1234567", "<key> <value>...", "team orders", "[<name>] <cel>", "`true`",
		"<field> <value>", "X-Team {aws_token.principal_tags.team}", "on|off", "on", "<name>", "aws", "enforce|audit", "audit", "bearer|basic...", "bearer basic", "<duration>", "1h", "<url>", "https://sts.example",
		"<pem-file>...", filepath.Join(root, "caddymodule", "testdata", "ca.pem"), "issuers_file <path>", "issuers_file "+issuers,
	).Replace(block)
	block = strings.Replace(block, "\t\tjwks_file <path>\n", "", 1) // it cannot stand beside jwks_url
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, fmt.Appendf(nil, "http://127.0.0.1:1 {\n%s}\n", block), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(filepath.Join(binaries, "caddy-awsjwt"), "validate", "--adapter", "caddyfile", "--config", file)
	command.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, output, block)
	}
}

// Its links lead to files, and its make commands exist.
func TestReadmeLinks(t *testing.T) {
	text := readme(t).Text
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(root, link[1])); err != nil {
			t.Errorf("link: %v", err)
		}
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)").FindAllStringSubmatch(text, -1) {
		if !strings.Contains(string(makefile), "\n"+target[1]+":") {
			t.Errorf("the Makefile has no %s", target[1])
		}
	}
}
