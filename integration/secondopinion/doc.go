// Command secondopinion asks other verifiers about the tokens that ours is
// asked about. It makes tens of thousands of them with a local STS: good ones,
// and good ones with one to three changes out of a catalogue, in the header, the
// claims, the text of either, the segments, the signature and the token as a
// whole. A changed header or payload is signed again with the right key, so that
// the change itself is judged and not a signature that no longer fits; and each
// change is also made once in a token that keeps the good one's signature, since a
// verifier must not put right what it reads before it checks that. All of it comes
// from a seed.
//
//	cd integration/secondopinion && go run . [-seed N] [-tokens 30000] [-only N]
//
// The others are:
//
//   - go-oidc, as a Go program uses it: discovery, key set, Verify, Claims.
//   - go-jose, which go-oidc stands on, with its own checks of a JWT's claims.
//   - kubernetes, the authenticator of structured authentication, which has an
//     older go-oidc and an older go-jose inside. Its configuration has claim
//     validation rules for the account, the principal and the lifetime, as
//     somebody would write it who wants there what our verifier checks.
//
// They trust the same two issuers and audiences, read the keys from the same
// discovery documents and key sets (of devsts, without a network), and have no
// leeway, as ours has none here.
//
// # The rule
//
// What our verifier accepts, each of the others accepts, and reads the same
// issuer, subject, account, audience and times out of it.
//
// The other way round there are differences, since ours is stricter. Each of
// them, told by the change, our reason and who accepts it, stands on a list with
// the reason in words, in differences/*.txt. One that is not on the list is a
// failure, and so is a line of the list that did not occur, for which each change
// is made alone, for both algorithms. A token with several changes may differ in
// what one of its changes may differ in alone, for any of the others.
//
// For the comparison to mean something, a share of all tokens (healthyShare),
// for each algorithm and each issuer, must be accepted by all, and all that have
// no change. The tests put lenient verifiers in the place of ours, each in one
// way, and see that the run notices.
//
// # What is left out
//
// Claims that have a meaning for ID tokens of OpenID Connect alone (nonce,
// at_hash, _claim_names, _claim_sources) are not made up: AWS has none, ours
// treats them as it treats any claim that it does not know, and go-oidc asks for
// their types.
//
// kubernetes goes by the machine's clock, which cannot be set from outside, and
// the others by the time at which the run began. Times in tokens therefore keep
// well away from both.
//
// This is a module of its own, so that the dependencies of Kubernetes are not
// ours.
package main
