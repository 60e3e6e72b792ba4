// Package caddymodule is the Caddy HTTP handler http.handlers.aws_jwt, and the
// only package of this project that knows Caddy.
//
// The handler lets a request through when it bears a token of AWS STS
// (GetWebIdentityToken) from an issuer that its operator trusts, for an
// audience that is ours, and when the operator's policy allows it. The next
// handler then sees the caller's AWS identity in headers that nobody else can
// set. [Handler] documents the JSON; its Caddyfile form is in caddyfile.go.
//
// The packages verifier, celpolicy and identity do the work; this one reads
// the configuration, walks a request through them, and says no: see refusal.go
// for the table of refusals and decision.go for the line that is logged.
package caddymodule
