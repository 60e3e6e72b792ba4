package remedy

import "net/http"

// ofGateway are the refusals that are no fault of the caller.
var ofGateway = []Remedy{
	{
		Reason: "internal_error", Status: http.StatusInternalServerError,
		Cause: "A fault of the gateway. The token may be good or bad; nobody knows, so it does not pass.",
		See:   "`hint` has the error. The line is at WARN; at DEBUG when the client hung up before its token was verified, which is no fault.",
		InAWS: "Nothing.",
		Here:  "Nothing. Please report it with the line.",
		Do:    "report it with this line, since it is a fault of the gateway and not of the token",
	},
	{
		Reason: "keys_unavailable", Status: http.StatusServiceUnavailable,
		Cause: "The issuer's keys cannot be fetched, and those of the last good fetch are too old or were never there. " +
			"Or a reload changed where or how the server listens while the request was under way.",
		See: "`hint` has the cause, such as a name that is not resolved or a certificate that is not trusted. " +
			"`caddy-awsjwt aws-jwt probe --config Caddyfile`, on the same machine, fetches as the gateway does.",
		InAWS: "Nothing.",
		Here: "The way to AWS: `jwks { proxy ca timeout allow_private_addresses }`, or `jwks_url` and `jwks_file`. " +
			"[operations.md](operations.md) says how long keys serve.",
		Do: "try again; if it lasts, run aws-jwt probe on this machine and see docs/operations.md",
	},
	{
		Reason: "overloaded", Status: http.StatusServiceUnavailable,
		Cause: "More signatures wait to be checked than can be checked in time. Somebody sends a flood of tokens, or the machine is too small.",
		See:   "How many lines there are in a second, and from which `remote_ip`.",
		InAWS: "Nothing. A caller that asks for a new token with each request should keep each until shortly before its end.",
		Here:  "Nothing in `aws_jwt`: a limit on requests in front of it, or more processors.",
		Do:    "try again; if it lasts, find who floods the gateway, or give it more processors",
	},
	{
		Reason: "signing_unavailable", Status: http.StatusServiceUnavailable,
		Cause: "The keys that `assertion` signs with cannot be had: Caddy's storage is away or takes too long, or what it has cannot be read. " +
			"New keys are not made in their place, since what others signed would be worth nothing.",
		See:   "`hint` has the cause. The logger `http.handlers.aws_jwt.signing` has a line when looks at the storage begin to fail, and one a minute while they go on to.",
		InAWS: "Nothing.",
		Here: "The storage that `storage` in the global options names: that it is there, and that the gateway may read, write and lock in it. " +
			"[spiffe.md](spiffe.md) says what is in it and how to have new keys made.",
		Do: "try again; if it lasts, look after Caddy's storage, where the signing keys are",
	},
}
