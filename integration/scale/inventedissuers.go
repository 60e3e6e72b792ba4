package main

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// rationed is how many fetches for issuers that were never seen good may
	// begin in a minute.
	rationed    = 60
	rationEvery = time.Minute

	// underway is how much later than it began a fetch may arrive. A window that
	// is shorter by so much never sees more than the gateway let begin.
	underway = time.Second

	// maxGrowth is what is still flat, in bytes: the runtime gives memory back
	// in its own time.
	maxGrowth = 8 << 20
)

// inventedIssuers floods an organization with tokens of issuers that nobody
// has. The known caller's issuer is one of the organization's. A full run's
// turns go on for longer than the ration's minute.
func (b *bench) inventedIssuers() (err error) {
	g, err := b.startGateway(settings{organization: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	const member = 3 // the issuer
	known, err := b.issuers.token(member)
	if err != nil {
		return err
	}
	tokens, err := b.inventions(b.options.requests)
	if err != nil {
		return err
	}
	if err := b.verifyOne(g, member); err != nil {
		return err
	}
	before := b.issuers.of(member)
	f, err := b.flood(g, known, tokens, member)
	if err != nil {
		return err
	}
	again := b.issuers.of(member).minus(before)
	b.reportRation()
	b.table.count("fetches from the known issuer", again.String(), "0 of each", again == fetches{})
	b.table.count("answers to the flood", f.flood.load.String(), "401 or 503",
		f.flood.load.unexpected(http.StatusUnauthorized, http.StatusServiceUnavailable) == 0)
	b.reportKnown(f)
	growth := f.memoryAfter - f.memoryBefore
	b.table.figure("resident before and after", mib(f.memoryBefore)+", "+mib(f.memoryAfter), "at most +"+mib(maxGrowth), growth <= maxGrowth)
	return nil
}

// inventions are tokens each of which names an issuer of its own.
func (b *bench) inventions(n int) ([]string, error) {
	tokens := make([]string, n)
	for i := range tokens {
		var err error
		if tokens[i], err = forged(b.issuers.url(randomUUID()), accountOf(i), rsaKeyID); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// reportRation tells how often issuers that do not exist were asked for.
func (b *bench) reportRation() {
	asked := b.issuers.inventions()
	window := rationEvery - underway
	most := mostWithin(asked, window)
	b.table.count(fmt.Sprintf("most fetches in any %v", window), strconv.Itoa(most), fmt.Sprintf("1 to %d", rationed), most >= 1 && most <= rationed)
	if len(asked) == 0 {
		return
	}
	span := asked[len(asked)-1].Sub(asked[0])
	allowed := rationed * (1 + int((span+underway)/rationEvery))
	b.table.count("fetches in all, within "+short(span), strconv.Itoa(len(asked)), fmt.Sprintf("at most %d", allowed), len(asked) <= allowed)
}

// mostWithin is the largest number of times, which are in order, that lie within
// a window.
func mostWithin(times []time.Time, window time.Duration) (most int) {
	first := 0
	for last := range times {
		for times[last].Sub(times[first]) >= window {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}
