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

// openDoors are the probes of row O4 for the settings that let more pass: they
// let pass what they say and nothing else.
func openDoors() []probe {
	refused := func(name, site string, attack, control request, status int, reason string) probe {
		return probe{name: name, site: site, attack: attack, control: control, status: status, reason: reason}
	}
	expired := mint(func(p *parts) { p.claims["iat"], p.claims["exp"] = 1, 2 })
	return []probe{
		refused("optional, a bad token", optionalSite, call(expired), request{}, http.StatusUnauthorized, "expired"),
		refused("optional, an empty token", optionalSite, request{}.with(field{"Authorization", "Bearer "}), request{}, http.StatusBadRequest, "malformed_request"),
		refused("optional, two credentials", optionalSite,
			request{}.with(field{"Authorization", "Basic YTpi"}, field{"Authorization", "Basic YTpi"}),
			request{}.with(field{"Authorization", "Basic YTpi"}), http.StatusBadRequest, "malformed_request"),
		refused("optional, another account", optionalSite, call(mintAs(strangerAccount, nil)), call(mint(nil)), http.StatusUnauthorized, "unknown_issuer"),
		refused("audit, no token", auditSite, request{}, call(mint(nil)), http.StatusUnauthorized, "missing_token"),
		refused("audit, a bad token", auditSite, call(expired), call(mint(nil)), http.StatusUnauthorized, "expired"),
		refused("audit, an unsafe path", auditSite, call(mint(nil)).to("/a/../never"), call(mint(nil)).to("/never"), http.StatusForbidden, "unsafe_path"),
	}
}

func (r request) to(target string) request {
	r.target = target
	return r
}
