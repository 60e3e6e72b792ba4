package upstreams

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

func page(t *testing.T) stacktest.Page { return stacktest.ReadPage(t, "docs/spiffe.md") }

// Each Caddyfile of the page, and that of the examples, is one.
func TestPageCaddyfiles(t *testing.T) {
	files := []string{example(t, "Caddyfile")}
	for _, block := range page(t).Blocks("caddyfile") {
		files = append(files, block.Text)
	}
	if len(files) < 6 {
		t.Errorf("the page has %d Caddyfiles", len(files)-1)
	}
	for i, text := range files {
		file := filepath.Join(t.TempDir(), "Caddyfile")
		must(t, os.WriteFile(file, []byte(text), 0o600))
		command := exec.Command(filepath.Join(binaries, "caddy-awsjwt"), "validate", "--adapter", "caddyfile", "--config", file)
		command.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("Caddyfile %d: %v\n%s", i, err, output)
		}
	}
}

// Each subdirective has a row in the page's tables, and no row has one that is
// not known.
func TestPageTables(t *testing.T) {
	text := page(t).Text
	for heading, want := range map[string][]string{
		"| `assertion` |":              {"issuer", "audience", "subject", "claims", "header", "ttl", "algorithm", "rotation"},
		"| `aws_jwt_issuer <url>` |":   {"algorithm", "rotation", "exchange"},
		"| `exchange` | default | |\n": {"aws_jwt", "audience", "subject", "claims", "ttl", "algorithm"},
	} {
		_, rows, found := strings.Cut(text, heading)
		if !found {
			t.Fatalf("the page has no table %s", heading)
		}
		rows, _, _ = strings.Cut(rows, "\n\n")
		var have []string
		for row := range strings.Lines(rows) {
			first, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " |")
			if strings.HasPrefix(row, "| `") {
				for _, name := range regexp.MustCompile("`([a-z_]+)").FindAllStringSubmatch(first, -1) {
					have = append(have, name[1])
				}
			}
		}
		if !slices.Equal(have, want) {
			t.Errorf("%s has %v, want %v", heading, have, want)
		}
	}
}

// Links lead to files, and to headings of the page.
func TestPageLinks(t *testing.T) {
	text := page(t).Text
	root, err := stack.Root()
	must(t, err)
	headings := make(map[string]bool)
	for _, heading := range regexp.MustCompile("(?m)^#+ (.*)$").FindAllStringSubmatch(text, -1) {
		plain := strings.NewReplacer(" ", "-", "'", "", ",", "").Replace(strings.ToLower(heading[1]))
		headings[plain] = true
	}
	for _, link := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(text, -1) {
		file, anchor, _ := strings.Cut(link[1], "#")
		if file == "" && !headings[anchor] {
			t.Errorf("there is no heading for #%s", anchor)
		}
		if _, err := os.Stat(filepath.Join(root, "docs", file)); err != nil {
			t.Errorf("link: %v", err)
		}
	}
}

// places are the paths of an object's members.
func places(value any, path string) (all []string) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			all = append(all, places(inner, path+"/"+name)...)
		}
		slices.Sort(all)
		return all
	case []any:
		return []string{path + "[]"}
	}
	return []string{fmt.Sprintf("%s %T", path, value)}
}

func decoded(t *testing.T, text string) (value map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// The page's Caddyfile makes assertions that have what the page shows, and
// nothing else.
func TestPageAssertion(t *testing.T) {
	w := newWorld(t, "24h", nil)
	stacktest.StopGateway(t, w.gateway)
	text := stacktest.Replaced(t, page(t).BlockWith("caddyfile", "claims aws_token.account.id aws_token.principal_tags.team"),
		"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012", w.sts.Issuer(account)+" "+account,
		"audience https://orders.example.com", "audience orders.internal", "https://orders.example.com", w.issuer,
		"orders.example.com {", w.issuer+" {", "127.0.0.1:9000", w.recorder.Address)
	var err error
	w.gateway, err = stack.StartGateway(binaries, w.storage, strings.TrimPrefix(w.issuer, "http://"), "{\n\tadmin off\n}\n"+text)
	must(t, err)
	parts := strings.Split(w.assertion(), ".")
	for i, mark := range []string{`"typ"`, `"iat"`} {
		made, err := base64.RawURLEncoding.DecodeString(parts[i])
		must(t, err)
		if got, want := places(decoded(t, string(made)), ""), places(decoded(t, page(t).BlockWith("json", mark)), ""); !slices.Equal(got, want) {
			t.Errorf("it has %q, the page shows %q", got, want)
		}
	}
}

// Whoever does what the page says of a stolen key has another one at once, which
// each example finds though its copy of the keys is good for a quarter of an hour.
func TestPageStolenKey(t *testing.T) {
	w, programs := scene(t, "24h")
	for name := range programs {
		if status, answer := w.ask(http.MethodGet, "/"+name, ""); status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, status, answer)
		}
	}
	before := kid(t, w.assertion())
	w.shell(stacktest.Replaced(t, page(t).BlockWith("sh", "reload --force"), "orders.example.com-", "127.0.0.1-", "/etc/caddy/Caddyfile", filepath.Join(w.storage, "Caddyfile")))
	if after := kid(t, w.assertion()); after == before || w.has(before) {
		t.Errorf("%s signed before, %s now; the old one is published: %v", before, after, w.has(before))
	}
	for name := range programs {
		eventually(t, name+" takes the new key", func() bool {
			status, _ := w.ask(http.MethodGet, "/"+name, "")
			return status == http.StatusOK
		})
	}
}

// shell runs a block of the page on the gateway's machine.
func (w *world) shell(block string) {
	w.t.Helper()
	command := exec.CommandContext(w.t.Context(), "sh", "-euc", block)
	command.Env = []string{"PATH=" + binaries + ":" + os.Getenv("PATH"), "HOME=" + w.storage, "XDG_DATA_HOME=" + w.storage, "XDG_CONFIG_HOME=" + w.storage}
	if output, err := command.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, output)
	}
}
