// Command devsts runs a local AWS STS on a loopback address, for development
// and tests of services that accept the tokens of GetWebIdentityToken. The
// package devsts describes what it answers and its built-in configuration.
package main

import (
	"io"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/program"
)

func main() { program.Main("devsts", run) }

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

Rotate an issuer's keys; with withdraw=1 the old ones go at once, with overlap
the new ones are published first and sign later:

	curl -X POST 'http://127.0.0.1:8011/rotate?issuer=111122223333&withdraw=1'
	curl -X POST 'http://127.0.0.1:8011/rotate?issuer=111122223333&overlap=30s'
	curl -X POST 'http://127.0.0.1:8011/withdraw?issuer=111122223333'    # the old ones

Break the discovery documents and key sets of one issuer, or of all (issuer=*),
for a time or until it is cleared, and see how often they were asked for:

	curl -X POST 'http://127.0.0.1:8011/faults?issuer=111122223333&kind=error&status=503&for=10s'
	curl -X POST 'http://127.0.0.1:8011/faults?issuer=*&document=keys&kind=delay&delay=2s'
	curl 'http://127.0.0.1:8011/faults'                                  # those in force
	curl -X DELETE 'http://127.0.0.1:8011/faults'                        # or ?issuer=…
	curl 'http://127.0.0.1:8011/fetches'
	curl -X POST 'http://127.0.0.1:8011/fetches/reset'

	kind=delay           the right answer, after delay
	kind=error           status, or 503
	kind=hang            no answer before the client goes or the fault ends
	kind=endless         200, and then a byte now and then
	kind=garbage         200 with an HTML page
	kind=truncated       the first half of the document
	kind=reset           the connection cut without an answer
	kind=oversize        the document with an extra member, over 512 KiB
	kind=gzip_bomb       the document and 64 MiB of spaces, compressed
	kind=redirect        302 to the same document with ?redirected=1
	kind=wrong_issuer    discovery of another issuer
	kind=foreign_keys    discovery whose jwks_uri is on another host
	kind=no_usable_keys  an oct and a P-256 key, under the right kids
	kind=unknown_kinds   the right keys, with odd and broken ones between them

List the organization's accounts and their issuers, with the role
organization-reader; throttle the next calls of an action:

	export AWS_ENDPOINT_URL=http://127.0.0.1:8010
	export AWS_ACCESS_KEY_ID=DEVSTSORGREADER0
	export AWS_SECRET_ACCESS_KEY=devsts-secret-organization-reader
	caddy-awsjwt aws-jwt issuers --from-organization --output issuers.json
	curl -X POST 'http://127.0.0.1:8011/throttle?action=AssumeRole&calls=5'

Make tokens as if the clock were wrong:

	curl -X POST 'http://127.0.0.1:8011/clock?offset=-10m'               # 0 ends it
	curl 'http://127.0.0.1:8011/clock'

Credentials of a role for a token of an OpenID Connect provider: give an account
of the configuration a provider, and a role of it a trust policy instead of keys.
AWS takes https without a port alone; allow_loopback excuses a local issuer.

	"oidc_providers": [{"url": "http://127.0.0.1:8443", "allow_loopback": true,
	  "client_ids": ["sts.amazonaws.com"]}],
	"roles": [{"arn": "arn:aws:iam::444455556666:role/partner", "trust": [
	  {"provider": "http://127.0.0.1:8443", "condition": {
	    "StringEquals": {"127.0.0.1:8443:aud": ["sts.amazonaws.com"]},
	    "StringLike": {"127.0.0.1:8443:sub": ["arn:aws:iam::111122223333:role/*"]}}}]}]

	aws sts assume-role-with-web-identity --role-arn arn:aws:iam::444455556666:role/partner \
	  --role-session-name me --web-identity-token "$(cat token.jwt)"

Flags:
`

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := program.Flags("devsts", usage, stderr)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8010", "loopback `address` of STS, IAM and the issuers; port 0 takes a free one")
	flags.StringVar(&o.manage, "manage", "127.0.0.1:8011", "loopback `address` for management; port 0 takes a free one")
	flags.StringVar(&o.config, "config", "", "JSON `file` of accounts and roles (default: built in)")
	flags.BoolVar(&o.printConfig, "print-config", false, "write the configuration as JSON to standard output and exit")
	flags.StringVar(&o.urlFile, "url-file", "", "`file` to write the URLs to, as JSON, once both listeners are open")
	if err := program.Parse(flags, args); err != nil {
		return options{}, err
	}
	return o, nil
}
