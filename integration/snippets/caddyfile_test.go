package snippets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// caddyfileFaults are those of a whole Caddyfile, or of lines of a site or of aws_jwt,
// which are put there: the gateway adapts and validates it.
func caddyfileFaults(ctx context.Context, text, directory string) []fault {
	if whole(text) {
		return validate(ctx, text, directory, 0)
	}
	inSite := validate(ctx, "orders.example.com {\n"+text+"}\n", directory, 1)
	if inSite == nil {
		return nil
	}
	inDirective := validate(ctx, "orders.example.com {\naws_jwt {\n"+text+trust(text)+"}\n}\n", directory, 2)
	if inDirective == nil {
		return nil
	}
	return []fault{inSite[0].in("as lines of a site"), inDirective[0].in("as lines of aws_jwt")}
}

// siteLike is a line that global options, a site or a snippet begin with.
var siteLike = regexp.MustCompile(`^(\{|[^\s@{]*[.:(][^\s{]*(,?\s+[^\s{]+)*\s+\{|localhost\s+\{)$`)

// whole reports whether a text is a Caddyfile and not lines of one: whether its first
// line is one that a block at the top begins with.
func whole(text string) bool {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
		if line != "" && line[0] != '#' {
			return siteLike.MatchString(strings.TrimSpace(line))
		}
	}
	return false
}

// trust are the lines without which no aws_jwt loads, if a text lacks them.
func trust(text string) (lines string) {
	has := func(names string) bool { return regexp.MustCompile(`(?m)^\s*(` + names + `)\s`).MatchString(text) }
	if !has("issuer|issuers_file|organization") {
		lines += "issuer https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012\n"
	}
	if !has("audience") {
		lines += "audience https://orders.example.com\n"
	}
	return lines
}

// named are the files that a Caddyfile reads, by the words before them; and the
// logs, which it opens.
var named = regexp.MustCompile(`(?m)^([ \t]*(?:issuers_file|jwks_file|output file)[ \t]+)(\S+)`)

// withFiles puts files of ours in place of those that a Caddyfile names, which are
// certificates and keys but for what is named.
func withFiles(text, directory string) (string, error) {
	root, err := stack.Root()
	if err != nil {
		return "", err
	}
	issuers, err := write(directory, "issuers.json", `[{"url": "https://0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0.tokens.sts.global.api.aws", "accounts": ["210987654321"]}]`)
	if err != nil {
		return "", err
	}
	text, err = withCertificates(text, directory)
	if err != nil {
		return "", err
	}
	return named.ReplaceAllStringFunc(text, func(line string) string {
		part := named.FindStringSubmatch(line)
		switch strings.Fields(part[1])[0] {
		case "issuers_file":
			return part[1] + issuers
		case "jwks_file":
			return part[1] + filepath.Join(root, "caddymodule", "testdata", "jwks.json")
		}
		return part[1] + filepath.Join(directory, filepath.Base(part[2]))
	}), nil
}

var inCaddyfile = regexp.MustCompile(`Caddyfile:(\d+)`)

// validate has the gateway adapt a Caddyfile and load it. So many lines were put
// before it.
func validate(ctx context.Context, text, directory string, before int) []fault {
	text, err := withFiles(text, directory)
	if err != nil {
		return found(err)
	}
	file, err := write(directory, "Caddyfile", text)
	if err != nil {
		return found(err)
	}
	command := exec.CommandContext(ctx, filepath.Join(binaries, "caddy-awsjwt"), "validate", "--adapter", "caddyfile", "--config", file)
	command.Dir = directory
	command.Env = append(os.Environ(), "HOME="+directory, "XDG_DATA_HOME="+directory, "XDG_CONFIG_HOME="+directory)
	output, err := command.CombinedOutput()
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	last := lines[len(lines)-1]
	var logged struct{ Msg string }
	if json.Unmarshal([]byte(last), &logged) == nil {
		last = logged.Msg
	}
	last = strings.ReplaceAll(last, directory+string(filepath.Separator), "")
	line := 0
	if at := inCaddyfile.FindStringSubmatch(last); at != nil {
		line, _ = strconv.Atoi(at[1])
		line = max(line-1-before, 0)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return found(err)
	}
	return []fault{{line, fmt.Errorf("caddy-awsjwt validate: %s", last)}}
}
