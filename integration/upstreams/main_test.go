package upstreams

import (
	"os"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// binaries is where TestMain builds the commands, once.
var binaries string

func TestMain(m *testing.M) {
	if os.Getenv(asAWS) != "" {
		os.Exit(awsCommand(os.Args[1:]))
	}
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		return m.Run()
	}))
}

// eventually polls until ok, and fails the test if that is never so. It waits
// long, so that a machine with other work to do fails nothing.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not happen that %s", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
