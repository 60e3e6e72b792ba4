package keys

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the gateway, once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		stacktest.AtOnce(8)
		return m.Run()
	}, "caddy-awsjwt"))
}

const patience = stacktest.Patience

var must, eventually, freeAddress = stacktest.Must, stacktest.Eventually, stacktest.FreeAddress

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

// containsAll reports whether the text has all the parts.
func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
