// Package explain runs aws-jwt explain of the built program on tokens that a
// local STS has signed: pairs of a token and a policy that do not fit, each a
// mistake that people make, and beside each the same without the mistake.
package explain
