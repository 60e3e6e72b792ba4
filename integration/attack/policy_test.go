package attack

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// policyRows are about the policy.
var policyRows = []row{
	{"P1", func() []probe { return policyProbes("p1", errorsOfRules) }},
	{"P2", func() []probe { return policyProbes("p2", surprises) }},
	{"P3", p3},
	{"P4", p4},
}

// asked is a policy with a token that it must refuse, and one that it lets pass.
// Both are the good token after a change.
type asked struct {
	name   string
	lines  string // of the aws_jwt
	bad    func(*parts)
	good   func(*parts)
	reason string // default: policy_denied
}

// policySite has a handle for each policy of the rows.
var policySite = sync.OnceValue(func() string {
	var site strings.Builder
	for row, policies := range map[string][]asked{"p1": errorsOfRules, "p2": surprises, "p3": costs(), "p4": keysOfTags()} {
		for n, each := range policies {
			fmt.Fprintf(&site, "handle /%s-%d {\naws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\n%s\n}\nreverse_proxy UPSTREAM\n}\n", row, n, each.lines)
		}
	}
	return site.String()
})

func policyProbes(row string, policies []asked) (probes []probe) {
	for n, each := range policies {
		reason := each.reason
		if reason == "" {
			reason = "policy_denied"
		}
		target := fmt.Sprintf("/%s-%d", row, n)
		probes = append(probes, probe{
			name: each.name, site: policySite(), by: inClear, status: http.StatusForbidden, reason: reason,
			attack: call(mint(each.bad)).to(target), control: call(mint(each.good)).to(target),
		})
	}
	return probes
}

// tagged gives a token these principal tags, and no others.
func tagged(pairs ...string) func(*parts) {
	return func(p *parts) {
		tags := make(map[string]string)
		for n := 0; n < len(pairs); n += 2 {
			tags[pairs[n]] = pairs[n+1]
		}
		p.aws["principal_tags"] = tags
	}
}

// untagged has none at all.
func untagged(p *parts) { delete(p.aws, "principal_tags") }

// with adds a claim in AWS's namespace, and without takes one away.
func with(name string, value any) func(*parts) { return func(p *parts) { p.aws[name] = value } }
func without(name string) func(*parts)         { return func(p *parts) { delete(p.aws, name) } }

const teamTag = "aws_token.principal_tags.team"

