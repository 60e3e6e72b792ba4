// Command chaos runs the built gateway against a built devsts under steady load
// while everything around them goes wrong: keys rotate and are withdrawn,
// issuers fail in all the ways that devsts knows, the gateway is killed and
// started again, configurations are loaded, good ones and ones that fail
// half-way, and the issuers file is rewritten, sometimes badly. About ten
// minutes' worth of that is packed into two. What happens when comes from a
// seed: the same seed gives the same sequence of events.
//
//	go run ./integration/chaos [-seed N] [-for 2m]
//
// It exits with 0 only if no good request was refused, no bad one passed, no
// issuer was asked more often than the settings allow, and goroutines and memory
// are back where they were.
//
// # What is good
//
// A request is good when all of this holds from its sending to its answer:
//
//   - Its token is right: of a trusted issuer, in time, for this audience.
//   - Its issuer is trusted, and its policy lets it pass, by every configuration
//     and every version of the issuers file that may be in force at that time.
//     While a load is under way these are the old one and the new one; a load
//     that fails changes nothing at any time.
//   - Its key has been published for longer than the gateway needs to notice it:
//     noticeTime without a break in which the issuer could be fetched from, was
//     trusted, and the gateway ran. Keys are published before they sign, as a
//     careful issuer does it; a token whose key is too new is not good yet.
//   - Its key has not been withdrawn.
//   - The gateway has had the issuer's keys, in memory or in storage, within
//     max_stale: each issuer is reachable once at the beginning, and may be down
//     for less than max_stale from then on.
//
// A good request must be answered 200 by the upstream, which must see the
// caller's account and role. Any other HTTP answer is a refusal, whatever goes on.
//
// # What is bad
//
// A request is bad from its sending to its answer when its token is wrong by
// itself (a forged signature, expired, another audience, an unknown kid, an
// invented issuer, an issuer of another organization), when no configuration
// that may be in force trusts its issuer or lets it pass, when its key was
// withdrawn noticeTime ago, counted as above, or when its issuer has been down
// for longer than max_stale. The upstream must not see it, and the answer must
// be 400, 401, 403 or 503.
//
// All other requests are unsure: either answer is right, as long as it is one of
// those.
//
// # Connections
//
// While the gateway is down callers wait until it listens; connections that
// break by that are no refusals. At a load Caddy opens a new socket with
// SO_REUSEPORT and closes the old one, by which the kernel resets connections
// that nobody had accepted; and the old server closes idle connections, and those
// whose request it has not read to the end of the header. A request on such a
// connection that the upstream never saw is sent once more when the load has
// returned, and counted apart, as reset by a load. A connection that breaks after
// the upstream saw the request, a second one in a row, or one that breaks at
// another time is a refusal.
//
// # Bounds
//
// An issuer's documents may be fetched once a ttl, once in each cooldown in which
// an unknown kid was presented or a fault was in force, and once for each start
// of the gateway and each change of the fetch settings, with a margin of
// fetchMargin. Issuers that were never seen good, the invented ones and the
// stranger's, share a ration of 60 in any minute for each handler: they are
// counted in every span of up to a minute that lies between two loads or starts.
// And an issuer that is used must be fetched from at least once in noticeTime
// without a break, which is what good and bad by a key depend on.
//
// Goroutines and memory are measured before the events and after them, both times
// while nothing is sent and after a garbage collection. The gateway may then have
// goroutineMargin goroutines, residentMargin of resident memory and heapMargin of
// heap more than before. The last third of the time has no restart, so that the
// process that is measured at the end has seen much.
//
// # Lulls
//
// In the last seconds of every 20 nothing keeps the gateway from fetching, but
// for one outage of longer than max_stale; rules, files and keys go on changing.
// Without that there would be few keys of which it is certain what the gateway
// must know.
package main
