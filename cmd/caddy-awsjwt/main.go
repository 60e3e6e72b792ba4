// Command caddy-awsjwt is Caddy with its standard modules and the aws_jwt
// handler, which lets requests pass that bear a token of AWS STS. All of
// Caddy's commands are there; caddy-awsjwt help lists them.
package main

import (
	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	// Modules register themselves.
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-awsjwt/caddy-awsjwt/caddymodule"
)

func main() {
	caddy.CustomBinaryName = "caddy-awsjwt" // as help calls the program
	caddycmd.Main()
}
