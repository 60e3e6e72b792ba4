package caddymodule

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
)

// A client that hangs up while keys are fetched is no fault of ours: anybody
// could fill the log with them. The same fetch fails with a live client, too.
func TestHungUpIsLoggedAtDebug(t *testing.T) {
	for _, tt := range []struct {
		name    string
		hangsUp bool
		timeout time.Duration
		level   zapcore.Level
		reason  string
	}{
		{"a client that waits", false, 20 * time.Millisecond, zapcore.WarnLevel, "keys_unavailable"},
		{"a client that hangs up", true, time.Minute, zapcore.DebugLevel, "internal_error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, hangUp := context.WithCancel(t.Context())
			defer hangUp()
			release := make(chan struct{})
			hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				if tt.hangsUp {
					hangUp()
				}
				<-release
			}))
			defer hanging.Close()
			defer close(release)
			h := newHandler(t, func(h *Handler) {
				h.Issuers[0].JWKSURL, h.JWKS = hanging.URL, &JWKS{Timeout: duration(tt.timeout)}
			})
			got := oneLine(t, zapcore.DebugLevel, h, get(goodToken(t)).WithContext(ctx))
			if got.level != tt.level || got.fields["reason"] != tt.reason {
				t.Errorf("level %s, reason %v; want %s, %s", got.level, got.fields["reason"], tt.level, tt.reason)
			}
		})
	}
}
