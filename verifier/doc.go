// Package verifier decides whether a token of AWS STS (GetWebIdentityToken) is
// genuine, meant for you, and from somebody you trust.
//
// A [Verifier] is made once, fetches nothing when it is made, and is safe for
// concurrent use. [Verifier.Verify] goes through the checks from the cheapest
// to the dearest: form, header, issuer, time and audience at a glance, key,
// signature, claims, accounts. What fails has one of a closed set of reasons,
// an [*Error] says which, and its Hint says what to change.
//
// Keys come from a [KeySet], one for each issuer: AWS uses the same key IDs at
// every issuer, so a key means nothing without the issuer that it belongs to.
//
//   - [NewRemoteKeySets] finds keys by OIDC discovery and keeps them fresh, for
//     any number of issuers, and over restarts if it has a [Store].
//   - [NewFileKeySet] reads a JWKS file, and reads it again when it changes.
//   - [NewStaticKeySet] holds the keys that it is given.
//
// Every AWS account has an issuer of its own under one host suffix, and any
// account can sign tokens there. Trust is therefore a list of exact issuer
// URLs, compared byte for byte, in the configuration or in a file that is
// watched. [Issuer.Accounts] pins an issuer to accounts. An [Organization]
// trusts all accounts of AWS organizations by what AWS itself signed.
//
// A token that was verified is remembered, so that its signature is checked
// once; everything else is checked each time that it is sent. [SignatureChecks]
// bounds what new tokens may cost. [Verifier.Explain] walks a token check by
// check, and [Verifier.Probe] looks at an issuer's keys.
//
// Zero values refuse: a Verifier without an issuer or an audience cannot be
// made, and the zero Verifier refuses every token.
package verifier
