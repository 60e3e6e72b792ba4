package caddymodule

import "time"

// clockEstimate is by how much the machine's clock seems to be ahead of those of
// the issuers, and whether that is enough to suspect it.
func clockEstimate() (offset time.Duration, suspected bool, hint string) {
	return machineClock.watch.Estimate()
}
