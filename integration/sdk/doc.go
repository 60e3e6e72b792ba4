// Package sdk holds tests in which real AWS SDKs talk to the built devsts
// binary over its wire protocol, and nothing else.
package sdk