// errorsOfRules is the truth table: an error never allows, and a deny that errs
// refuses. What CEL's own operators absorb is no error.
var errorsOfRules = []asked{
	{"allow, missing tag", allow(teamTag + ` == "orders"`), untagged, nil, "policy_error"},
	{"allow, missing tag of others", allow(teamTag + ` == "orders"`), tagged("environment", "production"), nil, "policy_error"},
	{"allow, not of a missing tag", allow(`!(` + teamTag + ` == "evil")`), untagged, nil, "policy_error"},
	{"allow, unlike a missing tag", allow(teamTag + ` != "evil"`), untagged, nil, "policy_error"},
	{"allow, not not of a missing tag", allow(`!!(` + teamTag + ` == "orders")`), untagged, nil, "policy_error"},
	{"allow, error or false", allow(teamTag + ` == "orders" || aws_token.account.id == "444455556666"`), untagged, nil, "policy_error"},
	{"allow, false or error", allow(`aws_token.account.id == "444455556666" || ` + teamTag + ` == "orders"`), untagged, nil, "policy_error"},
	{"allow, error and true", allow(teamTag + ` != "evil" && true`), untagged, nil, "policy_error"},
	{"allow, error and false", allow(teamTag + ` != "evil" && aws_token.org.id == "o-devsts0001"`), func(p *parts) { untagged(p); p.aws["org_id"] = "o-else" }, nil, ""},
	{"allow, error or true, the true taken away", allow(teamTag + ` == "x" || aws_token.org.id == "o-devsts0001"`),
		func(p *parts) { untagged(p); delete(p.aws, "org_id") }, untagged, "policy_error"},
	{"allow, error as a condition", allow(teamTag + ` == "x" ? true : true`), untagged, nil, "policy_error"},
	{"allow, error in a branch", allow(`aws_token.org.id == "" ? ` + teamTag + ` == "x" : true`), func(p *parts) { untagged(p); delete(p.aws, "org_id") }, untagged, "policy_error"},
	{"allow twice, error and false", allow(teamTag+` == "orders"`) + "\n" + allow(`aws_token.account.id == "444455556666"`), untagged, nil, "policy_error"},
	{"allow twice, error and true, the true taken away", allow(teamTag+` == "x"`) + "\n" + allow(`aws_token.org.id == "o-devsts0001"`),
		func(p *parts) { untagged(p); delete(p.aws, "org_id") }, untagged, "policy_error"},
	{"allow, index of a missing key", allow(`aws_token.principal_tags["team"] == "orders"`), untagged, nil, "policy_error"},
	{"allow, request tag missing", allow(`aws_token.request_tags.team != "evil"`), nil, with("request_tags", map[string]string{"team": "x"}), "policy_error"},
	{"allow, has", allow(`has(` + teamTag + `) && ` + teamTag + ` != "evil"`), untagged, nil, ""},
	{"allow, has the wrong value", allow(`has(` + teamTag + `) && ` + teamTag + ` != "evil"`), tagged("team", "evil"), nil, ""},
	{"allow, has an attribute", allow(`has(aws_token.org.id)`), without("org_id"), nil, ""},
	{"allow, has an empty attribute", allow(`has(aws_token.org.ou_path)`), with("ou_path", []string{}), with("ou_path", []string{"o-a/r-a/ou-a/"}), ""},
	{"allow, optional or", allow(`aws_token.principal_tags[?"team"].orValue("") == "orders"`), untagged, nil, ""},
	{"allow, optional's value", allow(`aws_token.principal_tags[?"team"].value() != "evil"`), untagged, nil, "policy_error"},
	{"allow, optional is there", allow(`aws_token.principal_tags[?"team"].hasValue()`), untagged, nil, ""},
	{"allow, a missing time", allow(`request.time < aws_token.original_session_exp`), without("original_session_exp"), nil, "policy_error"},
	{"allow, later than a missing time", allow(`request.time > aws_token.original_session_exp - duration("24h")`), without("original_session_exp"), nil, "policy_error"},
	{"allow, not later than a missing time", allow(`!(request.time > aws_token.original_session_exp)`), without("original_session_exp"), nil, "policy_error"},
	{"allow, first of none", allow(`aws_token.org.ou_path[0] != ""`), without("ou_path"), with("ou_path", []string{"o-a/r-a/ou-a/"}), "policy_error"},
	{"allow, text as a number", allow(`int(` + teamTag + `) >= 0`), tagged("team", "1x"), tagged("team", "1"), "policy_error"},
	{"allow, text as a time", allow(`timestamp(` + teamTag + `) > timestamp("2020-01-01T00:00:00Z")`), tagged("team", "soon"), tagged("team", "2040-01-01T00:00:00Z"), "policy_error"},
	{"allow, text as true", allow(`bool(` + teamTag + `)`), tagged("team", "yes"), tagged("team", "true"), "policy_error"},
	{"allow, division by zero", allow(`1 / size(aws_token.principal_tags) >= 0`), untagged, nil, "policy_error"},
	{"allow, a claim of another type", allow(`aws_token.claims.level > 5`), with("level", "6"), with("level", 6), "policy_error"},
	{"allow, a claim that is a list", allow(`aws_token.claims.level == 6`), with("level", []int{6}), with("level", 6), ""},
	{"allow, a claim as true", allow(`bool(aws_token.claims.flag)`), with("flag", 1), with("flag", true), "policy_error"},
	{"allow, a claim that is null", allow(`aws_token.claims.level >= 0`), with("level", nil), with("level", 6), "policy_error"},
	{"allow, exists with an error", allow(`aws_token.principal_tags.exists(k, int(aws_token.principal_tags[k]) > 5)`), tagged("a", "x", "b", "1"), tagged("a", "x", "b", "6"), "policy_error"},
	{"allow, all with an error", allow(`aws_token.principal_tags.all(k, int(aws_token.principal_tags[k]) > 5)`), tagged("a", "x", "b", "6"), tagged("a", "7", "b", "6"), "policy_error"},
	{"deny, missing tag", deny(teamTag + ` == "evil"`), untagged, nil, "policy_error"},
	{"deny, not of a missing tag", deny(`!(` + teamTag + ` == "orders")`), untagged, nil, "policy_error"},
	{"deny, error or false", deny(teamTag + ` == "evil" || aws_token.account.id == "444455556666"`), untagged, nil, "policy_error"},
	{"deny, error or true", deny(teamTag + ` == "evil" || aws_token.org.id != "o-devsts0001"`), func(p *parts) { untagged(p); p.aws["org_id"] = "o-else" }, nil, ""},
	{"deny, error and true", deny(teamTag + ` == "evil" && aws_token.org.id == "o-devsts0001"`), untagged, nil, "policy_error"},
	{"deny, a missing time", deny(`request.time > aws_token.original_session_exp`), without("original_session_exp"), nil, "policy_error"},
	{"deny, lacks a tag", deny(`!has(` + teamTag + `)`), untagged, nil, ""},
	{"deny, a claim of another type", deny(`has(aws_token.claims.level) && aws_token.claims.level < 5`), with("level", "1"), with("level", 6), "policy_error"},
	{"deny errs where allow is true", deny(teamTag+` == "evil"`) + "\n" + allow(`true`), untagged, nil, "policy_error"},
	{"the second deny errs", deny(`false`) + "\n" + deny(teamTag+` == "evil"`), untagged, nil, "policy_error"},
	{"required tag missing", "principal_tag team orders", untagged, nil, "requirement_failed"},
	{"required tag empty", "principal_tag team orders", tagged("team", ""), nil, "requirement_failed"},
	{"required tag in other case", "principal_tag team orders", tagged("team", "Orders"), nil, "requirement_failed"},
	{"required tag with a space", "principal_tag team orders", tagged("team", "orders "), nil, "requirement_failed"},
	{"required tag, only a prefix", "principal_tag team orders", tagged("team", "orders-2"), nil, "requirement_failed"},
	{"required tag, two at once", "principal_tag team orders billing", tagged("team", "orders billing"), tagged("team", "billing"), "requirement_failed"},
	{"required request tag missing", "request_tag team orders", without("request_tags"), with("request_tags", map[string]string{"team": "orders"}), "requirement_failed"},
	{"required org missing", "org o-devsts0001", without("org_id"), nil, "requirement_failed"},
	{"required org empty", "org o-devsts0001", with("org_id", ""), nil, "requirement_failed"},
}

