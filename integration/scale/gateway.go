package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// settings are what sets one gateway apart from another.
type settings struct {
	listed       int           // issuers in the file, 0 is no file
	organization bool          // whether all issuers are trusted by their organization
	cooldown     time.Duration // 0 is the default
	timeout      time.Duration // of a fetch, 0 is the default
}

// gateway is a running gateway whose use of the machine can be read.
type gateway struct {
	*stack.Gateway
	admin string // host:port of Caddy's admin API
	pid   int
	took  time.Duration // from its start until it answered
}

// startGateway runs a gateway in a directory of its own and waits until it
// answers a request.
func (b *bench) startGateway(s settings) (*gateway, error) {
	b.gateways++
	directory := filepath.Join(b.directory, fmt.Sprintf("gateway-%d", b.gateways))
	if err := os.Mkdir(directory, 0o700); err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	address, err := stack.FreeAddress()
	if err != nil {
		return nil, err
	}
	g := new(gateway)
	if g.admin, err = stack.FreeAddress(); err != nil {
		return nil, err
	}
	caddyfile, err := b.caddyfile(directory, address, g.admin, s)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if g.Gateway, err = stack.StartGatewayContext(b.ctx, b.binaries(), directory, address, caddyfile); err != nil {
		return nil, err
	}
	err = g.answers(b)
	g.took = time.Since(began)
	if err == nil {
		g.pid, err = findProcess(directory)
	}
	if err != nil {
		return nil, errors.Join(err, g.Stop())
	}
	return g, nil
}

// answers asks for an answer: that a token is missing.
func (g *gateway) answers(b *bench) error {
	c := newCaller(g, 1)
	defer c.close()
	status, err := c.call(b.ctx, "")
	if err == nil && status != http.StatusUnauthorized {
		err = fmt.Errorf("starting the gateway: it answered a request without a token with %d", status)
	}
	return err
}

// caddyfile is the gateway's configuration, beside which it writes the file of
// issuers.
func (b *bench) caddyfile(directory, address, admin string, s settings) (string, error) {
	var lines []string
	if s.listed > 0 {
		file := filepath.Join(directory, "issuers.json")
		if err := b.issuers.writeFile(file, s.listed); err != nil {
			return "", err
		}
		lines = append(lines, "issuers_file "+file)
	}
	if s.organization {
		lines = append(lines, fmt.Sprintf("organization %s {\n\t\t\tissuer_template %s\n\t\t}", organization, b.issuers.url("<uuid>")))
	}
	var jwks []string
	if s.cooldown > 0 {
		jwks = append(jwks, "cooldown "+s.cooldown.String())
	}
	if s.timeout > 0 {
		jwks = append(jwks, "timeout "+s.timeout.String())
	}
	if len(jwks) > 0 {
		lines = append(lines, "jwks {\n\t\t\t"+strings.Join(jwks, "\n\t\t\t")+"\n\t\t}")
	}
	lines = append(lines, "audience "+audience)
	return fmt.Sprintf("{\n\tadmin %s\n}\nhttp://%s {\n\taws_jwt {\n\t\t%s\n\t}\n\treverse_proxy %s\n}\n",
		admin, address, strings.Join(lines, "\n\t\t"), b.upstream.address), nil
}
