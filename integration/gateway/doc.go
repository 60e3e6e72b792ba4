// Package gateway drives the built caddy-awsjwt over raw connections and looks
// at what its upstream saw. All of it is tests.
package gateway
