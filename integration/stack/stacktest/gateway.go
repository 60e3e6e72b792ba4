package stacktest

import (
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/decisionlog"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// lastLines is how many lines of a log are shown, since there may be thousands, and
// longestLine how much of each.
const lastLines, longestLine = 20, 600

// StopGateway stops a gateway and holds what it decided against the schema of the
// decision log. Where the test has failed it shows the end of what aws_jwt logged.
func StopGateway(t *testing.T, gateway *stack.Gateway) {
	t.Helper()
	if err := gateway.Stop(); err != nil {
		t.Error(err)
	}
	lines := gateway.Log()
	if _, err := decisionlog.Check(lines); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.Log(strings.Join(telling(lines), "\n"))
	}
}

// telling are the last lines that are of aws_jwt, or of a fault.
func telling(lines []string) (end []string) {
	for _, line := range lines {
		for _, mark := range []string{`"logger":"` + decisionlog.Logger, `"level":"error"`, "panic"} {
			if strings.Contains(line, mark) {
				end = append(end, line[:min(len(line), longestLine)])
				break
			}
		}
	}
	return end[max(0, len(end)-lastLines):]
}
