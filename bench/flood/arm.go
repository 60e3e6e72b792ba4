package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// unboundedBy is the line of the Caddyfile that takes away the bound of how much
// of the machine signature checks may take.
const unboundedBy = "signature_share 100%"

const (
	bounded   = "with the bound"
	unbounded = "without the bound"
)

// arm is one of the gateways that are measured.
type arm struct {
	name    string
	gateway *stack.Gateway
	known   [][]byte // requests of the known callers
	parts   [parts][]part
}

// startArm starts a gateway with one line more in its Caddyfile, and has it
// verify each known token once.
func (b *bench) startArm(ctx context.Context, name, line, upstream string, tokens []string) error {
	directory := filepath.Join(b.directory, fmt.Sprintf("gateway-%d", len(b.arms)))
	if err := os.Mkdir(directory, 0o700); err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	address, err := stack.FreeAddress()
	if err != nil {
		return err
	}
	gateway, err := stack.StartGatewayContext(ctx, b.binaries(), directory, address, b.caddyfile(directory, address, upstream, line))
	if err != nil {
		return err
	}
	a := &arm{name: name, gateway: gateway}
	b.arms = append(b.arms, a)
	for _, token := range tokens {
		a.known = append(a.known, []byte(requestWith(address, token)))
	}
	return a.warmUp(ctx)
}

// caddyfile has a log as Caddy writes it by default, but to a file that does not
// grow without end.
func (b *bench) caddyfile(directory, address, upstream, line string) string {
	return fmt.Sprintf(`{
	admin off
	log {
		output file %s {
			roll_size 50MiB
			roll_keep 1
			roll_uncompressed
		}
	}
}
http://%s {
	aws_jwt {
		issuer %s %s
		audience %s
		%s
	}
	reverse_proxy %s
}
`, filepath.Join(directory, "rolled.log"), address, b.issuer.url, account, audience, line, upstream)
}

// warmUp sends each known request until it passes: the first one waits for the
// issuer's keys.
func (a *arm) warmUp(ctx context.Context) error {
	c := connection{address: a.gateway.Address}
	defer c.close()
	for _, request := range a.known {
		status, err := c.ask(ctx, request)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("it answered with %d", status)
		}
		if err != nil {
			return fmt.Errorf("calling the gateway with a good token: %w", err)
		}
	}
	return nil
}

// part is what came of the known callers, and of the load beside them.
type part struct {
	known, load tally
	took        time.Duration
}
