package signals

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// clockLines are the lines about the clock: level, and what they say.
func clockLines(t *testing.T, gateway *stack.Gateway) (list []string) {
	t.Helper()
	for _, text := range gateway.Log() {
		var line struct {
			Level, Logger, Hint string
			Msg                 string
			Offset              float64
		}
		if json.Unmarshal([]byte(text), &line) == nil && line.Logger == "http.handlers.aws_jwt.clock" {
			list = append(list, fmt.Sprintf("%s %s %.0f %s", line.Level, line.Msg, line.Offset, line.Hint))
		}
	}
	return list
}

// A gateway whose clock differs from that of all issuers tells so. The machine's
// clock cannot be set for a test, so the issuers' are: what they sign, and what
// their server says.
func TestClock(t *testing.T) {
	const site = `{
	admin off
}
http://plain.test:PORT {
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
	}
	respond 204
}
`
	for _, tt := range []struct {
		name   string
		ahead  time.Duration // the issuers', so that the gateway is behind
		status int
		want   string
	}{
		{"behind", 5 * time.Minute, 401, "warn the clock may be wrong -300 the clock of this machine seems to be 5m"},
		{"ahead", -2 * time.Minute, 204, "warn the clock may be wrong 120 the clock of this machine seems to be 2m"},
		{"right", 0, 204, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sts := newIssuers(t)
			sts.SetClockOffset(tt.ahead)
			gateway := startGateway(t, sts, site)
			asked := time.Now()
			eventually(t, "the clock is told of", func() bool {
				if status := ask(t, gateway, "plain.test", sts.good(), nil); status != tt.status {
					t.Fatalf("status %d, want %d", status, tt.status)
				}
				// The twin is given the time in which the others are told.
				return len(clockLines(t, gateway)) > 0 || tt.want == "" && time.Since(asked) > 3*time.Second
			})
			lines := clockLines(t, gateway)
			if tt.want == "" {
				if len(lines) > 0 {
					t.Errorf("%v", lines)
				}
				return
			}
			got := strings.NewReplacer("-301", "-300", "-299", "-300", "119", "120", "121", "120").Replace(lines[0])
			got = strings.NewReplacer("to be 4m59s", "to be 5m", "to be 1m59s", "to be 2m").Replace(got)
			if len(lines) != 1 || !strings.HasPrefix(got, tt.want) {
				t.Errorf("%v, want %s", lines, tt.want)
			}
		})
	}
}
