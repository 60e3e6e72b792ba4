package console

import (
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// tokenSteps are the verifier's checks in the order in which they are made.
var tokenSteps = []string{
	verifier.CheckForm, verifier.CheckPayload, verifier.CheckIssuer, verifier.CheckAlgorithm, verifier.CheckExpiry,
	verifier.CheckAudience, verifier.CheckKey, verifier.CheckSignature, verifier.CheckClaims, verifier.CheckStart,
	verifier.CheckLifetime, verifier.CheckAccount, verifier.CheckSubject, verifier.CheckOrganization,
}

// failedAt maps a reason to the check that it is of. Two reasons may be of
// several, which their hints tell.
var failedAt = map[verifier.Reason]string{
	verifier.TooLarge:            verifier.CheckForm,
	verifier.MalformedToken:      verifier.CheckForm,
	verifier.AlgorithmNotAllowed: verifier.CheckAlgorithm,
	verifier.UnknownIssuer:       verifier.CheckIssuer,
	verifier.Expired:             verifier.CheckExpiry,
	verifier.WrongAudience:       verifier.CheckAudience,
	verifier.UnknownKey:          verifier.CheckKey,
	verifier.BadSignature:        verifier.CheckSignature,
	verifier.InvalidClaims:       verifier.CheckClaims,
	verifier.NotYetValid:         verifier.CheckStart,
	verifier.LifetimeTooLong:     verifier.CheckLifetime,
	verifier.AccountMismatch:     verifier.CheckAccount,
	verifier.OrgMismatch:         verifier.CheckOrganization,
	verifier.KeysUnavailable:     verifier.CheckKey,
	verifier.Overloaded:          verifier.CheckSignature,
}

// failedCheck is the name of the check that a refusal failed at; "" for a refusal
// that is not the verifier's. A kid is known once the header was read.
func failedCheck(reason, hint, kid string) string {
	name := failedAt[verifier.Reason(reason)]
	switch {
	case reason == string(verifier.MalformedToken) && strings.HasPrefix(hint, "payload: ") && kid != "",
		reason == string(verifier.InvalidClaims) && strings.HasPrefix(hint, "reading claim iss: "):
		return verifier.CheckPayload
	case reason == string(verifier.AlgorithmNotAllowed) && strings.Contains(hint, fmt.Sprint(verifier.Algorithms())):
		return verifier.CheckForm // it is none that there is
	case reason == string(verifier.AccountMismatch) && strings.HasPrefix(hint, "sub is of account"):
		return verifier.CheckSubject
	}
	return name
}

// VerifiedSteps are the checks of a token that passed all of them.
func VerifiedSteps() []walk.Check {
	return stepsTo("", walk.Passed)
}

// RefusedSteps are the checks that a refusal before the policy came through,
// remade from its reason alone, since no such token is kept: those before the one
// that failed had passed, and those behind it were not asked.
func RefusedSteps(reason, hint, kid string) []walk.Check {
	failed := failedCheck(reason, hint, kid)
	if failed == "" {
		check := walk.Check{Kind: walk.Request, Name: reason, State: walk.Failed, Decisive: true, Reason: reason, Hint: hint}
		return append([]walk.Check{check}, stepsTo(tokenSteps[0], walk.NotAsked)...)
	}
	state := walk.Failed
	if reason == string(verifier.KeysUnavailable) || reason == string(verifier.Overloaded) {
		state = walk.CouldNot
	}
	checks := stepsTo(failed, state)
	at := &checks[slices.Index(tokenSteps, failed)]
	at.Decisive, at.Reason, at.Hint = true, reason, hint
	return checks
}

// stepsTo are all checks: passed before the one that is named, which has the
// state, and not asked behind it.
func stepsTo(name string, state walk.State) []walk.Check {
	checks := make([]walk.Check, 0, len(tokenSteps))
	now := walk.Passed
	for _, step := range tokenSteps {
		check := walk.Check{Kind: walk.Token, Name: step, State: now}
		switch step {
		case name:
			check.State, now = state, walk.NotAsked
		case verifier.CheckOrganization:
			continue // an issuer that is listed goes by its own entry; which it was is not kept
		}
		checks = append(checks, check)
	}
	return checks
}
