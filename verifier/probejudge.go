package verifier

import (
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// judge makes the report of a fetch that ended with err.
func (p *probe) judge(err error) *ProbeReport {
	r := &p.report
	r.Issuer, r.Accounts = p.issuer.URL, slices.Clone(p.issuer.Accounts)
	visits := p.record.visits
	if r.remote && len(visits) > 0 && p.discovers() {
		r.Discovery, visits = &visits[0], visits[1:]
	}
	if len(visits) > 0 {
		r.Document = &visits[0]
	}
	r.Keys, r.MoreKeys = p.keys(), p.record.more
	switch {
	case err != nil:
		r.Problems = append(r.Problems, p.problem(err))
	case !p.hasAllowedKey():
		r.Problems = append(r.Problems, Finding{
			ProbeNoUsableKey,
			fmt.Sprintf("none of the keys is for an allowed algorithm, which are %v", p.issuer.Algorithms),
			"allow the algorithm of the keys that are there (algorithm), or have the issuer publish the others",
		})
	}
	p.warn(err == nil)
	return r
}

// discovers reports whether the key document is found by discovery.
func (p *probe) discovers() bool {
	switch keys := p.issuer.Keys.(type) {
	case *remoteHandle:
		return keys.location.jwksURL == ""
	case *candidateKeys:
		return keys.location.jwksURL == ""
	}
	return false
}

// keys returns the keys that were published, the usable ones first.
func (p *probe) keys() []PublishedKey {
	times := make(map[string]int)
	for _, each := range p.record.published {
		if each.err == nil {
			times[each.key.id]++
		}
	}
	var usable, others []PublishedKey
	for _, each := range p.record.published {
		described := each.describe()
		if described.Usable() && times[each.key.id] > 1 {
			described.Algorithm, described.Problem = "", "another usable key has its ID, and they void each other"
		}
		if described.Usable() {
			usable = append(usable, described)
		} else {
			others = append(others, described)
		}
	}
	return append(usable, others...)
}

func (k publishedKey) describe() PublishedKey {
	if k.err == nil {
		described := PublishedKey{ID: k.key.id, Algorithm: k.key.algorithm, Kind: "EC", Curve: "P-384"}
		if public, ok := k.key.public.(*rsa.PublicKey); ok {
			described.Kind, described.Bits, described.Curve = "RSA", public.N.BitLen(), ""
		}
		return described
	}
	described := PublishedKey{Problem: cut(k.err).Error()}
	member, err := awstoken.ParseObject(k.text)
	if err != nil {
		return described
	}
	described.ID, _ = member["kid"].(string)
	described.Kind, _ = member["kty"].(string)
	switch described.Kind {
	case "RSA":
		described.Bits = bitsOf(member["n"])
	case "EC":
		described.Curve, _ = member["crv"].(string)
	}
	return described
}

// bitsOf returns the length of a number as JWKs write one, for a person to read.
func bitsOf(n any) int {
	text, _ := n.(string)
	decoded, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return 0
	}
	return new(big.Int).SetBytes(decoded).BitLen()
}

func (p *probe) hasAllowedKey() bool {
	return slices.ContainsFunc(p.report.Keys, func(k PublishedKey) bool {
		return slices.Contains(p.issuer.Algorithms, k.Algorithm)
	})
}
