package stack

import (
	"context"
	"fmt"
	"os"
)

// WithBuilt is for a TestMain: it builds the commands of these names, or all, in a
// directory, has the tests run, and removes the directory. It returns the exit
// code.
func WithBuilt(run func(directory string) int, names ...string) int {
	directory, err := os.MkdirTemp("", "caddy-awsjwt-")
	if err == nil {
		defer func() { _ = os.RemoveAll(directory) }()
		err = Build(context.Background(), directory, names...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run(directory)
}
