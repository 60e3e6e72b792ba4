package signals

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/decisionlog"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const snippetFile = "/var/log/caddy/decisions.json"

// snippet is the global options of docs/decision-log.md, with a file of the test's.
func snippet(t *testing.T, file string) string {
	t.Helper()
	options := stacktest.ReadPage(t, "docs/decision-log.md").BlockWith("caddyfile", snippetFile)
	if !strings.HasPrefix(options, "{\n") || strings.Count(options, snippetFile) != 1 {
		t.Fatalf("no global options with one %s:\n%s", snippetFile, options)
	}
	return "{\n\tadmin off\n" + strings.TrimPrefix(stacktest.Replaced(t, options, snippetFile, file), "{\n")
}

// loggersOf returns the loggers of lines, each once.
func loggersOf(t *testing.T, lines []string) (loggers []string) {
	t.Helper()
	for _, text := range lines {
		var line struct{ Logger string }
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if !slices.Contains(loggers, line.Logger) {
			loggers = append(loggers, line.Logger)
		}
	}
	return loggers
}

// The page's snippet sends decisions, and nothing else, to a file, and what else
// aws_jwt logs to where the rest goes. Without its exclude, more would be there.
func TestSnippetOfThePage(t *testing.T) {
	sts := newIssuers(t)
	const down = "http://127.0.0.1:1/none"
	sites := "http://plain.test:PORT {\n\taws_jwt {\n\t\tissuer ISSUER\n\t\tissuer " + down + "\n\t\taudience " + audience + "\n\t}\n\trespond 204\n}\n"
	const excluded = "\t\texclude http.handlers.aws_jwt.config"
	for name, change := range map[string]func(string) string{
		"as it stands":    func(s string) string { return s },
		"without exclude": func(s string) string { return strings.Replace(s, excluded, "\t\t#", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "decisions.json")
			options := snippet(t, file)
			if changed := change(options); (changed == options) != (name == "as it stands") {
				t.Fatal("the snippet has no exclude")
			} else {
				options = changed
			}
			gateway := startGateway(t, sts, options+sites)
			written := func() []string {
				text, _ := os.ReadFile(file)
				return strings.Split(string(text), "\n")
			}
			ask(t, gateway, "plain.test", "", nil)
			ask(t, gateway, "plain.test", sts.good(), nil) // at DEBUG, which is not asked for
			ask(t, gateway, "plain.test", sts.mint(accountID, "orders-lambda", func(_, claims, _ map[string]any) { claims["iss"] = down }), nil)
			var decisions []map[string]any
			eventually(t, "two decisions are written", func() bool {
				var err error
				if decisions, err = decisionlog.Check(written()); err != nil {
					t.Error(err)
				}
				return len(decisions) >= 2
			})
			if len(decisions) != 2 || decisions[0]["reason"] != "missing_token" || decisions[1]["reason"] != "keys_unavailable" {
				t.Errorf("%v", decisions)
			}
			if alone := slices.Equal(loggersOf(t, written()), []string{decisionlog.Logger}); alone != (name == "as it stands") {
				t.Errorf("the file has lines of %v", loggersOf(t, written()))
			}
			rest := loggersOf(t, gateway.Log())
			for _, logger := range []string{decisionlog.Logger + ".config", decisionlog.Logger + ".keys", "http"} {
				if !slices.ContainsFunc(rest, func(each string) bool { return each == logger || logger == "http" && strings.HasPrefix(each, logger) }) {
					t.Errorf("%s is not in the rest: %v", logger, rest)
				}
			}
			if slices.Contains(rest, decisionlog.Logger) {
				t.Error("a decision is in the rest")
			}
		})
	}
}
