// Package dashboard runs docs/recipes/dashboard.md: the gateway before Graphite's web
// interface, which signs users in by a header, and before an upstream that is asked
// what Grafana, as the page sets it up, would make of what arrived.
package dashboard
