// Package stack runs the built programs side by side, as a user would: the
// local STS, the gateway, and upstreams that keep what reached them. The demo
// and the integration tests stand on it. All of it is on loopback, on ports
// that were free a moment before.
package stack
