package caddymodule

import (
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
)

// Decisions have the logger that Caddy names after the module, and have it to
// themselves, so that one log can be theirs alone. All else goes to loggers below
// it, whose names are promised in docs/decision-log.md.
const (
	logConfig  = "config"  // what may be wrong with a configuration that loads
	logKeys    = "keys"    // issuers and keys: fetches, files, storage
	logStreams = "streams" // requests that were ended
	logClock   = "clock"   // the machine's clock
	logSigning = "signing" // the keys of assertions
)

// structured is a logger for packages that know nothing of zap. Caddy's own maker
// of them leaves no choice of the name.
func structured(logger *zap.Logger) *slog.Logger {
	const never = slog.Level(127) // no stack traces
	return slog.New(zapslog.NewHandler(logger.Core(), zapslog.WithName(logger.Name()), zapslog.AddStacktraceAt(never)))
}
