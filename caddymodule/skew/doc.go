// Package skew suspects that the machine's clock is wrong, from what issuers say
// of the time.
//
// There are two sorts of evidence, and both come without asking anybody:
//
//   - An answer to a fetch of keys has a Date. It was made between the moments in
//     which it was asked for and had, so it tells both a clock that is ahead and
//     one that is behind, within a second and the time that the fetch took.
//   - A token has the time of its issue, iat, and cannot be seen before it. When it
//     lies ahead of our clock, that is behind, by as much at least. When it lies
//     in the past, nothing follows for a clock that is ahead: callers may keep
//     tokens before they send them. But our clock is ahead by no more than that.
//
// Each issuer that was heard within the last hour has one vote: its Date, bounded
// by its tokens, or else what its tokens prove. The clock is suspected when the
// median of all votes is over [Threshold] and more than half of the issuers are of
// one opinion. So where three are heard, one whose clock is wrong, or that lies,
// brings about no alarm and prevents none; where two are heard they have to agree;
// where one is, it is believed, and the hint says that it is alone. Of tokens
// alone it takes three different ones.
//
// What is not detected:
//
//   - a clock that is wrong by less than Threshold;
//   - a clock that is ahead, where no keys are fetched: with key files, or with
//     keys that are older than an hour. Nor one that is ahead by so much that every
//     token seems to have ended before the first keys are asked for: such tokens
//     are refused unread, and nothing in them can be believed;
//   - a clock that is behind, from tokens alone, where most issuers' callers keep
//     tokens for longer than the clock is behind before this machine sees them;
//   - anything, while most of the issuers that are heard have the same wrong clock.
//
// A clock that is set (or a machine that slept) makes all that was heard worthless:
// it is forgotten at once, and the next fetch or token counts anew.
package skew
