// Package policytest runs tables of cases against a configuration of aws_jwt:
// what becomes of a request with such a token. It is the engine of the command
// aws-jwt test. Nothing goes over a network, and no key is needed: a token's
// signature counts as good.
//
// # The file
//
// A file is one YAML document of at most [MaxFileSize] bytes:
//
//	config: Caddyfile              # relative to this file; Options.Config goes before it
//	now: 2026-04-21T08:00:00Z      # the gateway's clock; this is the default
//	request: {method: GET, host: orders.example.com, path: /, remote_ip: 203.0.113.9}
//	claims_file: token.json        # a decoded payload, relative to this file
//	claims:                        # merged into that of claims_file
//	  iss: https://….tokens.sts.global.api.aws
//	  aud: https://orders.example.com
//	  sub: arn:aws:iam::123456789012:role/orders-lambda
//	  aws:                         # short for "https://sts.amazonaws.com/"
//	    principal_tags: {team: orders}
//	cases:
//	  - name: the orders team writes
//	    request: {method: POST, path: /orders, headers: {X-Team: forged}}
//	    claims: {exp: +1m, aws: {principal_tags: {team: orders}}}
//	    header: {alg: RS256, kid: RSA_0}
//	    want: {outcome: allowed, rule: orders-team, headers: {X-Team: orders}}
//	  - name: nobody without a token
//	    no_token: true
//	    want: {outcome: refused, reason: missing_token, status: 401}
//
// A case merges its request, header and claims into those of the file, member
// by member: an object into an object, anything else replaces, and null removes.
// Instead of a token it may have no_token or authorization, the field's value as
// it is sent; and it may have a now of its own. A null elsewhere is as if the
// key were not there.
//
// The request of a case is GET / of the gateway's only host (see [Gateway.Host])
// from 203.0.113.9 where nobody says otherwise; header is {alg: ES384, kid: EC384_0, typ: JWT}; iat is now, exp is
// five minutes after iat, jti a fixed UUID; aws_account and principal_id are
// those of sub, when that is the ARN of a principal. iat, exp and nbf are a
// number, an RFC 3339 time or a duration from now, such as -10m or +5m;
// original_session_exp may be a duration, too.
//
// want has an outcome: allowed, audited, anonymous, refused or unprotected. What
// else it has is looked at: reason and status (of a refusal, an audited request
// has a reason, too), rule (a rule or requirement that decided; "" for none),
// headers (as the upstream sees them; null for one that it must not see), and
// would_refuse and would_allow (a shadow rule that would have changed a
// handler's decision).
//
// Unknown and repeated keys, anchors, tags such as !!str, a second document, a
// want that contradicts itself, and a number where a claim is a string are
// faults of the file. Each has its line. A case with a fault is not run, and none
// is when the fault is the file's own.
package policytest
