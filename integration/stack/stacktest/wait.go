package stacktest

import (
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// Patience is how long a test waits for what must happen. It is long, so that a
// machine with other work to do fails nothing.
const Patience = 90 * time.Second

// Eventually polls until ok, and ends the test as failed if that is never so.
func Eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("within %v it did not happen that %s", Patience, what)
		}
	}
}

// Must ends the test as failed if there is an error.
func Must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// FreeAddress is [stack.FreeAddress] for a test.
func FreeAddress(t *testing.T) string {
	t.Helper()
	address, err := stack.FreeAddress()
	Must(t, err)
	return address
}
