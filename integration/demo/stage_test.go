package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

func TestChoosePort(t *testing.T) {
	address, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if got := choosePort(newPrinter(&out), "the gateway", address); got != anyPort || !strings.Contains(out.String(), address+" is taken") {
		t.Errorf("taken: got %s, printed %s", got, out.String())
	}
	out.Reset()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if got := choosePort(newPrinter(&out), "the gateway", address); got != address || out.Len() > 0 {
		t.Errorf("free: got %s, printed %s", got, out.String())
	}
}

func TestMissingBinaries(t *testing.T) {
	var out bytes.Buffer
	err := run(context.Background(), []string{"-bin", t.TempDir(), "-once"}, &out, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `run "make build"`) || strings.Contains(out.String(), "starting") {
		t.Errorf("got %v, printed %s", err, out.String())
	}
}

func TestDecisionLine(t *testing.T) {
	d := stack.Decision{Message: "refused", Status: 403, Reason: "policy_denied", Rule: "no-jobs", Hint: "it is true"}
	if got := decisionLine(d); got != "refused ? ?: 403 policy_denied, rule no-jobs: it is true" {
		t.Errorf("got %s", got)
	}
}

func TestSelfName(t *testing.T) {
	for program, want := range map[string]string{"/tmp/go-build1/b001/exe/demo": "go run ./integration/demo", "bin/demo": "bin/demo"} {
		if got := selfName(program); got != want {
			t.Errorf("%s: got %s, want %s", program, got, want)
		}
	}
}
