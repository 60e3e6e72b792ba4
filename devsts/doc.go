// Package devsts is a local AWS STS for development and tests. It issues the
// JSON Web Tokens of outbound identity federation (GetWebIdentityToken) over
// the wire protocol that the AWS SDKs and the AWS CLI speak, and publishes the
// discovery document and the key set that a verifier of such tokens fetches.
//
// It is not for production: its secrets are public, it refuses to listen on
// anything but a loopback address, and it keeps everything in memory.
//
// # Use
//
// A client needs its usual AWS settings and one more variable:
//
//	export AWS_ENDPOINT_URL_STS=http://127.0.0.1:8010
//	export AWS_ENDPOINT_URL_IAM=http://127.0.0.1:8010   # for the IAM calls below
//	export AWS_ACCESS_KEY_ID=DEVSTSORDERSLAMBDA
//	export AWS_SECRET_ACCESS_KEY=devsts-secret-orders-lambda
//	export AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1   # the AWS CLI reads the second alone
//	aws sts get-web-identity-token --audience https://orders.example --signing-algorithm ES384
//
// The access key says which role is calling, and the region of the request's
// signature becomes source_region. Signatures are verified, so a wrong secret
// gets SignatureDoesNotMatch.
//
// # What it answers
//
//   - STS (Version 2011-06-15): GetWebIdentityToken, GetCallerIdentity and
//     AssumeRoleWithWebIdentity.
//   - IAM (Version 2010-05-08): GetOutboundWebIdentityFederationInfo,
//     EnableOutboundWebIdentityFederation and
//     DisableOutboundWebIdentityFederation.
//   - GET <base>/<uuid>/.well-known/openid-configuration and jwks.json, one
//     issuer for each account. Each issuer has keys of its own, and all of them
//     call their keys RSA_0 and EC384_0, as AWS's issuers do. Keys are made
//     anew by each process and live in its memory alone.
//
// # The built-in configuration
//
// [DefaultConfig] has two accounts of one organization and one account of
// another, whose tokens are signed just as correctly and must be refused all
// the same:
//
//	account       issuer                                  organization
//	111122223333  /11112222-3333-4111-8111-111122223333   o-devsts0001
//	444455556666  /44445555-6666-4444-8444-444455556666   o-devsts0001
//	999988887777  /99998888-7777-4999-8999-999988887777   o-stranger01
//
//	role                                               access key          secret                        principal tags
//	arn:aws:iam::111122223333:role/orders-lambda       DEVSTSORDERSLAMBDA  devsts-secret-orders-lambda   team=orders environment=production
//	arn:aws:iam::111122223333:role/jobs/reports-batch  DEVSTSREPORTSBATCH  devsts-secret-reports-batch   team=reports environment=production
//	arn:aws:iam::444455556666:role/billing-ec2         DEVSTSBILLINGEC2    devsts-secret-billing-ec2     team=billing environment=staging
//	arn:aws:iam::999988887777:role/stranger            DEVSTSSTRANGER00    devsts-secret-stranger        team=orders environment=production
//
// # Federation into an account
//
// AssumeRoleWithWebIdentity gives credentials of a role for a token of an OpenID
// Connect provider, as AWS does: the account has the provider with its client
// IDs, and the role's trust policy conditions on <provider>:aud and
// <provider>:sub. The built-in configuration has no provider; write it down with
// -print-config and add one.
//
//	{"id": "444455556666", …,
//	 "oidc_providers": [
//	   {"url": "https://gateway.example", "client_ids": ["sts.amazonaws.com"]},
//	   {"url": "http://127.0.0.1:8443/issuer", "client_ids": ["sts.amazonaws.com"], "allow_loopback": true}],
//	 "roles": [{"arn": "arn:aws:iam::444455556666:role/partner", "trust": [
//	   {"provider": "https://gateway.example", "condition": {
//	     "StringEquals": {"gateway.example:aud": ["sts.amazonaws.com"]},
//	     "StringLike": {"gateway.example:sub": ["arn:aws:iam::111122223333:role/*"]}}}]}]}
//
// The AWS SDKs make the call by themselves:
//
//	export AWS_ROLE_ARN=arn:aws:iam::444455556666:role/partner
//	export AWS_WEB_IDENTITY_TOKEN_FILE=token.jwt
//
// The credentials end with their Expiration. A token that GetWebIdentityToken
// gives for them has the role as sub, federated_provider, and the session's end
// as original_session_exp. [OIDCProvider] says what AWS asks of a provider, and
// how a local one is excused from it.
//
// # Management
//
// A second listener rotates keys, breaks what verifiers fetch, counts their
// fetches and sets the clock of tokens; [Server.ManagementHandler] lists its
// commands, and GET / of it has examples to paste.
//
//	curl -X POST 'http://127.0.0.1:8011/rotate?issuer=111122223333&overlap=30s'
//	curl -X POST 'http://127.0.0.1:8011/withdraw?issuer=111122223333'
//	curl -X POST 'http://127.0.0.1:8011/faults?issuer=*&document=keys&kind=delay&delay=2s&for=1m'
//	curl -X DELETE 'http://127.0.0.1:8011/faults'
//	curl 'http://127.0.0.1:8011/fetches'
//	curl -X POST 'http://127.0.0.1:8011/clock?offset=-10m'
//
// A rotation with an overlap publishes the new keys at once and signs with the
// old ones until it has passed, as a careful issuer does; a withdrawal then
// takes the old ones away.
//
// A fault belongs to an issuer, or to all of them, and to its discovery
// document, its keys, or both. [FaultKind] lists what can go wrong, from a slow
// answer to a key set without a usable key. GetWebIdentityToken goes on as
// before. A Go HTTP client that reuses a connection repeats a request by itself
// when the connection is cut, so [FaultReset] may count twice.
//
// # In Go tests
//
//	sts, err := devsts.New(devsts.DefaultConfig())
//	web := httptest.NewServer(sts.Handler())
//	err = sts.SetBaseURL(web.URL)
//	claims, err := sts.GoodClaims("orders-lambda", "https://orders.example")
//	claims["exp"] = "soon"                                  // the one thing that is wrong
//	token, err := sts.Mint("111122223333", nil, claims)     // signed with the issuer's real key
//
//	err = sts.SetFault(devsts.Fault{Issuer: "111122223333", Document: devsts.DocumentKeys, Kind: devsts.FaultHang})
//	fetched := sts.Fetches().Total.Keys
//	err = sts.ClearFaults("")
//	err = sts.RotateWithOverlap("111122223333", time.Minute)
//	err = sts.Withdraw("111122223333")
//	sts.SetClockOffset(-10 * time.Minute)
//
// # Where AWS is silent
//
// AWS does not publish the limit behind JWTPayloadSizeExceededException (here
// [DefaultMaxPayloadBytes]), whether tag keys that differ only in case are
// duplicates (here they are not), or how soon rotated keys disappear (here on
// request). An assumed role's session is taken to begin with each call, so
// that a process that is left running does not run out of credentials; that does
// not hold for sessions of AssumeRoleWithWebIdentity.
//
// It does not publish how long it keeps a provider's keys (here they are fetched
// for each call), which way it goes when a provider redirects (here nowhere),
// whether federated_provider is the provider's ARN or its name (here the ARN, as
// in CloudTrail), or the words of most refusals. Its condition keys beside aud
// and sub, session policies and session tags are not emulated; a call with a
// session policy is refused.
package devsts
