// Package signing keeps the keys that the gateway signs with. It knows nothing
// of Caddy.
//
// The keys of one issuer are one document in a [Store] that several gateways may
// share. Everything that happens to a key follows from two moments: when it was
// made, which is when it is published, and when it becomes active.
//
//	made ── published ──► active ── signs ──► successor active ── published ──► gone
//	      lead                    rotation                     rotation
//
// A gateway reads the document again on use, about once a minute, and never signs
// with what it read longer than the lead ago: a key that it does not know cannot
// have become active before. Who finds that a key is due makes its successor
// under the store's lock, looks again at what is there before, and writes the
// whole document at once. So a gateway that dies at any moment leaves the old
// document or the new one.
//
// Nothing happens without use, and there is no goroutine that waits: a key that
// was not used for a month signs on until a successor was published for its lead.
package signing
