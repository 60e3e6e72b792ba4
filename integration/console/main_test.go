package console

import (
	"os"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// binaries is where TestMain builds the gateway, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		defer closeBrowser()
		return m.Run()
	}, "caddy-awsjwt"))
}

// patience is how long a test waits for what must happen. It is long, so that a
// machine with other work to do fails nothing.
const patience = 60 * time.Second

// eventually polls until ok, and fails the test if that is never so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("within %v it did not happen that %s", patience, what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
