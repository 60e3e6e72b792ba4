package snippets

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// shellFaults are those of a script: of its grammar, of the make targets, paths and
// commands of the project that it names, and of the files that it writes.
func shellFaults(ctx context.Context, text, directory string) (all []fault) {
	if all = bashFaults(ctx, text); len(all) > 0 {
		return all
	}
	script, files := withoutDocuments(text)
	for _, file := range files {
		all = append(all, file.faults(ctx, directory)...)
	}
	for _, command := range commandsOf(script) {
		if err := command.fault(ctx); err != nil {
			all = append(all, fault{command.line, err})
		}
	}
	return all
}

// consoleFaults are those of what a console shows: the lines behind the prompt.
func consoleFaults(ctx context.Context, text, directory string) []fault {
	var script strings.Builder
	continued := false
	for line := range strings.Lines(text) {
		typed, prompt := strings.CutPrefix(line, "$ ")
		if !prompt && !continued {
			typed = "\n" // printed
		}
		continued = strings.HasSuffix(strings.TrimSpace(typed), `\`)
		script.WriteString(typed)
	}
	if strings.TrimSpace(script.String()) == "" {
		return found(fmt.Errorf("no line begins with %q; what a program prints is text", "$ "))
	}
	return shellFaults(ctx, script.String(), directory)
}

var cronLine = regexp.MustCompile(`^((?:[\d*/,-]+\s+){5}|@[a-z]+\s+)(.*)$`)

// crontabFaults are those of the lines of a crontab, and of their commands.
func crontabFaults(ctx context.Context, text, directory string) (all []fault) {
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		entry := cronLine.FindStringSubmatch(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#") || regexp.MustCompile(`^\w+=`).MatchString(line):
		case entry == nil:
			all = append(all, fault{i, fmt.Errorf("%q is no line of a crontab", line)})
		default:
			for _, each := range shellFaults(ctx, entry[2], directory) {
				all = append(all, fault{i + each.line, each.err})
			}
		}
	}
	return all
}

// document is what a script writes to a file.
type document struct {
	line       int
	name, text string
}

var hereDocument = regexp.MustCompile(`<<-?['"]?(\w+)['"]?`)

// withoutDocuments is a script without its here-documents, of which those that are
// written to files come beside it. The lines keep their numbers.
func withoutDocuments(text string) (script string, files []document) {
	var rest strings.Builder
	end := "" // of the document that is read
	for number, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		switch {
		case end != "" && strings.TrimSpace(line) == end:
			end, line = "", ""
		case end != "":
			files[len(files)-1].text += line + "\n"
			line = ""
		default:
			if begin := hereDocument.FindStringSubmatch(line); begin != nil {
				end = begin[1]
				file := document{line: number + 1}
				if to := regexp.MustCompile(`[^<]>\s*(\S+)`).FindStringSubmatch(line); to != nil {
					file.name = to[1]
				}
				files = append(files, file)
			}
		}
		rest.WriteString(line + "\n")
	}
	return rest.String(), files
}

// faults are those of a file whose name tells its language.
func (d document) faults(ctx context.Context, directory string) (all []fault) {
	of := nothing
	switch extension := filepath.Ext(d.name); {
	case filepath.Base(d.name) == "Caddyfile" || extension == ".caddyfile":
		of = caddyfileFaults
	case extension == ".json":
		of = jsonFaults
	case extension == ".yaml" || extension == ".yml":
		of = yamlFaults
	case extension == ".py":
		of = pythonFaults
	}
	for _, each := range of(ctx, d.text, directory) {
		all = append(all, fault{d.line + each.line, each.err}.in(d.name))
	}
	return all
}

// command is one of a script, with its words.
type command struct {
	line  int
	words []string
}

var (
	comment   = regexp.MustCompile(`(^|\s)#.*`)
	separator = regexp.MustCompile(`\s*(?:\|\||&&|[;|&()\n]|\$\()\s*`)
	aWord     = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)
	setting   = regexp.MustCompile(`^[A-Za-z_]\w*=`)
)

// commandsOf are those of a script, as far as they can be told without running it.
func commandsOf(script string) (commands []command) {
	lines := strings.Split(script, "\n")
	for i := 0; i < len(lines); i++ {
		begin, line := i, comment.ReplaceAllString(lines[i], "")
		for strings.HasSuffix(line, `\`) && i+1 < len(lines) {
			i++
			line = strings.TrimSuffix(line, `\`) + " " + comment.ReplaceAllString(lines[i], "")
		}
		for _, part := range separator.Split(line, -1) {
			words := aWord.FindAllString(part, -1)
			for len(words) > 0 && (setting.MatchString(words[0]) || slices.Contains([]string{"sudo", "exec", "time", "env", "then", "do", "if", "!"}, words[0])) {
				words = words[1:]
			}
			if len(words) > 0 {
				commands = append(commands, command{begin, words})
			}
		}
	}
	return commands
}

// fault is what a command names of the project and is not there.
func (c command) fault(ctx context.Context) error {
	for _, word := range c.words {
		if err := pathFault(strings.Trim(word, `'"<>`)); err != nil {
			return err
		}
	}
	switch filepath.Base(c.words[0]) {
	case "make":
		return makeFault(c.words[1:])
	case "caddy-awsjwt":
		return gatewayFault(ctx, c.words[1:])
	}
	return nil
}

// projectNames are names that scripts may use.
type projectNames struct {
	directories, targets map[string]bool // at the top; of the Makefile
	made                 []string        // directories that are made, as .gitignore has them
}

var names = sync.OnceValue(func() (n projectNames) {
	n.directories, n.targets = make(map[string]bool), make(map[string]bool)
	root, err := stack.Root()
	if err != nil {
		panic(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		panic(err)
	}
	for _, entry := range entries {
		n.directories[entry.Name()] = entry.IsDir()
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		panic(err)
	}
	for _, target := range regexp.MustCompile(`(?m)^([a-z0-9-]+):`).FindAllStringSubmatch(string(makefile), -1) {
		n.targets[target[1]] = true
	}
	ignored, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil {
		panic(err)
	}
	for _, directory := range regexp.MustCompile(`(?m)^/(.+/)$`).FindAllStringSubmatch(string(ignored), -1) {
		n.made = append(n.made, directory[1])
	}
	return n
})

// pathFault is that of a path that begins as one of the project does.
func pathFault(word string) error {
	word = strings.TrimPrefix(word, "./")
	top, within, below := strings.Cut(word, "/")
	if !below || strings.ContainsAny(word, "$<>…:") {
		return nil
	}
	root, err := stack.Root()
	if err != nil {
		return err
	}
	switch {
	case top == "bin": // what make build makes
		word = "cmd/" + within[strings.LastIndex(within, "/")+1:]
	case !names().directories[top] || slices.ContainsFunc(names().made, func(each string) bool { return strings.HasPrefix(word, each) }):
		return nil
	}
	word = strings.TrimSuffix(word, "/...")
	if there, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(word))); err != nil || len(there) == 0 {
		return fmt.Errorf("the project has no %s", word)
	}
	return nil
}

func makeFault(words []string) error {
	for _, word := range words {
		if strings.HasPrefix(word, "-") || strings.ContainsAny(word, "=>$") {
			continue
		}
		if !names().targets[word] {
			return fmt.Errorf("the Makefile has no %s", word)
		}
	}
	return nil
}

// helps are what commands of the gateway say of themselves.
var helps sync.Map

// gatewayFault is that of a command of the gateway, or of a flag.
func gatewayFault(ctx context.Context, words []string) error {
	var path []string
	for _, word := range words {
		if len(path) == 2 || len(path) == 1 && path[0] != "aws-jwt" || !regexp.MustCompile(`^[a-z][a-z-]*$`).MatchString(word) {
			break
		}
		path = append(path, word)
	}
	name := strings.Join(path, " ")
	help, asked := helps.Load(name)
	if !asked {
		output, err := exec.CommandContext(ctx, filepath.Join(binaries, "caddy-awsjwt"), append(path, "--help")...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("caddy-awsjwt has no command %s: %s", name, firstLines(output))
		}
		help, _ = helps.LoadOrStore(name, string(output))
	}
	if _, used, _ := strings.Cut(help.(string), "Usage:\n"); len(path) > 0 && !strings.Contains(used, "caddy-awsjwt "+name) && !strings.Contains(used, "caddy "+name) {
		return fmt.Errorf("caddy-awsjwt has no command %s", name)
	}
	for _, word := range words[len(path):] {
		if word == "-" || !strings.HasPrefix(word, "-") {
			continue
		}
		flag, _, _ := strings.Cut(word, "=")
		if !regexp.MustCompile(`(?m)^\s+(-[a-zA-Z], )?.*` + regexp.QuoteMeta(flag) + `(\s|,|$|\[)`).MatchString(help.(string)) {
			return fmt.Errorf("caddy-awsjwt %s has no flag %s", name, flag)
		}
	}
	return nil
}
