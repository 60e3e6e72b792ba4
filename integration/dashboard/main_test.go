package dashboard

import (
	"os"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// binaries is where TestMain builds the gateway, once.
var binaries string

func TestMain(m *testing.M) {
	stacktest.AtOnce(4)
	os.Exit(stack.WithBuilt(func(directory string) int {
		binaries = directory
		return m.Run()
	}, "caddy-awsjwt"))
}

var must = stacktest.Must
