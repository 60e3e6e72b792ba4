package inspection

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// readPayload returns the payload's members, or nil.
func (r *Report) readPayload(text []byte) map[string]any {
	if text == nil {
		return nil
	}
	return r.object("payload", text)
}

// mending is a payload whose faults are taken out one by one until
// awstoken.Decode reads it. So all faults are found, in its words, and the rest
// is read by the one decoder that there is.
type mending struct {
	report   *Report
	top, aws map[string]any  // mended
	original map[string]any  // as it came
	known    []string        // the names of top that the vocabulary knows
	stands   map[string]bool // claims that something stands in for
}

// standIns take the place of required claims.
var standIns = map[string]any{
	"iss": "https://issuer.invalid", "sub": "arn:aws:iam::000000000000:root", "aud": "audience",
	"iat": json.Number("0"), "exp": json.Number("253402300799"), "aws_account": "000000000000",
}

// mend decodes the payload as far as that can be done.
func (r *Report) mend(top map[string]any) {
	known, knownAWS := knownNames()
	m := mending{report: r, top: maps.Clone(top), original: top, known: known, stands: make(map[string]bool)}
	m.aws, _ = top[awstoken.Namespace].(map[string]any)
	if m.aws = maps.Clone(m.aws); m.aws != nil {
		m.top[awstoken.Namespace] = m.aws
	}
	m.dropMisspelt(m.top, known)
	m.dropMisspelt(m.aws, knownAWS)
	if iss, there := m.top["iss"]; there {
		if _, ok := iss.(string); !ok {
			r.problem("iss", "it is not a string")
			m.replace("iss")
		}
	}
	token := m.decode()
	if token == nil {
		// What is too deep or too much is somewhere else, as a rule.
		m.keepOnly(m.top, known)
		m.keepOnly(m.aws, knownAWS)
		if token = m.decode(); token == nil {
			return
		}
	}
	m.restore(token)
	r.token = token
	r.takeOthers(top, known, knownAWS)
}

// decode returns nil for a payload that cannot be mended.
func (m *mending) decode() *awstoken.Token {
	for range len(standIns) + len(awstoken.Attributes()) {
		text, err := json.Marshal(m.top)
		if err != nil {
			return nil
		}
		token, err := awstoken.Decode(text)
		if err == nil {
			return token
		}
		var fault *awstoken.ClaimError
		if !errors.As(err, &fault) {
			return nil
		}
		m.report.problem(claimName(fault.Claim), "%s", fault.Problem)
		m.replace(fault.Claim)
	}
	return nil
}

func claimName(claim string) string {
	if claim == awstoken.Namespace {
		return "payload, " + claim
	}
	return claim
}

// replace takes a claim out, or puts something in its place if it must be there.
func (m *mending) replace(claim string) {
	if claim == awstoken.Namespace {
		m.aws = map[string]any{}
		m.top[claim] = m.aws
		claim = "aws_account"
	}
	object := m.aws
	if slices.Contains(m.known, claim) {
		object = m.top
	}
	standIn, required := standIns[claim]
	if !required {
		delete(object, claim)
		return
	}
	object[claim], m.stands[claim] = standIn, true
}

// restore takes out what stood in, and puts what was there back where it can be
// shown.
func (m *mending) restore(token *awstoken.Token) {
	aws, _ := m.original[awstoken.Namespace].(map[string]any)
	token.Other = aws
	for claim := range m.stands {
		text, _ := m.original[claim].(string)
		switch claim {
		case "iss":
			token.Issuer = text
		case "sub":
			token.Subject, token.Principal = text, awstoken.Principal{}
		case "aud":
			token.Audience = nil
		case "iat":
			token.IssuedAt, _ = awstoken.Seconds(m.original[claim])
		case "exp":
			token.Expiry, _ = awstoken.Seconds(m.original[claim])
		case "aws_account":
			token.AccountID, _ = aws[claim].(string)
		}
	}
}

func (m *mending) dropMisspelt(object map[string]any, known []string) {
	for _, name := range sortedNames(object) {
		if meant := awstoken.UnknownCase(name, known); meant != "" {
			m.report.problem("payload", "a name differs from %q in case alone", meant)
			delete(object, name)
		}
	}
}

func (m *mending) keepOnly(object map[string]any, known []string) {
	maps.DeleteFunc(object, func(name string, _ any) bool { return !slices.Contains(known, name) })
}

// knownNames are the names that the vocabulary knows, of the payload and of
// AWS's object.
func knownNames() (top, aws []string) {
	top = []string{"nbf", awstoken.Namespace}
	for _, a := range awstoken.Attributes() {
		name := strings.Trim(a.Claim, "`")
		switch {
		case strings.Contains(name, " "): // derived, or the whole object
		case slices.Contains([]string{"iss", "sub", "aud", "exp", "iat", "jti"}, name):
			top = append(top, name)
		default:
			aws = append(aws, name)
		}
	}
	return top, aws
}

func sortedNames(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }
