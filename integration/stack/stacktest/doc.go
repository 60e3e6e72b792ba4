// Package stacktest is what tests that run the built programs have in common:
// how they wait, and a local STS in their own process. It is for tests alone.
package stacktest
