// Package recipes runs docs/recipes as they stand: a REST API, webhooks, a file
// share, and many gateways behind HAProxy. Each test takes the page's own Caddyfile,
// with addresses, issuers and certificates replaced.
package recipes
