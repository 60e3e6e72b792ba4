package awscli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the CLI would take is taken, a file's content and a default among it; what
// differs in one thing is not.
func TestParameters(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trust.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ names, args, name, value, err string }{
		{"role-name assume-role-policy-document", "--role-name a --assume-role-policy-document file://" + file, "assume-role-policy-document", "{}", ""},
		{"role-name assume-role-policy-document", "--role-name a --assume-role-policy-document file://" + file + ".gone", "", "", "no such file"},
		{"role-name assume-role-policy-document", "--role-name a", "", "", "--assume-role-policy-document is missing"},
		{"role-name", "--role-name a", "role-name", "a", ""},
		{"role-name", "--role-name a b", "", "", "unknown options: b"},
		{"role-name", "--role a", "", "", "not defined: -role"},
		{"audience duration-seconds", "--audience a", "duration-seconds", "300", ""},
		{"audience duration-seconds", "--audience a --duration-seconds 60", "duration-seconds", "60", ""},
	} {
		given, err := parameters(strings.Fields(tt.names), strings.Fields(tt.args))
		if tt.err == "" && (err != nil || given[tt.name] != tt.value) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: %v, error %v", tt.args, given, err)
		}
	}
}

// A command that no page shows is none.
func TestUnknownCommand(t *testing.T) {
	for _, args := range []string{"", "sts", "sts get-caller-identity", "iam get-web-identity-token"} {
		if err := run(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), "no command that the pages show") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
