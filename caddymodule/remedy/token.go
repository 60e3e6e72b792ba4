package remedy

import "net/http"

// ofTokens are the refusals of tokens that are bad, or not for this gateway.
var ofTokens = []Remedy{
	{
		Reason: "malformed_token", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "What was sent is not a JWT as STS makes them: not three parts, not base64url, not strict JSON, " +
			"or a header with something that no token of STS has. Mostly it was cut or edited on the way, or is another kind of token.",
		See:   "`aws-jwt inspect` says which part cannot be read. A token of STS begins with `eyJ` and has two dots.",
		InAWS: "Nothing.",
		Here:  "Nothing.",
		Do:    "send the token whole and unchanged, as STS returned it",
	},
	{
		Reason: "too_large", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The token is over 16 KiB. Tags are what makes tokens long: those of the role, of the session and of the call.",
		See:   "`hint` has the size; `aws-jwt inspect` lists the tags. (Caddy's own limit for a request's header answers 431 before that.)",
		InAWS: "Fewer or shorter tags in the call of `GetWebIdentityToken`, on the session or on the role.",
		Here:  "Nothing; the limit is fixed.",
		Do:    "ask STS for a token with fewer or shorter tags",
	},
	{
		Reason: "algorithm_not_allowed", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The token is signed with an algorithm that this gateway, or this issuer's entry, does not take. STS signs with `RS256` or `ES384`, as the caller asks.",
		See:   "`hint` has both. `aws-jwt inspect` shows `alg`.",
		InAWS: "`--signing-algorithm ES384` (or `SigningAlgorithm` in an SDK) in the call. The condition key `sts:SigningAlgorithm` in the role's policy can require it.",
		Here:  "`algorithm RS256 ES384`, in the handler or in the issuer's entry, whichever is there; or no such line, which allows both.",
		Do:    "ask STS for one of these (--signing-algorithm), or name the token's in algorithm",
	},
	{
		Reason: "unknown_issuer", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The token comes from an issuer that nobody listed, and that no `organization` covers. " +
			"Each AWS account has an issuer of its own, so this is another account, or another partition of AWS.",
		See: "`unverified_iss` and `unverified_account` are what the token says of itself. " +
			"In the account, `aws iam get-outbound-web-identity-federation-info` prints its issuer.",
		InAWS: "Nothing, unless the caller took the credentials of another account: `aws sts get-caller-identity` prints whose they are.",
		Here: "`issuer <url> <account-id>` with the URL as that command prints it, if you trust the account. " +
			"No slash at the end, no other case: it is compared byte for byte.",
		Do: "if you trust its account, add it as an issuer, byte for byte, with its account behind it",
	},
	{
		Reason: "unknown_key", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The issuer publishes no key with the token's `kid`, or one for another algorithm. The token is forged, " +
			"or older than a change of keys, or newer than the keys that the gateway has.",
		See:   "`unverified_kid` against the keys that `aws-jwt probe --config Caddyfile` lists.",
		InAWS: "Nothing; ask STS for a new token.",
		Here: "With `jwks_file`, a new version of the file. Otherwise nothing: keys that are new are found within `jwks { cooldown }`, " +
			"which is 30 s unless you changed it.",
		Do: "see with aws-jwt probe which keys the issuer has, and ask STS for a new token",
	},
	{
		Reason: "bad_signature", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The signature does not fit the issuer's key. The token was changed or cut, or somebody else signed it; " +
			"or the keys in `jwks_file`, or behind `jwks_url`, are not this issuer's.",
		See:   "Ask STS for a new token and send that. If it is refused, too, compare the keys with those of `aws-jwt probe`.",
		InAWS: "Nothing.",
		Here:  "`jwks_file` and `jwks_url`, if the issuer has one: key IDs such as `RSA_0` are the same in every account, the keys are not.",
		Do:    "send the token unchanged; if it is, check that jwks_file or jwks_url is this issuer's",
	},
	{
		Reason: "invalid_claims", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The signature is good, or was not looked at yet, and a claim is missing, of the wrong type or out of range. STS makes no such token, so this is one of another service, or of a test.",
		See:   "`hint` names the claim; `aws-jwt inspect` shows all of them.",
		InAWS: "Nothing.",
		Here:  "Nothing. Is `issuer` an issuer of AWS?",
		Do:    "send a token of GetWebIdentityToken, not one that something else made",
	},
	{
		Reason: "wrong_audience", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The token is made out to another service. Or, under `single_audience`, it is made out to others as well.",
		See:   "`hint` has the audience that was found and those that are wanted. They are compared byte for byte: `https://orders.example.com/` is another one.",
		InAWS: "`--audience` in the call (`Audience` in an SDK): exactly one of those, and no second one. " +
			"The role's policy must allow it in `sts:IdentityTokenAudience`.",
		Here: "`audience`, in the handler or in the issuer's entry, whichever is there. `single_audience` goes if callers need one token for several services.",
		Do:   "ask STS for one of these audiences and no other, or add the token's to audience",
	},
	{
		Reason: "expired", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The token has ended. The caller keeps tokens for too long, or the clock of the gateway's machine is ahead.",
		See:   "`hint` says how long ago. If a token that is seconds old is refused, compare `date -u` with another machine; [operations.md](operations.md), \"The clock\", says what the gateway notices of it itself.",
		InAWS: "`--duration-seconds` up to 3600 makes tokens last longer; 300 is the default. A caller should ask for a new one before the old one ends.",
		Here:  "Time synchronisation on this machine. `leeway` is for clocks that differ by seconds, and is at most `60s`.",
		Do:    "ask STS for a new token; if this one is new, set this machine's clock right",
	},
	{
		Reason: "not_yet_valid", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The token was issued in the future, or says that it begins there. The clock of the gateway's machine is behind.",
		See:   "`hint` says by how much. Compare `date -u` with another machine; [operations.md](operations.md), \"The clock\", says what the gateway notices of it itself.",
		InAWS: "Nothing; the clock of STS is the one that is right.",
		Here:  "Time synchronisation on this machine. `leeway` is for clocks that differ by seconds, and is at most `60s`.",
		Do:    "set this machine's clock right, or raise leeway if it is off by seconds",
	},
	{
		Reason: "lifetime_too_long", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The token was made to last longer than `max_lifetime`.",
		See:   "`hint` has both times. `aws-jwt inspect` shows `iat` and `exp`.",
		InAWS: "`--duration-seconds` in the call. The condition key `sts:DurationSeconds` in the role's policy can require it.",
		Here:  "`max_lifetime`, which is `1h` unless you changed it, the longest that STS gives.",
		Do:    "ask STS for a shorter one (--duration-seconds), or raise max_lifetime",
	},
	{
		Reason: "account_mismatch", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The account of the token is not one that its issuer may speak for, or the token's `sub` is of another account than its `aws_account`. " +
			"Mostly an issuer was written down with the account of its neighbour.",
		See:   "`hint` has both. In the account, `aws iam get-outbound-web-identity-federation-info` prints the issuer, and `aws sts get-caller-identity` the account.",
		InAWS: "Nothing.",
		Here:  "The accounts behind `issuer`, or `account` in its block, or `accounts` in the issuers file: the account whose issuer it is.",
		Do:    "look up whose issuer it is, and correct the account of its issuer line",
	},
	{
		Reason: "org_mismatch", Status: http.StatusUnauthorized, Code: "invalid_token",
		Cause: "The issuer is trusted as part of an `organization`, and AWS signed another one, or none: " +
			"the account has left, has not joined yet, or never belonged to it.",
		See:   "`hint` has both. In the account, `aws organizations describe-organization` prints the organization.",
		InAWS: "The account joins the organization, if it belongs there.",
		Here:  "The organization's ID in `organization`, or an `issuer` of its own for this account. An issuer that is listed by itself goes by its own entry.",
		Do:    "if you trust it, add it to organization, or list the account's own issuer",
	},
}