func allow(rule string) string { return "allow `" + rule + "`" }
func deny(rule string) string  { return "deny `" + rule + "`" }

const ouPath = "o-devsts0001/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"

func inOU(path ...string) func(*parts) { return with("ou_path", path) }

// subject gives a token another role of its account.
func subject(role string) func(*parts) {
	return func(p *parts) { p.claims["sub"] = "arn:aws:iam::111122223333:" + role }
}

// surprises are what CEL means and few people do, in the way in which the
// documentation has it written.
var surprises = []asked{
	{"all of no tags", allow(`has(aws_token.principal_tags) && aws_token.principal_tags.all(k, k.startsWith("ci-"))`), untagged, tagged("ci-a", "1"), ""},
	{"all of empty tags", allow(`has(aws_token.principal_tags) && aws_token.principal_tags.all(k, k.startsWith("ci-"))`), tagged(), tagged("ci-a", "1"), ""},
	{"all of tags by their number", allow(`size(aws_token.principal_tags) > 0 && aws_token.principal_tags.all(k, k.startsWith("ci-"))`), untagged, tagged("ci-a", "1"), ""},
	{"all but one tag", allow(`aws_token.principal_tags.all(k, k.startsWith("ci-"))`), tagged("ci-a", "1", "xci-", "1"), tagged("ci-a", "1"), ""},
	{"exists in no tags", allow(`aws_token.principal_tags.exists(k, k == "ci")`), untagged, tagged("ci", "1"), ""},
	{"unlike nobody", deny(`aws_token.principal_tags.all(k, k != "ci")`), untagged, tagged("ci", "1"), ""},
	{"anchored, before", allow(teamTag + `.matches("^(?:prod|live)$")`), tagged("team", "not-prod"), tagged("team", "prod"), ""},
	{"anchored, behind", allow(teamTag + `.matches("^(?:prod|live)$")`), tagged("team", "prod-not"), tagged("team", "live"), ""},
	{"anchored, line break behind", allow(teamTag + `.matches("^(?:prod|live)$")`), tagged("team", "prod\n"), tagged("team", "prod"), ""},
	{"anchored, lines", allow(teamTag + `.matches("^(?:prod|live)$")`), tagged("team", "x\nprod\ny"), tagged("team", "prod"), ""},
	{"anchored, other case", allow(teamTag + `.matches("^(?:prod|live)$")`), tagged("team", "PROD"), tagged("team", "prod"), ""},
	{"anchored, nul", allow(teamTag + `.matches("^(?:prod|live)$")`), tagged("team", "prod\x00"), tagged("team", "prod"), ""},
	{"a dot is any", allow(teamTag + `.matches("^a\\.b$")`), tagged("team", "axb"), tagged("team", "a.b"), ""},
	{"unit, prefix", allow(`in_ou(aws_token.org.ou_path, "ou-ab12-1")`), inOU(ouPath), inOU("o-a/r-a/ou-ab12-1/"), ""},
	{"unit, suffix", allow(`in_ou(aws_token.org.ou_path, "11111111")`), inOU(ouPath), inOU("o-a/r-a/11111111/"), ""},
	{"unit, longer", allow(`in_ou(aws_token.org.ou_path, "ou-ab12-11111111")`), inOU("o-a/r-a/ou-ab12-111111112/"), inOU(ouPath), ""},
	{"unit, two segments", allow(`in_ou(aws_token.org.ou_path, "r-ab12/ou-ab12-11111111") || in_ou(aws_token.org.ou_path, "ou-x")`), inOU(ouPath), inOU("o-a/r-a/ou-x/"), ""},
	{"unit, other case", allow(`in_ou(aws_token.org.ou_path, "ou-ab12-11111111")`), inOU("o-a/r-a/OU-AB12-11111111/"), inOU(ouPath), ""},
	{"unit, absent", allow(`in_ou(aws_token.org.ou_path, "ou-ab12-11111111")`), without("ou_path"), with("ou_path", ouPath), ""},
	{"unit, an element", allow(`aws_token.org.ou_path.exists(p, p == "` + ouPath + `")`), inOU(ouPath + "ou-more/"), inOU("x", ouPath), ""},
	{"role, star over a slash and a prefix", allow(`arn_like(aws_token.sub, "arn:aws:iam::*:role/ci-*")`), subject("role/x/ci-1"), subject("role/ci-1/x"), ""},
	{"role, star over a colon", allow(`arn_like(aws_token.sub, "arn:aws:iam::*:role/ci")`), subject("x:role/ci"), subject("role/ci"), ""},
	{"role, question mark", allow(`arn_like(aws_token.sub, "arn:aws:iam::*:role/ci-?")`), subject("role/ci-12"), subject("role/ci-1"), ""},
	{"role, other case", allow(`arn_like(aws_token.sub, "arn:aws:iam::*:role/ci-*")`), subject("role/CI-1"), subject("role/ci-1"), ""},
	{"role, service of another", allow(`arn_like(aws_token.sub, "arn:aws:iam::*:role/*")`), func(p *parts) { p.claims["sub"] = "arn:aws:sts::111122223333:role/ci" }, subject("role/ci"), ""},
	{"role, partition of another", allow(`arn_like(aws_token.sub, "arn:aws:iam::*:role/*")`), func(p *parts) { p.claims["sub"] = "arn:aws-cn:iam::111122223333:role/ci" }, subject("role/ci"), ""},
	{"role, same name on another path", allow(`aws_token.principal.path == "/" && aws_token.principal.name == "admin"`), subject("role/mine/admin"), subject("role/admin"), ""},
	{"role, another type of the name", allow(`aws_token.principal.type == "role" && aws_token.principal.name == "admin"`), subject("user/admin"), subject("role/admin"), ""},
	{"tag, a lookalike", allow(teamTag + ` == "orders"`), tagged("team", "оrders"), tagged("team", "orders"), ""},
	{"tag, composed otherwise", allow(teamTag + ` == "caf\u00e9"`), tagged("team", "cafe\u0301"), tagged("team", "caf\u00e9"), ""},
	{"tag, in a list that is text", allow(teamTag + ` in ["orders", "billing"]`), tagged("team", "orders,billing"), tagged("team", "billing"), ""},
	{"audience, another beside ours", allow(`aws_token.aud == ["orders.internal"]`), func(p *parts) { p.claims["aud"] = []string{audience, "evil"} }, nil, ""},
	{"number as text", allow(`has(aws_token.claims.level) && aws_token.claims.level == 5`), with("level", "5"), with("level", 5), ""},
}
