package caddymodule

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// samplesPass says whether the line of a request that passes is one of the
// sample. It is left to chance, since a counter would see but one of two callers
// that come by turns.
func (h *Handler) samplesPass() bool {
	return h.LogPasses == 1 || h.LogPasses > 1 && rand.IntN(h.LogPasses) == 0 //nolint:gosec // nothing is kept secret by it
}

func checkLogPasses(n int) error {
	if n < 0 {
		return fmt.Errorf("log_passes: %d is not 0 or more", n)
	}
	return nil
}

// readLogPasses reads of how many passes one is logged.
func readLogPasses(d *caddyfile.Dispenser, h *Handler) error {
	var text string
	if !d.AllArgs(&text) {
		return errArguments
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return d.Errf("log_passes is a number above 0, of how many requests one is logged, not %q", text)
	}
	h.LogPasses = n
	return nil
}
