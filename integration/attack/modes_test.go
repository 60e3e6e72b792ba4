package attack

import (
	"net/http"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// optionalSite lets requests without a token pass.
const optionalSite = `
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
		allow_upgrade websocket
		optional
	}
	reverse_proxy UPSTREAM`

// auditSite lets everybody with a good token pass, whatever its policy says.
const auditSite = `
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
		deny nobody ` + "`true`" + `
		deny paths ` + "`request.path == \"/never\"`" + `
		mode audit
	}
	reverse_proxy UPSTREAM`

// forgeries are spellings under which an upstream may read an identity.
var forgeries = []string{
	"X-Aws-Token-Sub", "x-aws-token-sub", "X_Aws_Token_Sub", "X.Aws.Token.Sub", "X-AWS-TOKEN-ORG-ID", "X-Aws-Token-Nobody-Sets-This",
	"X-Team", "x_team", "X.TEAM",
}

// openPaths are the probes of row H1 for requests that pass without a decision
// of the policy: the header firewall holds there, too (CVE-2026-30851).
func openPaths() []probe {
	var probes []probe
	for _, name := range forgeries {
		forged := request{}.with(field{name, "evil"})
		audited := call(mint(nil), field{name, "evil"})
		probes = append(probes,
			probe{
				name: "anonymous, " + name, site: optionalSite, attack: forged, control: request{}.with(field{"X-Teams", "kept"}),
				disarmed: noIdentity, intact: all(noIdentity, has("X-Teams", "kept")),
			},
			probe{
				name: "audited, " + name, site: auditSite, attack: audited, control: call(mint(nil), field{"X-Teams", "kept"}),
				disarmed: trueIdentity, intact: all(trueIdentity, has("X-Teams", "kept")),
			},
		)
	}
	return append(probes,
		probe{
			name: "anonymous, another scheme", site: optionalSite, disarmed: all(noIdentity, has("Authorization", "Basic YTpi")),
			attack:  request{}.with(field{"Authorization", "Basic YTpi"}, field{"X-Aws-Token-Sub", "evil"}),
			control: request{}.with(field{"Authorization", "Basic YTpi"}), intact: has("Authorization", "Basic YTpi"),
		},
		probe{
			name: "anonymous, trailers", site: optionalSite, disarmed: noIdentity, intact: all(noIdentity, has("X-Kept", "kept")),
			attack:  request{method: "POST", body: "body", fields: []field{{"Trailer", "X-Kept"}}, trailer: []field{{"X-Aws-Token-Sub", "evil"}, {"X-Team", "evil"}}},
			control: request{method: "POST", body: "body", fields: []field{{"Trailer", "X-Kept"}}, trailer: []field{{"X-Kept", "kept"}}},
		},
	)
}

// noIdentity says what is wrong if the upstream could take anything for an
// identity.
func noIdentity(a stack.Arrival) string {
	for _, name := range forgeries {
		if wrong := has(name, "")(a); wrong != "" {
			return wrong
		}
	}
	return ""
}

// trueIdentity says what is wrong unless the identity is the orders role's.
func trueIdentity(a stack.Arrival) string {
	for _, name := range forgeries {
		values := a.Get(name)
		for _, value := range values {
			if value != ordersRole && value != "o-devsts0001" && value != "orders" || len(values) != 1 {
				return has(name, "the token's own")(a)
			}
		}
	}
	return all(has("X-Aws-Token-Sub", ordersRole), has("X-Team", "orders"))(a)
}

// openDoors are two probes of row O4 beside those of modes.
func openDoors() []probe {
	return []probe{
		{name: "optional: an empty token", site: optionalSite, attack: request{}.with(field{"Authorization", "Bearer "}), control: request{},
			status: http.StatusBadRequest, reason: "malformed_request"},
		{name: "audit: an unsafe path", site: auditSite, attack: call(mint(nil)).to("/a/../never"), control: call(mint(nil)).to("/never"),
			status: http.StatusForbidden, reason: "unsafe_path"},
	}
}
