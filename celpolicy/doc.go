// Package celpolicy decides, from the attributes of a verified AWS token and
// from the HTTP request that carries it, whether the request may pass. Policies
// are rules in CEL (https://cel.dev) beside plain requirements.
//
//	policy, err := celpolicy.Compile(celpolicy.Config{
//		Accounts: []string{"123456789012"},
//		Allow: []celpolicy.Rule{{Name: "orders", Expression: `aws_token.principal_tags.team == "orders"`}},
//	})
//	…
//	decision := policy.Evaluate(ctx, token, celpolicy.Request{Method: r.Method, …, Time: time.Now()})
//
// Compile once, at start; a [Policy] may be asked by any number of goroutines.
// The token must have been verified: a policy believes what it says.
//
// # Decisions
//
// Every requirement must hold. Then a deny rule that is true, or that fails,
// refuses. Then, when there are allow rules, one must be true, whatever the
// others do. A policy of no requirements and no rules lets every verified token
// pass. A rule that fails never allows: when no allow rule is true, the reason
// is policy_error if one of them failed, and policy_denied otherwise.
//
// A rule with Shadow set is tried out: it decides nothing, and Decision.Shadow
// is what the policy would have decided with it, when that differs. A shadow
// rule that reads request.path makes no policy refuse unsafe paths.
//
// [Policy.Explain] makes the same decision and tells what every requirement and
// every rule came to, with the values that they read, down to the operands of a
// rule's && and ||. It is for people who ask why.
//
// # Variables
//
// All attributes of [awstoken.Attributes] are variables under their paths, such
// as aws_token.account.id, with these of the request:
//
//	request.method     string
//	request.host       string, in lower case, without port and brackets
//	request.path       string, decoded
//	request.remote_ip  string
//	request.time       timestamp
//
// Each is a variable of its own type, so a misspelt path and a comparison of
// different types are errors of [Compile], with line, column and the nearest
// path. The exception is aws_token.claims, whose values are of any type: there
// aws_token.claims.level != "5" is true of the number 5, and a claim that is to
// be a whole rule is compared or converted: bool(aws_token.claims.flag).
//
// An attribute that the token lacks is an empty string, list or map. What is an
// error, and so never allows, is to read an absent timestamp, an absent tag or
// an absent claim. Ask first:
//
//	has(aws_token.original_session_exp) && …
//	has(aws_token.principal_tags.team) && …
//	"cost-centre" in aws_token.principal_tags && …
//	aws_token.principal_tags[?"cost-centre"].orValue("") == "42"
//
// has() of an attribute is true when it is there and not empty. A tag key that
// is no identifier is written aws_token.principal_tags["cost-centre"]; keys are
// compared exactly. No variable of a loop may be called aws_token or request.
//
// # Functions
//
// Beyond CEL's own there are
//
//	in_ou(aws_token.org.ou_path, "ou-ab12-11111111")
//	    some path has this segment, exactly; "" is no segment
//	arn_like(aws_token.sub, "arn:aws:iam::*:role/ci-*")
//	    as IAM's ArnLike: each of the six parts is matched on its own, * is any
//	    run and ? any one character, and the last part holds all further colons;
//	    an ARN that has fewer parts, such as "", matches nothing
//	ip_in(request.remote_ip, "10.0.0.0/8")
//	    IPv4 in IPv6 counts as IPv4, a zone does not count; "" is an error
//
// and the extensions strings, sets and optional types. The pattern of matches()
// is a string literal: text from a token is never a regular expression.
//
// # What surprises
//
// all() over an empty list or map is true, so
//
//	aws_token.principal_tags.all(k, k.startsWith("ci-"))
//
// is true of a token without tags. Write has(aws_token.principal_tags) && … .
//
// matches() looks for the pattern anywhere: matches("prod") is true of
// "not-prod". Write matches("^(?:prod|live)$"), or compare with == or in.
//
// An error beside a true is true: in aws_token.principal_tags.team == "x" || y
// an absent tag does no harm when y is true, and in … && y none when y is
// false. Both operators absorb errors on either side. But a negated error is
// an error: !(aws_token.principal_tags.env == "prod") fails for a token without
// the tag. As an allow rule that refuses, and as a deny rule it refuses as well:
// write "env is there and is not prod" as
//
//	has(aws_token.principal_tags.env) && aws_token.principal_tags.env != "prod"
//
// [Policy.Warnings] finds the first two in the rules of a policy. It also finds
// rules that come to the same whatever is asked about; attributes compared with
// what they never are, such as an account ID that is not 12 digits; OU paths
// compared as text, where in_ou is meant; and request tags, which the caller
// chooses, that alone decide.
//
// # Paths
//
// A policy with a rule that reads request.path refuses, before all else, each
// path that an upstream might read otherwise: one that cleaning would change
// (//, and dot segments, encoded or not, also with a ;parameter), one with an
// encoded slash, a backslash, a control character, broken percent-encoding or
// bytes that are not UTF-8, and one that does not begin with a slash, but for "*".
// "" is "/"; a trailing slash and the case of letters are kept. A policy that
// does not read request.path never looks at it. A path is decoded once: %252f
// stays %2f. A ; stays as well; in front of a server that drops path parameters,
// deny request.path.contains(";").
//
// # Limits
//
// [MaxRuleBytes], [MaxRuleCost] and their neighbours bound what one rule may
// take. A rule that is too large is an error of Compile; one that turns out too
// expensive fails, and so does not allow. A panic in a rule counts as its
// failure. A number of a claim that is longer than 64 bytes is an error, as is one
// that fits no double. Of a rule that cannot become that expensive the cost is not
// counted, which makes it several times as fast: so of comparisons, has(),
// startsWith() and in, but not of loops, nor of most regular expressions.
package celpolicy
