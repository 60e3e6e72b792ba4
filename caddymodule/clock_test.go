package caddymodule

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	dto "github.com/prometheus/client_model/go"
)

// wrongClock is a handler on a machine whose clock is off, before an issuer that
// is right, and whose server says what time it is.
type wrongClock struct {
	*Handler
	off     atomic.Int64
	passed  atomic.Int64
	entries *observer.ObservedLogs
}

func (w *wrongClock) truth() time.Time { return instant.Add(time.Duration(w.passed.Load())) }
func (w *wrongClock) now() time.Time   { return w.truth().Add(time.Duration(w.off.Load())) }

// newWrongClock makes one. The server of a silent issuer does not say what time it is.
func newWrongClock(t *testing.T, off time.Duration, silent bool) *wrongClock {
	t.Helper()
	w := new(wrongClock)
	w.off.Store(int64(off))
	issuer := issuerOf(t, ordersAccount)
	path := issuer[strings.LastIndexByte(issuer, '/'):] + "/.well-known/jwks.json"
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		r.URL.Path = path
		answer.Header().Set("Date", w.truth().UTC().Format(http.TimeFormat))
		if silent {
			answer.Header()["Date"] = nil
		}
		sts().Handler().ServeHTTP(answer, r)
	}))
	t.Cleanup(server.Close)
	core, entries := observer.New(zapcore.InfoLevel)
	w.entries = entries
	w.Handler = &Handler{
		Issuers:   []Issuer{{URL: issuer, JWKSURL: server.URL}},
		Audiences: []string{audience}, JWKS: &JWKS{Timeout: duration(17 * time.Second)},
	}
	watch := newClockWatch(w.now, func() time.Duration { return time.Duration(w.passed.Load()) })
	w.clock = watch
	watch.enter(zap.New(core))
	w.Handler = provisionedAt(t, w.Handler, w.now)
	return w
}

// ask sends a token that was just minted, a second later.
func (w *wrongClock) ask(t *testing.T, n int) string {
	t.Helper()
	w.passed.Add(int64(2 * time.Second))
	token := tokenWith(t, func(c claims) {
		c.top["jti"] = strconv.Itoa(n)
		c.top["iat"], c.top["exp"] = w.truth().Unix(), w.truth().Unix()+300
	})
	return serve(t, get(token), w.Handler).reason()
}

// A clock that is off is told once, and its end is; the twin with a right clock
// tells nothing.
func TestClockIsSuspected(t *testing.T) {
	for _, tt := range []struct {
		name   string
		off    time.Duration
		silent bool
		reason string
		hint   string
	}{
		{"behind", -time.Minute, false, "not_yet_valid", "behind, by "},
		{"behind, by tokens alone", -time.Minute, true, "not_yet_valid", "behind, by "},
		{"ahead", time.Minute, false, "", "ahead, by "},
		{"ahead, by tokens alone", time.Minute, true, "", ""}, // which prove nothing
		{"right", 0, false, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWrongClock(t, tt.off, tt.silent)
			for n := range 5 {
				if reason := w.ask(t, n); reason != tt.reason {
					t.Errorf("reason %q, want %q", reason, tt.reason)
				}
			}
			_, suspected, hint := w.clock.watch.Estimate()
			if suspected != (tt.hint != "") || !strings.Contains(hint, tt.hint) {
				t.Errorf("suspected %v, hint %q", suspected, hint)
			}
			if tt.hint == "" {
				if w.entries.Len() > 0 {
					t.Errorf("%v", w.entries.All())
				}
				return
			}
			w.off.Store(0)
			w.ask(t, 9)
			lines := w.entries.All()
			if len(lines) != 2 || lines[0].Level != zapcore.WarnLevel || lines[1].Level != zapcore.InfoLevel {
				t.Fatalf("%d lines: %v", len(lines), lines)
			}
			fields := lines[0].ContextMap()
			offset, _ := fields["offset"].(time.Duration)
			if hint, _ := fields["hint"].(string); !strings.Contains(hint, tt.hint) || (offset-tt.off).Abs() > time.Second {
				t.Errorf("%v", fields)
			}
		})
	}
}

// Nobody's loggers are kept, whatever becomes of a configuration, and only the
// machine's own clock is what issuers are compared with.
func TestClockLoggersLeave(t *testing.T) {
	before := len(machineClock.loggers)
	for _, change := range []func(*Handler){
		func(*Handler) {},
		func(h *Handler) { h.Audiences = nil }, // does not load
		func(h *Handler) { *h = Handler{FirewallOnly: true} },
	} {
		h := goodConfig()
		change(h)
		ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
		_ = h.Provision(ctx)
		cancel()
		if err := h.Cleanup(); err != nil {
			t.Error(err)
		}
		if now := len(machineClock.loggers); now != before {
			t.Errorf("%d loggers, before %d", now, before)
		}
	}
	if h := newHandler(t, nil); h.clock != nil {
		t.Error("a clock of a test is taken for the machine's")
	}
}

func TestClockOffsetIsCollected(t *testing.T) {
	registry := prometheus.NewRegistry()
	if err := registerMetrics(registry); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "caddy_aws_jwt_clock_offset_seconds" {
			return
		}
	}
	t.Error("there is no caddy_aws_jwt_clock_offset_seconds")
}

// What the page and the gauge say of the clock is what was estimated, with its
// sign: above zero is ahead.
func TestClockIsTold(t *testing.T) {
	kept := machineClock
	t.Cleanup(func() { machineClock = kept })
	for off, want := range map[time.Duration]bool{2 * time.Minute: true, -2 * time.Minute: true, 0: false} {
		at := clock()
		machineClock = newClockWatch(clock, func() time.Duration { return time.Hour })
		for _, issuer := range []string{"https://a", "https://b", "https://c"} {
			machineClock.watch.Date(issuer, at.Add(-off), at, at)
		}
		told := consoleSource{clock}.Summary().Clock
		if told.Suspected != want || math.Abs(told.OffsetSeconds-off.Seconds()) > 1 || (told.Hint != "") != want {
			t.Errorf("the page says %+v of a clock that is %v off", told, off)
		}
		var gauge dto.Metric
		if err := clockOffset.Write(&gauge); err != nil || math.Abs(gauge.GetGauge().GetValue()-off.Seconds()) > 1 {
			t.Errorf("the gauge says %v of a clock that is %v off; %v", gauge.GetGauge().GetValue(), off, err)
		}
	}
}
