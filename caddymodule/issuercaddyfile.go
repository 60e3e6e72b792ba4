package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func readIssuer(d *caddyfile.Dispenser, h *Handler) error {
	var issuer Issuer
	if !d.Args(&issuer.URL) {
		return errArguments
	}
	issuer.Accounts = d.RemainingArgs()
	err := readBlock(d, &issuer, issuerLines)
	h.Issuers = append(h.Issuers, issuer)
	return err
}

func readJWKS(d *caddyfile.Dispenser, h *Handler) error {
	h.JWKS = new(JWKS)
	return readOnlyBlock(d, h.JWKS, jwksLines)
}

func readOrganization(d *caddyfile.Dispenser, h *Handler) error {
	h.Organization = &Organization{IDs: d.RemainingArgs()}
	if len(h.Organization.IDs) == 0 {
		return errArguments
	}
	return readBlock(d, h.Organization, organizationLines)
}

var issuerLines = lines[Issuer]{
	"account":   {usage: "<account-id>...", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readList(d, &i.Accounts) }},
	"audience":  {usage: "<audience>...", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readList(d, &i.Audiences) }},
	"algorithm": {usage: "RS256|ES384...", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readList(d, &i.Algorithms) }},
	"jwks_url":  {usage: "<url>", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readText(d, &i.JWKSURL) }},
	"jwks_file": {usage: "<path>", read: func(d *caddyfile.Dispenser, i *Issuer) error { return readText(d, &i.JWKSFile) }},
}

var jwksLines = lines[JWKS]{
	"ttl":                     {usage: "<duration>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.TTL) }},
	"max_stale":               {usage: "<duration>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.MaxStale) }},
	"cooldown":                {usage: "<duration>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.Cooldown) }},
	"timeout":                 {usage: "<duration>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readDuration(d, &j.Timeout) }},
	"ca":                      {usage: "<pem-file>...", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readList(d, &j.CA) }},
	"proxy":                   {usage: "<url>", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readText(d, &j.Proxy) }},
	"allow_private_addresses": {read: func(d *caddyfile.Dispenser, j *JWKS) error { return readFlag(d, &j.AllowPrivateAddresses) }},
	"persist":                 {usage: "on|off", read: func(d *caddyfile.Dispenser, j *JWKS) error { return readSwitch(d, &j.Persist) }},
}

var organizationLines = lines[Organization]{
	"issuer_template": {usage: "<url>", read: func(d *caddyfile.Dispenser, o *Organization) error { return readText(d, &o.IssuerTemplate) }},
}
