package commands

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

func readPage(t *testing.T) stacktest.Page { return stacktest.ReadPage(t, "docs/commands.md") }

var (
	helpFlag = regexp.MustCompile(`(?m)^ +(?:-[a-z], +| +)--([a-z-]+)`)
	flagRow  = regexp.MustCompile("(?m)^\\| (?:`-[a-z]`, )?`--([a-z-]+)[^|]*\\|")
)

func names(found [][]string) []string {
	list := []string{}
	for _, each := range found {
		list = append(list, each[1])
	}
	slices.Sort(list)
	return list
}

// The flags that --help shows are those of the page's table.
func TestFlags(t *testing.T) {
	s, page := newScene(t), readPage(t)
	for _, command := range subcommands {
		t.Run(command, func(t *testing.T) {
			help := s.run(t, command, "--help")
			if help.code != 0 || help.stderr != "" {
				t.Errorf("--help: exit %d: %s", help.code, help.stderr)
			}
			_, flags, found := strings.Cut(help.stdout, "\nFlags:\n")
			if !found {
				t.Fatalf("--help shows no flags:\n%s", help.stdout)
			}
			shown := slices.DeleteFunc(names(helpFlag.FindAllStringSubmatch(flags, -1)), func(name string) bool { return name == "help" })
			if listed := names(flagRow.FindAllStringSubmatch(page.Section("## "+command).Text, -1)); !slices.Equal(shown, listed) {
				t.Errorf("--help shows %v, the page lists %v", shown, listed)
			}
		})
	}
}

// varying is what differs from run to run: identifiers, times, durations, and
// sizes of tokens.
var varying = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "UUID"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "TIME"},
	{regexp.MustCompile(`\b\d+ bytes\b`), "SIZE"},
	{regexp.MustCompile(`\b\d+ (d|h|m|s|ms)( \d+ (d|h|m|s))?\b`), "DURATION"},
	{regexp.MustCompile(`\b\d+\.\d+s\b`), "SECONDS"},
}

func settled(text string) string {
	for _, each := range varying {
		text = each.pattern.ReplaceAllString(text, each.name)
	}
	return strings.TrimSpace(text)
}

// Each example can be run, and prints what the page shows behind it.
func TestExamples(t *testing.T) {
	s, page := newScene(t), readPage(t)
	var printed strings.Builder // since the last output that the page shows
	ran, compared := 0, 0
	for _, block := range page.Blocks("all") {
		switch block.Language {
		case "sh":
			printed.Reset()
			for line := range strings.Lines(block.Text) {
				if !strings.HasPrefix(line, "caddy-awsjwt") {
					continue
				}
				ran++
				o := s.shell(t, line)
				if o.code > 1 || o.stderr != "" {
					t.Errorf("%sexit %d: %s", line, o.code, o.stderr)
				}
				printed.WriteString(o.stdout)
			}
		case "text":
			compared++
			if wanted, came := settled(block.Text), settled(strings.ReplaceAll(printed.String(), s.base, pageSTS)); wanted != came {
				t.Errorf("the page shows\n%s\nand the program prints\n%s", wanted, came)
			}
		}
	}
	if ran < len(subcommands) || compared < len(subcommands) {
		t.Errorf("%d commands and %d outputs were found", ran, compared)
	}
}

// The commands that other pages show can be run, too. What the pages call a
// machine's own configuration is that of the scene.
func TestCommandsOfOtherPages(t *testing.T) {
	s := newScene(t)
	for name, least := range map[string]int{"errors.md": 3, "operations.md": 1} {
		page := stacktest.ReadPage(t, "docs/"+name).Text
		ran := 0
		for line := range strings.Lines(strings.ReplaceAll(page, "/etc/caddy/Caddyfile", "Caddyfile")) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "caddy-awsjwt aws-jwt ") {
				continue
			}
			ran++
			if o := s.shell(t, line); o.code > 1 || o.stderr != "" || o.stdout == "" {
				t.Errorf("%s: %s: exit %d: %s", name, line, o.code, o.stderr)
			}
		}
		if ran < least {
			t.Errorf("%s: %d commands were found", name, ran)
		}
	}
	if o := s.shell(t, "caddy-awsjwt aws-jwt explain --config Caddyfile --sit orders.example.com token.jwt"); o.code != 2 {
		t.Errorf("the control: exit %d: %s", o.code, o.stderr)
	}
}
