package main

import (
	_ "embed"
	"net"
	"strings"
)

//go:embed Caddyfile
var caddyfileText string

// What the Caddyfile says, and each run has its own of.
const (
	gatewayInFile  = ":8080 {"
	issuerInFile   = "http://127.0.0.1:8010/11112222-3333-4111-8111-111122223333"
	upstreamInFile = "127.0.0.1:9000"
	consoleInFile  = ":8090 {"
	adminInFile    = "admin 127.0.0.1:2019 "
)

// caddyfile is the Caddyfile with the addresses of this run.
func caddyfile(gateway, console, admin, issuer, upstream string) (string, error) {
	_, port, err := net.SplitHostPort(gateway)
	if err != nil {
		return "", err
	}
	_, consolePort, err := net.SplitHostPort(console)
	if err != nil {
		return "", err
	}
	return strings.NewReplacer(
		gatewayInFile, ":"+port+" {",
		consoleInFile, ":"+consolePort+" {",
		adminInFile, "admin "+admin+" ",
		issuerInFile, issuer,
		upstreamInFile, upstream,
	).Replace(caddyfileText), nil
}
