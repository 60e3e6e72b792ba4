package basic

import (
	"os"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
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

var must = stacktest.Must
