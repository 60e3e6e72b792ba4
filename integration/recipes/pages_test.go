package recipes

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/awsside"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// mine are the pages that this package runs. The others have packages of their own.
var mine = []string{"rest-api.md", "webhooks.md", "file-share.md", "many-gateways.md"}

// sections are the headings that a recipe has, in their order.
var sections = []string{"The gateway", "AWS", "The upstream's side", "Try it", "What goes wrong", "What keeps others out"}

// Each page has the parts of a recipe, its blocks are in languages that are checked,
// and what it has its reader do in AWS is what AWS takes.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, name := range mine {
		page := stacktest.ReadPage(t, "docs/recipes/"+name)
		awsside.Check(t, page)
		var have []string
		for _, heading := range regexp.MustCompile("(?m)^## (.*)$").FindAllStringSubmatch(page.Text, -1) {
			if slices.Contains(sections, heading[1]) {
				have = append(have, heading[1])
			}
		}
		if !slices.Equal(have, sections) {
			t.Errorf("%s has %q, want %q", name, have, sections)
		}
		for _, block := range page.Blocks("all") {
			if !slices.Contains([]string{"caddyfile", "json", "sh", "hcl", "yaml", "ini", "python", "text"}, block.Language) {
				t.Errorf("%s:%d: a block in %q", name, block.Line, block.Language)
			}
		}
		validate(t, page)
	}
}

// Where the AWS CLI is, the pages' calls of STS give a token for the page's gateway.
func TestTokenCommands(t *testing.T) {
	t.Parallel()
	aws, err := exec.LookPath("aws")
	if err != nil || exec.Command(aws, "sts", "get-web-identity-token", "--generate-cli-skeleton").Run() != nil {
		t.Skipf("an AWS CLI that knows GetWebIdentityToken is not here: %v", err)
	}
	sts := stacktest.NewSTS(t)
	base, _, _ := strings.Cut(sts.Issuer(account), "/11112222")
	config := filepath.Join(t.TempDir(), "config")
	must(t, os.WriteFile(config, []byte("[default]\ncli_follow_urlparam = false\n"), 0o600)) // for version 1
	for _, name := range mine {
		page := stacktest.ReadPage(t, "docs/recipes/"+name)
		for _, block := range page.Blocks("sh") {
			call := regexp.MustCompile(`(?s)^TOKEN=.*?\)\n`).FindString(block.Text)
			if call == "" {
				continue
			}
			command := exec.CommandContext(t.Context(), "bash", "-euc", call+`printf %s "$TOKEN"`)
			command.Env = append(slices.DeleteFunc(os.Environ(), func(each string) bool { return strings.HasPrefix(each, "AWS_") }),
				"AWS_ENDPOINT_URL_STS="+base, "AWS_DEFAULT_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=DEVSTSORDERSLAMBDA",
				"AWS_SECRET_ACCESS_KEY=devsts-secret-orders-lambda", "AWS_CONFIG_FILE="+config, "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
			output, err := command.CombinedOutput()
			parts := strings.Split(string(output), ".")
			if err != nil || len(parts) != 3 {
				t.Errorf("%s:%d: %v %s", page.Path, block.Line, err, output)
				continue
			}
			claims, err := base64.RawURLEncoding.DecodeString(parts[1])
			if host := strings.SplitN(page.Blocks("caddyfile")[0].Text, ".example.com", 2)[0]; err != nil || !strings.Contains(string(claims), `"aud":"https://`+host[strings.LastIndexByte(host, '\n')+1:]+`.example.com"`) {
				t.Errorf("%s:%d: %v %s", page.Path, block.Line, err, claims)
			}
		}
	}
}

// validate loads each Caddyfile of a page as it stands, certificates aside.
func validate(t *testing.T, page stacktest.Page) {
	t.Helper()
	certificate, key := certificateOf(t)
	for _, block := range page.Blocks("caddyfile") {
		text := regexp.MustCompile(`(?m)^\ttls /.*$`).ReplaceAllString(block.Text, "\ttls "+certificate+" "+key)
		text = strings.ReplaceAll(text, "/mnt/caddy-awsjwt", t.TempDir())
		file := filepath.Join(t.TempDir(), "Caddyfile")
		must(t, os.WriteFile(file, []byte(text), 0o600))
		command := exec.Command(filepath.Join(binaries, "caddy-awsjwt"), "validate", "--adapter", "caddyfile", "--config", file)
		command.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
		if output, err := command.CombinedOutput(); err != nil || strings.Contains(string(output), "not formatted") {
			t.Errorf("%s:%d: %v\n%s", page.Path, block.Line, err, output)
		}
	}
}

// The list has every page of the directory, and links lead to files and headings.
func TestLinks(t *testing.T) {
	t.Parallel()
	root, err := stack.Root()
	must(t, err)
	directory := filepath.Join(root, "docs", "recipes")
	list := stacktest.ReadPage(t, "docs/recipes/README.md").Text
	entries, err := os.ReadDir(directory)
	must(t, err)
	for _, entry := range entries {
		if name := entry.Name(); name != "README.md" && !strings.Contains(list, "| ["+name+"]("+name+") |") {
			t.Errorf("the list lacks %s", name)
		}
		page := stacktest.ReadPage(t, "docs/recipes/"+entry.Name())
		for _, link := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(page.Text, -1) {
			file, anchor, _ := strings.Cut(link[1], "#")
			text, err := os.ReadFile(filepath.Join(directory, file))
			if err != nil || anchor != "" && !slices.Contains(anchors(string(text)), anchor) {
				t.Errorf("%s: %s: %v", entry.Name(), link[1], err)
			}
		}
	}
}

func anchors(text string) (all []string) {
	for _, heading := range regexp.MustCompile("(?m)^#+ (.*)$").FindAllStringSubmatch(text, -1) {
		plain := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		all = append(all, strings.ReplaceAll(plain, " ", "-"))
	}
	return all
}
