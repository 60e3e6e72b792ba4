package verifier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// warn finds what does no harm today.
func (p *probe) warn(fetched bool) {
	p.warnOfPlace()
	p.warnOfKeys()
	if !fetched {
		return
	}
	if took := p.record.took(); p.timeout > 0 && took > p.timeout/2 {
		p.add(ProbeSlow, fmt.Sprintf("fetching took %v of the %v that it may take (jwks.timeout)", took.Round(time.Millisecond), p.timeout),
			"a slower answer makes tokens wait, and then answers them 503: look at the way to the issuer, or raise jwks.timeout")
	}
	p.warnOfAlgorithms()
	usable := 0
	for _, k := range p.report.Keys {
		if k.Usable() {
			usable++
		}
	}
	if usable > maxKeys/2 {
		p.add(ProbeManyKeys, fmt.Sprintf("it has %d usable keys, with over %d it is refused", usable, maxKeys),
			"have the issuer take away the keys that it no longer signs with")
	}
}

func (p *probe) add(code ProbeCode, text, remedy string) {
	p.report.Warnings = append(p.report.Warnings, Finding{code, text, remedy})
}

func (p *probe) warnOfPlace() {
	for _, visit := range p.record.visits {
		if p.report.remote && strings.HasPrefix(visit.Location, "http:") {
			p.add(ProbePlainHTTP, "keys are fetched by plain http from this machine",
				"whoever runs a program here can take the port and publish keys of their own: for development only")
			return
		}
	}
}

func (p *probe) warnOfKeys() {
	for _, each := range p.record.published {
		if errors.Is(each.err, errPrivateKey) {
			p.add(ProbePrivateKey, fmt.Sprintf("key %s is published with its private part", quote(each.describe().ID)),
				"whoever runs the issuer must take it away, and never sign with it again: everybody can")
		}
	}
	times := make(map[string]int)
	for _, each := range p.record.published {
		if each.err != nil {
			continue
		}
		if times[each.key.id]++; times[each.key.id] == 2 {
			p.add(ProbeKeyIDTwice, fmt.Sprintf("several usable keys have the ID %s, and none of them is used", quote(each.key.id)),
				"have the issuer give each key an ID of its own")
		}
	}
}

func (p *probe) warnOfAlgorithms() {
	var without []Algorithm
	for _, a := range p.issuer.Algorithms {
		if !slices.ContainsFunc(p.report.Keys, func(k PublishedKey) bool { return k.Algorithm == a }) {
			without = append(without, a)
		}
	}
	if len(without) > 0 && p.hasAllowedKey() {
		p.add(ProbeOneAlgorithm, fmt.Sprintf("%v is allowed and the issuer has no key for it", without),
			"callers must ask STS for the other SigningAlgorithm; algorithm can say so here")
	}
	values, ok := p.record.discovery["id_token_signing_alg_values_supported"].([]any)
	if !ok {
		return // nothing is listed, which says nothing
	}
	var unlisted []Algorithm
	for _, a := range p.issuer.Algorithms {
		if !slices.Contains(values, any(string(a))) {
			unlisted = append(unlisted, a)
		}
	}
	if len(unlisted) > 0 {
		p.add(ProbeAlgorithmsListed, fmt.Sprintf("%v is allowed and the discovery document does not list it", unlisted),
			"nothing is refused for it; it may be that the issuer no longer signs so, and algorithm can say so here")
	}
}
