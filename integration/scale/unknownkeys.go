package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// floodCooldown is short, so that each turn of a flood sees several.
const floodCooldown = time.Second

// unknownKeys floods a listed issuer, which the known caller uses, too, with
// tokens that name keys that it does not have.
func (b *bench) unknownKeys() (err error) {
	g, err := b.startGateway(settings{listed: b.options.issuers, cooldown: floodCooldown})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	const flooded = 2 // the issuer
	known, err := b.issuers.token(flooded)
	if err != nil {
		return err
	}
	tokens := make([]string, b.options.requests)
	for n := range tokens {
		tokens[n], err = forged(b.issuers.url(uuidOf(flooded)), accountOf(flooded), "RSA_"+randomUUID())
		if err != nil {
			return err
		}
	}
	if err := b.verifyOne(g, flooded); err != nil {
		return err
	}
	f, err := b.flood(g, known, tokens, flooded)
	if err != nil {
		return err
	}
	b.reportFetches(&f.flood)
	b.table.count("answers to the flood", f.flood.load.String(), fmt.Sprintf("%d × 401", len(tokens)),
		f.flood.load.statuses[http.StatusUnauthorized] == len(tokens))
	b.reportKnown(f)
	b.table.note("resident before and after", mib(f.memoryBefore)+", "+mib(f.memoryAfter))
	return nil
}

// reportFetches holds the fetches of each turn against what the cooldown allows
// in it. None at all would mean that the flood was never looked at.
func (b *bench) reportFetches(flood *phase) {
	var discovery, keys []int
	ok, some := true, false
	allowed := 1 + int(slices.Min(flood.took)/floodCooldown) + 1
	for _, fetched := range flood.fetched {
		discovery, keys = append(discovery, fetched.discovery), append(keys, fetched.keys)
		ok = ok && fetched.discovery <= allowed && fetched.keys <= allowed
		some = some || fetched.discovery > 0 && fetched.keys > 0
	}
	b.table.count(fmt.Sprintf("fetches in turns of %s, cooldown %v", short(slices.Min(flood.took)), floodCooldown),
		fmt.Sprintf("discovery %v, keys %v", discovery, keys), fmt.Sprintf("some, at most %d a turn", allowed), ok && some)
}
