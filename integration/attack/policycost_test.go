package attack

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// p3: the caller chooses what a rule is asked about, and so what it costs. Above
// the limit it fails, which is a refusal, before it has taken long.
func p3() []probe {
	probes := policyProbes("p3", costs())
	for n, each := range probes {
		probes[n] = probe{name: each.name, script: func(t *testing.T) { soon(t, each) }}
	}
	return append(probes, longTexts()...)
}

// mostThought is how long a decision may take on a machine with other work to
// do; celpolicy measures the 5 ms.
const mostThought = 2 * time.Second

// soon is a probe whose attack is also refused in time.
func soon(t *testing.T, p probe) {
	g := gateOf(t, p.site)
	for _, protocol := range p.by {
		began := time.Now()
		g.refuses(t, protocol, p.attack, 403, p.reason)
		if took := time.Since(began); took > mostThought {
			t.Errorf("%s: it took %v", protocol, took)
		}
		g.passes(t, protocol, p.control)
	}
}

// manyTags are as many as AWS allows, or fewer, of some length each.
func manyTags(n, length int) func(*parts) {
	return func(p *parts) {
		tags := make(map[string]string)
		for i := range n {
			tags[fmt.Sprintf("k%02d", i)] = strings.Repeat("a", length)
		}
		p.aws["principal_tags"] = tags
	}
}

func costs() []asked {
	const tags = "aws_token.principal_tags"
	long, short := tagged("team", strings.Repeat("a", 8000)), tagged("team", strings.Repeat("a", 20))
	twice := func(body string) string { return tags + ".all(a, " + tags + ".all(b, " + body + "))" }
	return []asked{
		{"loop in a loop in a loop", allow(tags + ".all(a, " + tags + ".all(b, " + tags + `.all(c, a + b + c != "")))`), manyTags(50, 10), manyTags(4, 10), "policy_error"},
		{"loop in a loop", allow(twice(`a + b != ""`)), manyTags(50, 10), manyTags(10, 10), "policy_error"},
		{"loop in a loop, denied", deny("!(" + twice(`a + b != ""`) + ")"), manyTags(50, 10), manyTags(10, 10), "policy_error"},
		{"maps compared in a loop", allow(twice(tags + " == aws_token.principal_tags")), manyTags(50, 100), manyTags(3, 10), "policy_error"},
		{"expression on a long tag", allow(teamTag + `.matches("^(?:a|b|ab|[a-c]?){40}a*$")`), long, short, "policy_error"},
		{"expression with nested repeats", allow(teamTag + `.matches("^(.*a.*){10}$")`), long, short, "policy_error"},
		{"expression on a long tag, denied", deny(teamTag + `.matches("^(?:a|b|ab|[a-c]?){40}b$")`), long, short, "policy_error"},
		{"replacing in a long tag", allow(tags + `.all(k, ` + teamTag + `.replace("a", "aaaaaaaa").replace("a", "aaaaaaaa").size() > 0)`), long, short, "policy_error"},
		{"splitting a long tag", allow(teamTag + `.split("").all(c, c == "a")`), long, short, "policy_error"},
		{"arn_like on a long name", allow(`arn_like(aws_token.sub, "arn:aws:iam::*:*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*")`),
			subject("role/" + strings.Repeat("a", 8000)), subject("role/" + strings.Repeat("a", 60)), "policy_error"},
		{"many units", allow(tags + `.all(k, in_ou(aws_token.org.ou_path, "ou-a"))`), many(50, 200), many(2, 2), "policy_error"},
		{"joining", allow(`size(` + tags + `.map(k, ` + tags + `.map(l, ` + tags + `[l]).join(k)).join("")) > 0`), manyTags(50, 100), manyTags(3, 10), "policy_error"},
	}
}

// many has tags, and unit paths that all hold the unit at the end.
func many(tags, paths int) func(*parts) {
	return func(p *parts) {
		manyTags(tags, 1)(p)
		list := make([]string, paths)
		for i := range list {
			list[i] = "o-a/r-a/"
		}
		list[len(list)-1] = "o-a/r-a/ou-a/"
		p.aws["ou_path"] = list
	}
}

// longTexts are what the request, and not the token, makes long.
func longTexts() []probe {
	const site = "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\nallow `request.path.startsWith(\"/a\")`\n}\nreverse_proxy UPSTREAM"
	return []probe{{
		name: "a long path", site: site, status: 403, reason: "policy_error",
		attack: call(mint(nil)).to("/" + strings.Repeat("a", 8192)), control: call(mint(nil)).to("/" + strings.Repeat("a", 8191)),
	}}
}
