package attack

import (
	"fmt"
	"strconv"
	"strings"
)

// keysAlike are tag keys that something in the way may take for one another:
// they stand in one token, with different values.
var keysAlike = []string{
	"a.b", "a-b", "A-B", "A.B", "a_b", "ab", "a b", " a.b", "a.b ", "a:b", "a/b", "a%2eb", "a", "b", "a.b.c", "[\"a.b\"]", "a\\u002eb",
	"__proto__", "constructor", "toString", "", "é", "e\u0301", "K", "k", "\u212a", "team\u200b", "principal_tags.team", "aws:PrincipalTag/a", "{env.HOME}", "$a", "*",
}

// alike gives all keys a value of their own but one, which has another.
func alike(changed int, value string) func(*parts) {
	return func(p *parts) {
		tags := make(map[string]string)
		for n, key := range keysAlike {
			tags[key] = strconv.Itoa(n)
		}
		if changed >= 0 {
			tags[keysAlike[changed]] = value
		}
		p.aws["principal_tags"] = tags
	}
}

// only gives all keys a wrong value but one.
func only(right int) func(*parts) {
	return func(p *parts) {
		tags := make(map[string]string)
		for _, key := range keysAlike {
			tags[key] = "wrong"
		}
		tags[keysAlike[right]] = strconv.Itoa(right)
		p.aws["principal_tags"] = tags
	}
}

// asRequest turns a change of principal tags into one of request tags, which the
// caller chooses.
func asRequest(change func(*parts)) func(*parts) {
	return func(p *parts) {
		change(p)
		p.aws["request_tags"] = p.aws["principal_tags"]
		delete(p.aws, "principal_tags")
	}
}

// keysOfTags asks for each key by a rule and by a requirement: only its own
// value counts, whatever stands beside it.
func keysOfTags() (policies []asked) {
	for n, key := range keysAlike {
		// The Caddyfile, and Caddy's own placeholders in it, are not what is probed.
		rule := fmt.Sprintf(`aws_token.principal_tags[%s] == "%d"`, celString(key), n)
		policies = append(policies,
			asked{fmt.Sprintf("rule of %q", key), allow(rule), alike(n, "wrong"), only(n), ""},
			asked{fmt.Sprintf("rule of %q, chosen by the caller", key), allow(rule), asRequest(only(n)), only(n), "policy_error"},
		)
	}
	for n, key := range keysAlike {
		if key == "" || key == "{env.HOME}" { // which a Caddyfile does not say as they are
			continue
		}
		policies = append(policies, asked{fmt.Sprintf("line of %q", key), fmt.Sprintf("principal_tag `%s` %d", key, n), alike(n, "wrong"), only(n), "requirement_failed"})
	}
	return append(policies,
		asked{"request tags named like attributes", allow(`aws_token.org.id == "o-stranger01" || aws_token.source_identity == "root"`),
			with("request_tags", map[string]string{"org_id": "o-stranger01", "aws_token.org.id": "o-stranger01", "source_identity": "root"}), with("source_identity", "root"), ""},
		asked{"request tags with the required tag", "principal_tag team orders", func(p *parts) {
			p.aws["principal_tags"], p.aws["request_tags"] = map[string]string{"team": "evil"}, map[string]string{"team": "orders"}
		}, with("request_tags", map[string]string{"team": "evil"}), "requirement_failed"},
		asked{"principal tags with the required request tag", "request_tag team orders", nil, with("request_tags", map[string]string{"team": "orders"}), "requirement_failed"},
		asked{"tags beside the namespace", "principal_tag team orders", func(p *parts) {
			untagged(p)
			p.claims["principal_tags"] = map[string]string{"team": "orders"}
		}, func(p *parts) { p.claims["principal_tags"] = map[string]string{"team": "evil"} }, "requirement_failed"},
	)
}

// celString spells a text for CEL.
func celString(text string) string { return strconv.QuoteToASCII(text) }

// p4: a tag's key is compared as it is.
func p4() []probe {
	probes := policyProbes("p4", keysOfTags())
	// In headers, too: each key's placeholder gives its own value.
	var lines strings.Builder
	for n, key := range keysAlike {
		if inPlaceholder(key) {
			fmt.Fprintf(&lines, "header X-Tag-%d `{aws_token.principal_tags.%s}`\n", n, key)
		}
	}
	site := "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\n" + lines.String() + "}\nreverse_proxy UPSTREAM"
	for n, key := range keysAlike {
		if !inPlaceholder(key) {
			continue
		}
		field := fmt.Sprintf("X-Tag-%d", n)
		probes = append(probes, probe{
			name: fmt.Sprintf("header of %q", key), site: site, by: inClear,
			attack: call(mint(alike(n, "other"))), disarmed: has(field, "other"),
			control: call(mint(alike(-1, ""))), intact: has(field, strconv.Itoa(n)),
		})
	}
	return append(probes, probe{
		name: "header of a request tag", site: plain, attack: call(mint(func(p *parts) {
			untagged(p)
			p.aws["request_tags"] = map[string]string{"team": "orders", "principal_tags.team": "orders"}
		})), disarmed: has("X-Team", ""), control: call(mint(nil)), intact: has("X-Team", "orders"),
	})
}

// inPlaceholder reports whether a key can stand in a placeholder and a Caddyfile.
func inPlaceholder(key string) bool {
	for _, odd := range []string{"", "{env.HOME}", "[\"a.b\"]", " a.b", "a.b "} {
		if key == odd {
			return false
		}
	}
	return true
}
