// Package sdk holds tests with real AWS SDKs as clients: of the built devsts
// over its wire protocol, and with its tokens of the built gateway.
package sdk
