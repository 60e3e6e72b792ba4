// Package upstreams runs the upstreams of examples/upstreams, in their languages,
// behind the built gateway: they take its assertions and nothing that resembles
// them, also over a rotation of its keys. It runs what docs/spiffe.md shows, too.
// All of it is tests.
package upstreams
