package remedy

import "net/http"

// ofCredentials are the refusals of requests whose token was not even read.
var ofCredentials = []Remedy{
	{
		Reason: "missing_token", Status: http.StatusUnauthorized,
		Cause: "The request has no `Authorization` field, or one of a scheme that is no `token_source`: `Basic`, unless that says so. " +
			"Proxies on the way sometimes remove the field, and so do clients that follow a redirect to another host.",
		See: "The line has no `unverified_` fields. Send the request again with `curl -v` and look for `> Authorization: Bearer`. " +
			"Clients with a user name and a password, such as Git, send those only once they were asked, so their first request of each run is refused so.",
		InAWS: "Nothing.",
		Here: "Nothing, if callers are to have a token. `optional` lets requests without one pass, as nobody; " +
			"with a matcher, such as `aws_jwt /api/*`, all other paths are open. For clients that can send a password alone, `token_source basic`.",
		Do: "send Authorization: Bearer and a token of GetWebIdentityToken, or, if token_source is basic, that token as password",
	},
	{
		Reason: "malformed_request", Status: http.StatusBadRequest, Code: "invalid_request",
		Cause: "There are several `Authorization` fields, or the one that is there is not `Bearer`, one space and the characters of a token. " +
			"With `token_source basic`: `Basic`, one space and the base64 of a user name, a colon and such a token. " +
			"A line end behind the token, quotes around it and an empty shell variable are the usual causes.",
		See:   "`hint` says which. `printf %s \"$TOKEN\" | wc -c` counts what the variable holds, and `od -c` shows what does not belong there.",
		InAWS: "Nothing.",
		Here: "Nothing. If a proxy in front of the gateway adds a field of its own, take that out there. " +
			"Where the hint names a header of `original` (`aws_jwt_authorize`), the proxy that asks has to send it, once.",
		Do: "send one Authorization field with Bearer, one space and the token, or once the header that is named",
	},
}

// ofRequests are the refusals of requests that cannot be handed on safely,
// whoever sends them.
var ofRequests = []Remedy{
	{
		Reason: "upgrade_refused", Status: http.StatusForbidden,
		Cause: "The request asks to leave HTTP: a WebSocket, HTTP/2 by `Upgrade`, or `CONNECT`. " +
			"Behind an upgrade nobody looks at what the client sends, so upgrades are refused unless they are allowed.",
		See:   "`method`, `path` and `hint`. `curl --http2` offers HTTP/2 by `Upgrade` on plain http; `curl --http1.1` does not.",
		InAWS: "Nothing.",
		Here: "`allow_upgrade websocket` in each `aws_jwt` in the way of the request, those whose matcher does not fit included. " +
			"The handshake must come over HTTP/1.1 and bear a token. Nothing else can be allowed.",
		Do: "write allow_upgrade websocket in each aws_jwt in its way, or send the request without Upgrade",
	},
	{
		Reason: "unsafe_path", Status: http.StatusForbidden,
		Cause: "A rule reads `request.path`, and an upstream could read this path otherwise than the rule: `//`, dot segments, " +
			"an encoded slash, a backslash or a control character. Or the target of the request is no path at all.",
		See:   "`hint` says what is wrong with it. `path` is the decoded path; the access log has it as it came.",
		InAWS: "Nothing.",
		Here:  "Nothing, as a rule. A policy that does not read `request.path` looks at no path, and cannot tell one from another.",
		Do:    "send the path in its one plain form, without //, dot segments, encoded slashes and backslashes",
	},
	{
		Reason: "unsafe_header_value", Status: http.StatusForbidden,
		Cause: "A header for the upstream is over 4 KiB once it is percent-encoded. It would have to be cut, and a cut value is another value.",
		See:   "`hint` names the header; `aws-jwt inspect` shows the attribute that it is made of.",
		InAWS: "Shorter tags, if the header is made of tags.",
		Here:  "A shorter value in `header`: one tag, such as `{aws_token.principal_tags.team}`, in place of all of them.",
		Do:    "put less into this header, such as one tag in place of all",
	},
	{
		Reason: "assertion_failed", Status: http.StatusForbidden,
		Cause: "The token is good, but no `assertion` can be made of it: it lacks an attribute of the subject's template, " +
			"or has one that a SPIFFE ID cannot hold, such as a tag with a slash or a space. A part of an identity would be another identity, so nothing is left out.",
		See:   "`hint` names the attribute; `aws-jwt inspect` shows what the token has.",
		InAWS: "Set the tag on the role or on the session, or give it a value of letters, digits, `.`, `-` and `_`.",
		Here:  "A `subject` of attributes that all callers have, or fewer `claims` where the assertion is over 8 KiB.",
		Do:    "set the attribute that the hint names, or change the subject of assertion",
	},
	{
		Reason: "untrusted_proxy", Status: http.StatusForbidden,
		Cause: "`aws_jwt_authorize` is asked about another request (`original`) by somebody who is no trusted proxy of the server. " +
			"Whoever is not could write any method, host and path into the question.",
		See:   "`remote_ip` is who asks.",
		InAWS: "Nothing.",
		Here:  "`trusted_proxies` in the `servers` block of the global options has to name the address of the proxy that asks.",
		Do:    "name the address of the proxy in trusted_proxies of the global options",
	},
}
