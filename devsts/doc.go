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
//   - STS (Version 2011-06-15): GetWebIdentityToken and GetCallerIdentity.
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
// # In Go tests
//
//	sts, err := devsts.New(devsts.DefaultConfig())
//	web := httptest.NewServer(sts.Handler())
//	err = sts.SetBaseURL(web.URL)
//	claims, err := sts.GoodClaims("orders-lambda", "https://orders.example")
//	claims["exp"] = "soon"                                  // the one thing that is wrong
//	token, err := sts.Mint("111122223333", nil, claims)     // signed with the issuer's real key
//
// # Where AWS is silent
//
// AWS does not publish the limit behind JWTPayloadSizeExceededException (here
// [DefaultMaxPayloadBytes]), whether tag keys that differ only in case are
// duplicates (here they are not), or how soon rotated keys disappear (here on
// request). An assumed role's session is taken to begin with each call, so
// that a process that is left running does not run out of credentials.
package devsts
