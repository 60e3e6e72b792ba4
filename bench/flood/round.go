package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"
)

// The parts of a round, in their order.
const (
	alone = iota
	forgedEach
	fairToEach
	forgedOne
	fairToOne
	anyFlood
	parts
)

// round measures one gateway once, beside each load.
func (b *bench) round(ctx context.Context, a *arm) error {
	forged, err := b.issuer.forged()
	if err != nil {
		return err
	}
	address := a.gateway.Address
	one := []byte(requestWith(address, forged))
	loads := [parts]nextOf{
		forgedEach: func(int) nextRequest { return eachAnother(one) },
		forgedOne:  func(int) nextRequest { return func() []byte { return one } },
	}
	none := []byte(requestWith(address, ""))
	loads[fairToEach] = func(int) nextRequest { return func() []byte { return none } }
	loads[fairToOne], loads[anyFlood] = loads[fairToEach], loads[fairToEach]
	for n, requests := range loads {
		l := &load{address: address, connections: b.options.flooders, requests: requests, goesOn: true}
		if n == fairToEach || n == fairToOne {
			flood := a.parts[n-1][len(a.parts[n-1])-1]
			l.rate = max(flood.load.perSecond(flood.took), 1) // 0 would be no limit
		}
		if requests == nil {
			l.connections = 0
		}
		a.parts[n] = append(a.parts[n], b.beside(ctx, a, l))
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("measuring: %w", err)
		}
	}
	return nil
}

type nextOf = func(worker int) nextRequest

// beside has the known callers call while a load goes on, which ends only when
// they have all their answers.
func (b *bench) beside(ctx context.Context, a *arm, beside *load) part {
	began := time.Now()
	w := window{began.Add(settle), began.Add(b.options.phase)}
	known := &load{address: a.gateway.Address, connections: b.options.known, requests: a.inTurn}
	ctx, end := context.WithCancel(ctx)
	defer end()
	loaded := make(chan tally, 1)
	go func() { loaded <- beside.run(ctx, w) }()
	p := part{took: w.until.Sub(w.from), known: known.run(ctx, w)}
	end() // what the flood still waits for is not waited for
	p.load = <-loaded
	return p
}

// inTurn has each connection begin with another of the known requests, and go
// through all of them.
func (a *arm) inTurn(worker int) nextRequest {
	n := worker * 13
	return func() []byte {
		n++
		return a.known[n%len(a.known)]
	}
}

// eachAnother gives each request a signature of its own in the place of the
// forged token's, with which the last field of the request ends.
func eachAnother(request []byte) nextRequest {
	mine := append([]byte(nil), request...)
	var signature [96]byte
	size := base64.RawURLEncoding.EncodedLen(len(signature))
	end := len(mine) - len("\r\n\r\n")
	place := mine[end-size : end]
	return func() []byte {
		_, _ = rand.Read(signature[:]) // it never fails
		base64.RawURLEncoding.Encode(place, signature[:])
		return mine
	}
}
