package stack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build builds the project's commands into a directory: those that are named,
// such as devsts, or all. It runs in the module's root, wherever below that the
// caller is.
func Build(ctx context.Context, directory string, commands ...string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	if len(commands) == 0 {
		commands = []string{"..."}
	}
	args := []string{"build", "-o", directory + string(filepath.Separator)}
	for _, command := range commands {
		args = append(args, "./cmd/"+command)
	}
	build := exec.CommandContext(ctx, "go", args...)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the commands: %w\n%s", err, output)
	}
	return nil
}

// Root is the directory of this project's module, whose commands are built, wherever
// below it the caller runs; some directories there are modules of their own.
func Root() (string, error) {
	directory, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(directory, "cmd", "caddy-awsjwt")); err == nil {
			return directory, nil
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return "", errors.New("finding the module: no cmd/caddy-awsjwt here or above")
		}
		directory = parent
	}
}

// lookAtSources looks at every file that the commands are built from. go test
// repeats the result of a test as long as no file changed that the test looked
// at, and does not see what the programs are built from that it starts.
func lookAtSources() {
	root, err := Root()
	if err != nil {
		return // no test of this module
	}
	for _, part := range []string{"go.mod", "go.sum", "awstoken", "caddymodule", "celpolicy", "cmd", "devsts", "identity", "verifier"} {
		_ = filepath.WalkDir(filepath.Join(root, part), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !strings.HasSuffix(path, "_test.go") {
				_, err = os.Stat(path)
			}
			return err
		})
	}
}
