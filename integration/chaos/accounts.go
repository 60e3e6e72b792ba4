package main

import (
	"encoding/json"
	"fmt"
)

// source is how the gateway comes to trust an issuer.
type source string

const (
	listed         source = "listed"       // in the Caddyfile
	inFile         source = "file"         // in the issuers file
	ofOrganization source = "organization" // by the organization's template
	nobody         source = "stranger"     // not at all, though the template matches it
)

// issuer is an account of devsts.
type issuer struct {
	name    string
	account string
	uuid    string
	org     string
	source  source
	keysAt  bool // whether the Caddyfile names its jwks_url, so that discovery is skipped
	mayGo   bool // whether a configuration, or a version of the file, may lack it
}

// everyIssuer means all of them where a fault asks for a name.
const everyIssuer = "*"

// population is all accounts. The stranger is the last.
type population struct{ issuers []*issuer }

func (p population) stranger() *issuer  { return p.issuers[len(p.issuers)-1] }
func (p population) trusted() []*issuer { return p.issuers[:len(p.issuers)-1] }

// issuer returns the one with the name, or nil.
func (p population) issuer(name string) *issuer {
	for _, i := range p.issuers {
		if i.name == name {
			return i
		}
	}
	return nil
}

// makeIssuers returns all accounts. Those that are trusted one by one are in
// another organization than the one that is trusted as a whole: taken out, they
// must not come back by the template.
func makeIssuers() population {
	all := []*issuer{
		{name: "listed-1", source: listed, mayGo: true},
		{name: "listed-2", source: listed, keysAt: true},
		{name: "listed-3", source: listed, mayGo: true},
		{name: "file-1", source: inFile, mayGo: true},
		{name: "file-2", source: inFile},
		{name: "file-3", source: inFile, mayGo: true},
		{name: "organization-1", source: ofOrganization},
		{name: "organization-2", source: ofOrganization},
		{name: "organization-3", source: ofOrganization},
		{name: "stranger", source: nobody},
	}
	orgs := map[source]string{listed: "o-direct0001", inFile: "o-direct0001", ofOrganization: organization, nobody: "o-stranger01"}
	for n, i := range all {
		i.account = fmt.Sprintf("%012d", 100000000000+n)
		i.uuid = fmt.Sprintf("%08d-c4a0-4000-8000-%012d", n, n)
		i.org = orgs[i.source]
	}
	return population{all}
}

func (i *issuer) url(base string) string { return base + "/" + i.uuid }

// teams are the values of the tag that policies ask for; each account has a role
// of each.
var teams = []string{"red", "blue"}

func (i *issuer) roleARN(team string) string {
	return "arn:aws:iam::" + i.account + ":role/chaos/" + team
}

// accessKey returns a role's credentials. They protect nothing.
func (i *issuer) accessKey(team string) (id, secret string) {
	return "CHAOS" + i.account + team, "secret of " + i.name + " " + team
}

// stsConfig is the configuration of devsts.
func stsConfig(all []*issuer) ([]byte, error) {
	type object = map[string]any
	var accounts []object
	for _, i := range all {
		var roles []object
		for _, team := range teams {
			id, secret := i.accessKey(team)
			roles = append(roles, object{
				"arn": i.roleARN(team), "access_key_id": id, "secret_access_key": secret,
				"principal_tags": object{"team": team},
			})
		}
		accounts = append(accounts, object{"id": i.account, "issuer_id": i.uuid, "org_id": i.org, "roles": roles})
	}
	text, err := json.Marshal(object{"accounts": accounts})
	if err != nil {
		return nil, fmt.Errorf("writing the configuration of devsts: %w", err)
	}
	return text, nil
}
