package remedy

import "net/http"

// ofPolicies are the refusals of callers whose tokens are good.
var ofPolicies = []Remedy{
	{
		Reason: "requirement_failed", Status: http.StatusForbidden, Code: "insufficient_scope",
		Cause: "The token is good, but a line `account`, `org`, `principal_tag` or `request_tag` does not hold. " +
			"Keys and values of tags are compared exactly: `Team` is not `team`.",
		See: "`rule` names the line, such as `principal_tag.team`, and `hint` what was found and wanted. `aws-jwt inspect` shows all tags of the token.",
		InAWS: "`aws iam tag-role`, for a tag of the role; `sts:TagSession` and a tag in the session, which takes the place of the role's tag of the same key; " +
			"`--tags` in the call, with the permission `sts:TagGetWebIdentityToken`, for a `request_tag`. Then a new token: the old one keeps its tags.",
		Here: "The line that `rule` names: another value beside it, or an `allow` rule in its place if it should not hold for all callers.",
		Do:   "tag the role or the call as wanted, call from a wanted account, or change this line",
	},
	{
		Reason: "policy_denied", Status: http.StatusForbidden, Code: "insufficient_scope",
		Cause: "The token is good, but a `deny` rule is true, or none of the `allow` rules is.",
		See: "`rule` names the `deny` rule; without it, no `allow` rule was true. " +
			"`caddy-awsjwt aws-jwt explain` shows each rule with the values that it read, and which part of it is not true.",
		InAWS: "The role, its tags or its account, if they are not what they should be.",
		Here:  "The rule. `aws-jwt test` shows before a reload what else the change lets in, and `shadow` tries a rule on live traffic.",
		Do:    "use a role, a tag or a request that the rules let pass, or change the rule",
	},
	{
		Reason: "policy_error", Status: http.StatusForbidden, Code: "insufficient_scope",
		Cause: "A rule could not be evaluated, and a rule that fails never allows. Mostly it reads a tag, a claim or a time that this token lacks.",
		See:   "`rule` names the rule and `hint` what failed. `aws-jwt explain` marks the attributes that are absent.",
		InAWS: "The tag that is missing, if every caller is to have it.",
		Here: "Ask whether it is there: `has(aws_token.principal_tags.team) && …`, or `aws_token.principal_tags[?\"team\"].orValue(\"\") == \"orders\"`. " +
			"Two rules are better than one with a long `||`.",
		Do: `ask for what may be absent with has(…) or [?"key"].orValue("")`,
	},
}
