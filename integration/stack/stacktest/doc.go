// Package stacktest is what tests that run the built programs have in common:
// how they wait, load and stop a gateway, a local STS in their own process, and the
// snippets of a page. It is for tests alone.
package stacktest
