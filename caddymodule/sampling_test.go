package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// Passes are at DEBUG, and one of log_passes of them at INFO, with the number
// that a count of such lines is multiplied by. Refusals and what is audited are
// never left out.
func TestLogPasses(t *testing.T) {
	h := newHandler(t, func(h *Handler) { h.LogPasses = 1 })
	got := oneLine(t, zapcore.InfoLevel, h, get(goodToken(t)))
	if got.level != zapcore.InfoLevel || got.fields["msg"] != "allowed" || got.fields["sampled"] != 1.0 {
		t.Errorf("%s %v", got.level, got.fields)
	}
	for name, change := range map[string]func(*Handler){
		"refused": denyAll,
		"audited": func(h *Handler) { denyAll(h); h.Mode = modeAudit },
	} {
		got := oneLine(t, zapcore.InfoLevel, newHandler(t, func(h *Handler) { change(h); h.LogPasses = 1 << 40 }), get(goodToken(t)))
		if _, sampled := got.fields["sampled"]; sampled || got.fields["msg"] != name {
			t.Errorf("%s: %v", name, got.fields)
		}
	}
	anonymously := newHandler(t, func(h *Handler) { h.Optional, h.LogPasses = true, 1 })
	if got := oneLine(t, zapcore.InfoLevel, anonymously, get("")); got.fields["msg"] != "anonymous" || got.fields["sampled"] != 1.0 {
		t.Errorf("anonymous: %v", got.fields)
	}
}

// The sample of a hundred thousand passes, of which a hundredth is logged, lies
// twenty standard deviations within these bounds.
func TestSampleOfPasses(t *testing.T) {
	core, entries := observer.New(zapcore.InfoLevel)
	h := &Handler{LogPasses: 100, logger: zap.New(core), now: clock}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for range 100_000 {
		h.logPass(r, &visit{passed: anonymous}, clock())
	}
	if n := entries.Len(); n < 400 || n > 1600 {
		t.Errorf("%d lines of 100000 passes", n)
	}
	if sampled := entries.All()[0].ContextMap()["sampled"]; sampled != int64(100) {
		t.Errorf("sampled: %v", sampled)
	}
	h.LogPasses = 0
	before := entries.Len()
	if allocated := testing.AllocsPerRun(1000, func() { h.logPass(r, &visit{passed: anonymous}, clock()) }); allocated > 1 || entries.Len() != before {
		t.Errorf("off: %v allocations, %d lines", allocated, entries.Len()-before)
	}
}

func TestLogPassesFaults(t *testing.T) {
	checkFaults(t, loadWith(t, func(h *Handler) { h.LogPasses = -1 }), "log_passes: -1 is not 0 or more")
	if err := loadWith(t, func(h *Handler) { h.LogPasses = 1 }); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"log_passes":       "wrong argument count or unexpected line ending after 'log_passes'; write log_passes <n>",
		"log_passes 1 2":   "wrong argument count or unexpected line ending after '1'; write log_passes <n>",
		"log_passes 0":     `log_passes is a number above 0, of how many requests one is logged, not "0"`,
		"log_passes 1%":    `log_passes is a number above 0, of how many requests one is logged, not "1%"`,
		"log_passes often": `log_passes is a number above 0, of how many requests one is logged, not "often"`,
	} {
		checkCaddyfileError(t, inBlock(trust+text), want, 5)
	}
}
