// Package assertion holds the assertions of the built caddy-awsjwt against
// verifiers that others wrote, as upstreams would use them, and its keys through
// rotations, deaths of gateways and faults of their storage. All of it is tests.
package assertion
