package attack

import (
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// forwarding hands the token on.
var forwarding = inside(plain, "forward_token")

// connectionProbes: a proxy removes what the client's Connection lists (RFC
// 9110, section 7.6.1), after the handlers in front of it have set their fields:
// CVE-2022-31813 (Apache), CVE-2024-45410 (Traefik), CVE-2025-48865 (Fabio). An
// upstream that takes the absence of a field for "internal" is then open. Each
// control lists a field that is the client's own, which goes.
func connectionProbes() []probe {
	return slices.Concat(listedNameProbes(), otherListProbes(), keptTokenProbes(), listInHTTP2Probes())
}

// unlisted are two fields of the client's, in the place of two of ours.
var unlisted = strings.NewReplacer(
	"X-Aws-Token-Account-Id", "X-Other", "x-aws-token-account-id", "x-other", "X-AWS-TOKEN-ACCOUNT-ID", "X-OTHER",
	"X-Team", "X-Another", "X-Aws-Token-Sub", "X-Another",
)

func listedNameProbes() []probe {
	token := mint(nil)
	theirs := []string{"Authorization: Bearer " + token, "X-Other: other", "X-Another: another"}
	var probes []probe
	add := func(name string, removes func(stack.Arrival) string, lines ...string) {
		var control []string
		for _, line := range lines {
			control = append(control, unlisted.Replace(line))
		}
		probes = append(probes, probe{
			name: name, by: onlyH1,
			attack: rawGet(append(lines, theirs...)...), disarmed: all(carries(whole), has("X-Other", "other"), has("X-Another", "another")),
			control: rawGet(append(control, theirs...)...), intact: all(carries(whole), removes),
		})
	}
	one, both := has("X-Other", ""), all(has("X-Other", ""), has("X-Another", ""))
	nothing := func(stack.Arrival) string { return "" }
	add("one name", one, "Connection: X-Aws-Token-Account-Id")
	add("two names", both, "Connection: X-Aws-Token-Account-Id, X-Team")
	add("two lines", both, "Connection: X-Aws-Token-Account-Id", "Connection: X-Aws-Token-Sub")
	add("a configured field", has("X-Another", ""), "Connection: X-Team")
	add("behind close", one, "Connection: close, X-Aws-Token-Account-Id")
	add("before close", one, "Connection: X-Aws-Token-Account-Id, close")
	add("behind keep-alive, on its own line", both, "Connection: keep-alive", "Connection: X-Aws-Token-Account-Id,X-Team", "Connection: close")
	add("beside upgrade", one, "Connection: Upgrade, X-Aws-Token-Account-Id, HTTP2-Settings")
	add("in lower case", one, "connection: x-aws-token-account-id")
	add("in capitals", one, "CONNECTION: X-AWS-TOKEN-ACCOUNT-ID")
	add("empty elements", both, "Connection: ,,X-Aws-Token-Account-Id,, ,X-Team,")
	add("odd white space", both, "Connection:\t \tX-Aws-Token-Account-Id\t , \t\tX-Team \t")
	add("no white space", both, "Connection:X-Aws-Token-Account-Id,X-Team")
	add("folded", both, "Connection: close,", "\tX-Aws-Token-Account-Id,", " X-Team")
	add("behind a bare line feed", one, "X-Kept: kept\nConnection: X-Aws-Token-Account-Id")
	add("the last of a thousand", one, "Connection: "+strings.Repeat("X-None, ", 1000)+"X-Aws-Token-Account-Id")
	add("the last of two hundred lines", one, append(slices.Repeat([]string{"Connection: X-None"}, 200), "Connection: X-Aws-Token-Account-Id")...)
	// No list of names as RFC 9110 has it; a lenient reader might find one.
	add("in quotes", nothing, `Connection: "X-Aws-Token-Account-Id"`, `Connection: "close, X-Team"`)
	add("with a parameter", nothing, "Connection: X-Aws-Token-Account-Id;q=1")
	add("without commas", nothing, "Connection: close X-Aws-Token-Account-Id X-Team")
	add("with underscores", nothing, "Connection: x_aws_token_account_id, x_team")
	add("no-break spaces", nothing, "Connection: \u00a0X-Aws-Token-Account-Id\u00a0, close")
	return probes
}

// otherListProbes: fields that some proxies read like Connection.
func otherListProbes() []probe {
	token := mint(nil)
	var probes []probe
	for name, list := range map[string]string{
		"proxy-connection": "Proxy-Connection", "keep-alive": "Keep-Alive", "te": "TE", "trailer": "Trailer", "vary": "Vary", "no-cache": "Cache-Control",
	} {
		probes = append(probes, probe{
			name: "listed in " + name, by: onlyH1,
			attack:   rawGet("Authorization: Bearer "+token, list+": X-Team, X-Aws-Token-Account-Id", "Connection: "+list),
			disarmed: carries(whole),
			control:  rawGet("Authorization: Bearer "+token, list+": X-Other", "Connection: "+list, "X-Other: other"),
			intact:   all(carries(whole), has("X-Other", "other")),
		})
	}
	// Nor is a path left open, or a second handler, a way to lose a field.
	return append(probes, probe{
		name: "between two handlers", site: nested, by: onlyH1,
		attack:   request{target: "/admin/x", fields: call(token, field{"Connection", "X-Aws-Token-Account-Id, X-Team, X-Site, X-Admin"}).fields},
		disarmed: carries(whole.but("x-team")),
		control:  request{target: "/admin/x", fields: call(token, field{"Connection", "X-Other"}, field{"X-Other", "other"}).fields},
		intact:   all(carries(whole.but("x-team")), has("X-Other", "")),
	}, probe{
		name: "a field that only the stricter handler sets", site: nested, by: onlyH1,
		attack:   call(token, field{"Connection", "X-Site, X-Team, X-Admin"}),
		disarmed: all(carries(whole), reads("X-Site", ordersAccount)),
		control:  call(token, field{"Connection", "X-Other"}, field{"X-Other", "other"}),
		intact:   all(carries(whole), reads("X-Site", ordersAccount), has("X-Other", "")),
	}, probe{
		name: "an error route behind a dead upstream", site: onErrors(dead), by: onlyH1,
		attack:   call(token, field{"Connection", "X-Team, X-Aws-Token-Account-Id"}),
		disarmed: carries(whole),
		control:  call(token, field{"Connection", "X-Other"}, field{"X-Other", "other"}),
		intact:   all(carries(whole), has("X-Other", "")),
	})
}

// keptTokenProbes: a token that is handed on is an identity, too.
func keptTokenProbes() []probe {
	token := mint(nil)
	kept := has("Authorization", "Bearer "+token)
	var probes []probe
	for name, list := range map[string]string{
		"authorization": "Authorization", "authorization behind close": "close, AUTHORIZATION", "authorization with a tab": "\tauthorization\t,",
	} {
		probes = append(probes, probe{
			name: name, site: forwarding, by: onlyH1,
			attack: call(token, field{"Connection", list}), disarmed: all(carries(whole), kept),
			control: call(token, field{"Connection", "X-Other"}, field{"X-Other", "other"}), intact: all(kept, has("X-Other", "")),
		})
	}
	return probes
}

// listInHTTP2Probes: HTTP/2 has no such fields, and a message with one is
// malformed (RFC 9113, section 8.2.2).
func listInHTTP2Probes() []probe {
	token := mint(nil)
	var probes []probe
	for _, f := range []field{
		{"connection", "x-aws-token-account-id"}, {"connection", "close"}, {"proxy-connection", "x-team"},
		{"keep-alive", "x-team"}, {"te", "x-team"}, {"upgrade", "x-team"},
	} {
		probes = append(probes, probe{
			name: f.name + " " + f.value + " in http/2", by: onlyH2,
			attack: call(token, f), status: http.StatusBadRequest,
			control: call(token, field{"x-" + f.name, f.value}), intact: carries(whole),
		})
	}
	return probes
}
