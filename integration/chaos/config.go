package main

import (
	"fmt"
	"net/http"
	"strings"
)

// policy is a rule of the gateway's configuration.
type policy string

const (
	allowAll   policy = "allow all"
	denyRed    policy = "deny red"
	allowBlue  policy = "allow blue alone"
	denyWrites policy = "deny POST"
)

var policies = []policy{allowAll, denyRed, allowBlue, denyWrites}

// rule is the policy as a line of a Caddyfile.
func (p policy) rule() string {
	switch p {
	case denyRed:
		return "deny no-red `aws_token.principal_tags.team == \"red\"`"
	case allowBlue:
		return "allow blue `aws_token.principal_tags.team == \"blue\"`"
	case denyWrites:
		return "deny no-writes `request.method == \"POST\"`"
	default:
		return "allow everybody `true`"
	}
}

// allows is what the rule means.
func (p policy) allows(team, method string) bool {
	switch p {
	case denyRed, allowBlue:
		return team != "red"
	case denyWrites:
		return method != http.MethodPost
	default:
		return true
	}
}

// config is what one configuration of the gateway says that another may not.
type config struct {
	policy   policy
	without  string // the listed issuer that it lacks, if any
	otherTTL bool
}

// basic is the configuration at the beginning and at the end.
var basic = config{policy: allowAll}

func (c config) String() string {
	words := []string{string(c.policy)}
	if c.without != "" {
		words = append(words, "without "+c.without)
	}
	if c.otherTTL {
		words = append(words, fmt.Sprintf("ttl %v", otherTTL))
	}
	return strings.Join(words, ", ")
}

// trusts says whether the configuration trusts an issuer at a site, when the
// issuers file lacks the one that is named.
func (c config) trusts(i *issuer, site, missing string) bool {
	switch i.source {
	case listed:
		return i.name != c.without
	case inFile:
		return i.name != missing
	case ofOrganization:
		return site == openSite
	default:
		return false
	}
}

// The sites of the gateway. Both trust the issuers that are listed and those of
// the file; the open one trusts the organization, too.
const (
	openSite   = "open.chaos.internal"
	closedSite = "closed.chaos.internal"
)

var sites = []string{openSite, closedSite}

// flaw is what is wrong with a configuration that must not load.
type flaw string

const (
	noFlaw      flaw = ""
	badRule     flaw = "a bad rule in the last site"
	takenPort   flaw = "a port that is taken"
	missingFile flaw = "a last site with an issuers file that is missing"
	badSyntax   flaw = "an unknown subdirective"
	badFile     flaw = "the issuers file is bad" // at the time, which the configuration cannot help
)

var flaws = []flaw{badRule, takenPort, missingFile, badSyntax}

// symptom is a part of what Caddy says to a configuration with the flaw.
func (f flaw) symptom() string {
	switch f {
	case badRule:
		return "aws_token.acount"
	case takenPort:
		return "address already in use"
	case missingFile:
		return "issuers.json.missing"
	case badSyntax:
		return "isuer"
	default:
		return "issuers_file"
	}
}
