package main

import "time"

// The gateway's settings, much shorter than anybody's, so that minutes hold
// what hours do elsewhere.
const (
	ttl      = 2 * time.Second
	otherTTL = 2500 * time.Millisecond // of the other fetch settings, which a load changes to
	cooldown = time.Second
	timeout  = time.Second
	maxStale = time.Minute

	// lookEvery is how often the gateway looks at an issuers file.
	lookEvery = time.Second
)

const (
	// noticeTime is what the gateway needs to notice a change of keys: the ttl,
	// one fetch that was under way and fails, the cooldown after it, and what a
	// busy machine adds to all that.
	noticeTime = otherTTL + timeout + cooldown + 500*time.Millisecond

	// fileTime is the same for the issuers file.
	fileTime = lookEvery + 2*time.Second

	// staleMargin is how far max_stale may be off: a fetch that was under way
	// when the issuer went down may still succeed.
	staleMargin = timeout + time.Second

	// loadGrace is how long after a load, or a start, connections may still
	// break by it.
	loadGrace = 2 * time.Second

	// overlap is how long keys are published before they sign.
	overlap = noticeTime + time.Second
)

const (
	audience     = "chaos.internal"
	organization = "o-chaos00001"
	tokenSeconds = 900
)

// Margins of what is checked at the end. The fetches' is for the moments in which
// two instances of the key sets exist, and for fetches that a busy machine had
// time out. The others are what a Go program varies by; a leak is of one for each
// request, fetch or load, of which there are many more.
const (
	fetchMargin     = 3
	rationMargin    = 2 // requests that are answered across a load
	goroutineMargin = 4
	heapMargin      = 4 << 20
	residentMargin  = 24 << 20
)
