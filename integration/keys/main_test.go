package keys

import (
	"flag"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// binaries is where TestMain builds the gateway, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		atOnce(8)
		return m.Run()
	}, "caddy-awsjwt"))
}

// atOnce lets as many tests run at the same time, unless the command line says
// how many. They wait much more than they work, and share nothing.
func atOnce(tests int) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", strconv.Itoa(tests))
	}
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

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := stack.FreeAddress()
	must(t, err)
	return address
}

// listen opens an address that was given out. A program that is started at the
// same moment may hold it a little longer than whoever closed it.
func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	var listener net.Listener
	eventually(t, "the address was free", func() bool {
		var err error
		listener, err = net.Listen("tcp", address)
		return err == nil
	})
	return listener
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// containsAll reports whether the text has all the parts.
func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
