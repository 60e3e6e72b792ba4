// Command devsts runs a local AWS STS on a loopback address, for development
// and tests of services that accept the tokens of GetWebIdentityToken. The
// package devsts describes what it answers and its built-in configuration.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "devsts:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	listen, manage, config, urlFile string
	printConfig                     bool
}

const usage = `devsts is a local AWS STS for development and tests. It answers
GetWebIdentityToken over the real wire protocol and publishes the issuers'
discovery documents and keys. It listens on loopback addresses only.

	devsts                                    # the built-in accounts and roles
	devsts -print-config > sts.json           # write them down, to change them
	devsts -config sts.json

In another terminal:

	export AWS_ENDPOINT_URL_STS=http://127.0.0.1:8010
	export AWS_ACCESS_KEY_ID=DEVSTSORDERSLAMBDA
	export AWS_SECRET_ACCESS_KEY=devsts-secret-orders-lambda
	export AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1
	aws sts get-web-identity-token --audience https://orders.example --signing-algorithm ES384
	curl http://127.0.0.1:8011/               # accounts, issuers, roles and access keys
	curl -X POST 'http://127.0.0.1:8011/rotate?issuer=111122223333&withdraw=1'

Flags:
`

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("devsts", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8010", "loopback `address` of STS, IAM and the issuers; port 0 takes a free one")
	flags.StringVar(&o.manage, "manage", "127.0.0.1:8011", "loopback `address` for management; port 0 takes a free one")
	flags.StringVar(&o.config, "config", "", "JSON `file` of accounts and roles (default: built in)")
	flags.BoolVar(&o.printConfig, "print-config", false, "write the configuration as JSON to standard output and exit")
	flags.StringVar(&o.urlFile, "url-file", "", "`file` to write the URLs to, as JSON, once both listeners are open")
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q; devsts -h lists the flags", flags.Arg(0))
	}
	return o, nil
}
