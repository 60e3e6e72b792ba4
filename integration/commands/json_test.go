package commands

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/inspection"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/organization"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/policytest"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// tables are the sections of the page that tell of a command's document: that of
// test has checks in it, which that of explain tells of.
var tables = map[string][]string{
	"inspect": {"inspect"}, "explain": {"explain"}, "test": {"test", "explain"}, "probe": {"probe"}, "issuers": {"issuers"},
}

var quoted = regexp.MustCompile("`([a-z_]+)`")

// told are the words that the page's sections quote.
func told(page stacktest.Page, command string) map[string]bool {
	words := make(map[string]bool)
	for _, name := range tables[command] {
		for _, word := range quoted.FindAllStringSubmatch(page.Section("### JSON of "+name).Text, -1) {
			words[word[1]] = true
		}
	}
	return words
}

// free are the members whose own members are named by somebody else.
var free = []string{"attributes", "other_claims", "upstream"}

// collect adds the names of all members.
func collect(into map[string]bool, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			into[name] = true
			if !slices.Contains(free, name) {
				collect(into, member)
			}
		}
	case []any:
		for _, element := range v {
			collect(into, element)
		}
	}
}

// Each member that a command writes is told on the page.
func TestMembersThatAreWritten(t *testing.T) {
	s, page := newScene(t), readPage(t)
	arrange(t, s)
	for command, runs := range map[string][][]string{
		"inspect": {
			{"token.jwt"}, {"--config", "Caddyfile", "token.jwt"}, {"--issuer", s.issuer, "token.jwt"},
			{"--config", "Caddyfile", "odd.jwt"}, {"cut.jwt"},
		},
		"explain": {
			{"-c", "Caddyfile", "token.jwt"}, {"-c", "Caddyfile", "--method", "POST", "token.jwt"},
			{"-c", "Caddyfile", "odd.jwt"}, {"-c", "Caddyfile", "cut.jwt"}, {"-c", "Caddyfile", "failed.txt"},
			{"-c", "deep.caddyfile", "--site", "orders.example.com", "token.jwt"}, {"-c", "deep.caddyfile", "--site", "elsewhere.example.com", "token.jwt"},
		},
		"test":  {{"policies_test.yaml"}, {"faulty.yaml"}, {"--run", "nothing", "policies_test.yaml"}, {"-c", "deep.caddyfile", "wanted.yaml"}},
		"probe": {{"-c", "Caddyfile"}, {"-c", "down.caddyfile"}, {"-c", "Caddyfile", "--issuer", "https://issuer.example"}},
		"issuers": {
			{"--from-organization", "-o", "i.json"}, {"--from-organization", "-o", "i.json", "--role", "nobody"}, {"--from-organization", "-o", "i.json", "--exclude", account},
			{"--from-organization", "-o", "partner.json", "--others", "remove"},
		},
	} {
		t.Run(command, func(t *testing.T) {
			members := make(map[string]bool)
			for _, args := range runs {
				o := s.run(t, append([]string{command, "--json"}, args...)...)
				var document any
				if err := json.Unmarshal([]byte(o.stdout), &document); err != nil {
					t.Errorf("%v: %v\n%s%s", args, err, o.stdout, o.stderr)
				}
				collect(members, document)
			}
			words := told(page, command)
			for _, name := range slices.Sorted(maps.Keys(members)) {
				if !words[name] {
					t.Errorf("the page does not tell of %s", name)
				}
			}
			if len(members) < 12 {
				t.Errorf("only %d members were seen", len(members))
			}
		})
	}
}

// arrange writes what the runs ask about besides the page's own files.
func arrange(t *testing.T, s *scene) {
	t.Helper()
	handler := "aws_jwt {\nissuer " + s.issuer + " " + account + "\naudience https://orders.example.com\n"
	for name, text := range map[string]string{
		"cut.jwt":    s.token[:len(s.token)-200],
		"failed.txt": "An error occurred (AccessDenied) when calling the GetWebIdentityToken operation: no",
		"odd.jwt": s.mint(t, func(claims map[string]any) {
			claims["aud"], claims["nbf"] = []string{"https://orders.example.com", "demo"}, 9999999999
			aws, _ := claims["https://sts.amazonaws.com/"].(map[string]any)
			aws["brand_new"] = "one"
		}),
		"deep.caddyfile": "orders.example.com {\n" + handler +
			"allow deep `aws_token.principal_tags.nobody == \"x\" || (request.method == \"PUT\" && request.path == \"/\")`\n" +
			"allow other `request.method == \"HEAD\"`\nallow shadow wide `true`\n}\nrespond ok\n}\nelsewhere.example.com {\nrespond ok\n}\n",
		"down.caddyfile": strings.Replace("orders.example.com {\n"+handler+"}\n}\n", s.issuer, s.issuer+"/none", 1),
		"partner.json":   `[{"url": "https://partner.example"}]`,
		"faulty.yaml":    "config: Caddyfile\ncases:\n  - name: odd\n    want: {outcome: fine}\n",
		"wanted.yaml": "request: {host: orders.example.com}\nclaims: {iss: " + s.issuer + ", aud: https://orders.example.com, sub: \"arn:aws:iam::" + account + ":role/a\"}\n" +
			"cases:\n  - name: wanted\n    want: {outcome: allowed, rule: other}\n",
	} {
		if err := os.WriteFile(filepath.Join(s.directory, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// describe adds the members of a type's JSON form.
func describe(into map[string]bool, of reflect.Type) {
	if of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		describe(into, of.Elem())
		return
	}
	if of.Kind() != reflect.Struct {
		return
	}
	for n := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(n).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		into[name] = true
		if member := of.Field(n).Type; member != reflect.SliceOf(of) { // a part has parts
			describe(into, member)
		}
	}
}

// Each member that a document can have is told on the page, and the first column
// of its tables names no other.
func TestMembersThatMayBe(t *testing.T) {
	page := readPage(t)
	row := regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|")
	for command, document := range map[string]any{"inspect": inspection.Report{}, "explain": walk.Walk{}, "test": policytest.Report{}, "issuers": organization.Report{}} {
		members := make(map[string]bool)
		describe(members, reflect.TypeOf(document))
		words := told(page, command)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if !words[name] {
				t.Errorf("%s: the page does not tell of %s", command, name)
			}
		}
		for _, cell := range row.FindAllStringSubmatch(page.Section("### JSON of "+command).Text, -1) {
			for _, word := range quoted.FindAllStringSubmatch(cell[1], -1) {
				if !members[word[1]] {
					t.Errorf("%s: the page tells of %s, which is no member", command, word[1])
				}
			}
		}
	}
}
