package snippets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/format"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// goFaults are those of a program, which go vet compiles, or of a part of one, which
// needs to parse. Both are formatted.
func goFaults(ctx context.Context, text, directory string) []fault {
	formatted, err := format.Source([]byte(text))
	if err != nil {
		return found(fmt.Errorf("parsing Go: %w", err))
	}
	if string(formatted) != text {
		return found(errors.New("gofmt would change it"))
	}
	if !regexp.MustCompile(`(?m)^package `).MatchString(text) {
		return nil
	}
	file, err := write(directory, "main.go", text)
	if err != nil {
		return found(err)
	}
	// The test runs within the module, whose dependencies it may import.
	return run(exec.CommandContext(ctx, "go", "vet", file))
}

const pythonParses = `
import ast, sys
try:
    ast.parse(sys.stdin.read())
except SyntaxError as e:
    sys.exit(f"line {e.lineno}: {e.msg}")
`

func pythonFaults(ctx context.Context, text, _ string) []fault {
	command := exec.CommandContext(ctx, "python3", "-c", pythonParses)
	command.Stdin = strings.NewReader(text)
	return run(command)
}

// run runs a program that has nothing to say of a text without faults.
func run(command *exec.Cmd) []fault {
	output, err := command.CombinedOutput()
	if err == nil {
		return nil
	}
	return found(fmt.Errorf("%s: %w: %s", filepath.Base(command.Path), err, firstLines(output)))
}

var bashLine = regexp.MustCompile(`(?m)^bash: line (\d+): (.*)$`)

// bashFaults are those of the shell's grammar.
func bashFaults(ctx context.Context, text string) []fault {
	command := exec.CommandContext(ctx, "bash", "-n")
	command.Stdin = strings.NewReader(text)
	output, err := command.CombinedOutput()
	if err == nil && len(bytes.TrimSpace(output)) == 0 { // an end of a here-document that lacks is a warning
		return nil
	}
	where := bashLine.FindStringSubmatch(string(output))
	if where == nil {
		return found(fmt.Errorf("bash -n: %w: %s", err, firstLines(output)))
	}
	line, _ := strconv.Atoi(where[1])
	return []fault{{line - 1, fmt.Errorf("bash -n: %s", where[2])}}
}
