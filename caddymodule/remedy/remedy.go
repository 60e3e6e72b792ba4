// Package remedy is the one table of what each reason of a refusal means and of
// what to change. The log's hints, the command aws-jwt explain and
// docs/errors.md read it.
//
// A second table has what AWS STS answers to callers who get no token.
package remedy

// Remedy is what a reason means, and what to change. Its texts are whole
// sentences in Markdown, but for Do.
type Remedy struct {
	Reason string // as logs and metrics have it
	Status int    // the HTTP status that the client sees
	Code   string // the error of RFC 6750, section 3.1; "" when there is none

	Cause string // what has happened
	See   string // how to see it
	InAWS string // what to change on the side of AWS
	Here  string // what to change in the Caddyfile, or around the gateway

	// Do is one short clause without a full stop, which completes a hint: what
	// was found and what was wanted, a semicolon, and what to do.
	Do string
}

// Group is a part of the table: the reasons that lie in one thing.
type Group struct {
	In       string // one word that begins with a capital
	Remedies []Remedy
}

// Groups returns the table in its parts, in the order of the README's.
func Groups() []Group {
	return []Group{
		{"Credential", ofCredentials}, {"Token", ofTokens}, {"Policy", ofPolicies}, {"Request", ofRequests}, {"Gateway", ofGateway},
	}
}

// All returns the table in the order of the README's.
func All() []Remedy {
	var all []Remedy
	for _, group := range Groups() {
		all = append(all, group.Remedies...)
	}
	return all
}

// Of returns the remedy of a reason.
func Of(reason string) (Remedy, bool) {
	for _, list := range [...][]Remedy{ofTokens, ofPolicies, ofCredentials, ofRequests, ofGateway} {
		for i := range list {
			if list[i].Reason == reason {
				return list[i], true
			}
		}
	}
	return Remedy{}, false
}
