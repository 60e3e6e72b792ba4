package caddymodule

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/skew"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// machineClock compares the machine's clock with those of issuers. There is one
// clock, whatever configurations and handlers there are.
var machineClock = newClockWatch(time.Now, skew.Elapsed())

// clockOffset is that of the machine's clock.
var clockOffset = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
	Namespace: "caddy", Subsystem: "aws_jwt", Name: "clock_offset_seconds",
	Help: "By how much the gateway's clock is ahead of the issuers' clocks, or behind below 0; 0 as long as none is known.",
}, func() float64 {
	offset, _, _ := machineClock.watch.Estimate()
	return offset.Seconds()
})

// lookEvery is how often it is looked whether there is something to tell of the
// clock: with many issuers, that costs more than to hear one.
const lookEvery = time.Second

// clockWatch watches a clock, and logs by the handlers that are there.
type clockWatch struct {
	watch   *skew.Watch
	elapsed func() time.Duration
	looked  atomic.Int64 // when it was looked last, on the clock that is not set; 0: never

	mu      sync.Mutex
	loggers []*zap.Logger
}

func newClockWatch(now func() time.Time, elapsed func() time.Duration) *clockWatch {
	return &clockWatch{watch: skew.New(now, elapsed), elapsed: elapsed}
}

// watchClock has the handler's clock compared with those of the issuers whose
// tokens it verifies. Tokens that are remembered cost nothing.
func (h *Handler) watchClock(config *verifier.Config) {
	if h.clock == nil {
		return
	}
	h.clockLogger = h.logger.Named(logClock)
	h.clock.enter(h.clockLogger)
	config.Signed = h.clock.signed
}

func (c *clockWatch) enter(logger *zap.Logger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loggers = append(c.loggers, logger)
}

// leave takes back a logger that has entered; others are passed over.
func (c *clockWatch) leave(logger *zap.Logger) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.loggers, logger); i >= 0 {
		c.loggers = slices.Delete(c.loggers, i, i+1)
	}
}

// logger is that of the handler that came first, since a configuration that is
// being loaded may fail yet; or nil.
func (c *clockWatch) logger() *zap.Logger {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.loggers) == 0 {
		return nil
	}
	return c.loggers[0]
}

// signed is a verifier.Config's Signed.
func (c *clockWatch) signed(token *awstoken.Token) {
	id := token.ID
	if id == "" {
		id = token.Subject + token.IssuedAt.String()
	}
	c.watch.Token(token.Issuer, id, token.IssuedAt)
	c.look()
}

// dated returns a verifier.RemoteConfig's Dated, which is nil when no clock is
// watched. It outlives the handler.
func (c *clockWatch) dated() func(issuer string, date, sent, received time.Time) {
	if c == nil {
		return nil
	}
	return func(issuer string, date, sent, received time.Time) {
		c.watch.Date(issuer, date, sent, received)
		c.look()
	}
}

// look logs what there is to tell, and lets one caller in a second look for it.
func (c *clockWatch) look() {
	last, now := c.looked.Load(), int64(c.elapsed())
	if last != 0 && now-last < int64(lookEvery) || !c.looked.CompareAndSwap(last, now) {
		return
	}
	logger := c.logger()
	if logger == nil {
		return
	}
	news, offset, hint := c.watch.News()
	switch news {
	case skew.Suspected:
		logger.Warn("the clock may be wrong", zap.Duration("offset", offset.Round(time.Second)), zap.String("hint", printable(hint, maxHint)))
	case skew.Over:
		logger.Info("the clock is no longer suspected", zap.Duration("offset", offset.Round(time.Second)))
	case skew.None:
	}
}
