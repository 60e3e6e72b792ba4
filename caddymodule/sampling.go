package caddymodule

import (
	"fmt"
	"math/rand/v2"
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
