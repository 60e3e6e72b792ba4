// Package awsjwt is the root of caddy-awsjwt and holds no code. Its tests hold
// the rules that concern all packages.
//
// Go programmers import verifier (a token is genuine), celpolicy (a policy
// allows it) and awstoken (what a token says). Operators use the handler of
// caddymodule in a Caddyfile; see README.md.
package awsjwt
