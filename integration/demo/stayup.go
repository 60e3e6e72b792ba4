package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// lookEvery is how often the log is looked at for new decisions.
const lookEvery = 100 * time.Millisecond

// stayUp says what to try, and then shows each decision of the gateway until
// ctx ends or a program does.
func (s *stage) stayUp(ctx context.Context, p *printer) error {
	p.heading("Try it yourself, in another terminal, in this directory")
	p.verbatim(s.commands(selfName(os.Args[0])))
	p.line("")
	p.paragraph("The gateway's log: " + s.gateway.LogFile())
	p.paragraph("The console, in a browser: http://" + s.console + "/")
	p.paragraph("So that it has something to show, requests to " + trafficPath + " go on by themselves; they are left out below.")
	p.paragraph("Ctrl-C stops everything. Until then, each decision of the gateway shows here:")
	p.line("")

	quiet, stop := context.WithCancel(ctx)
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		s.traffic(quiet)
	}()
	defer func() {
		stop()
		<-busy
	}()
	_, line := s.gateway.DecisionsFrom(0)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.gateway.Ended():
			return fmt.Errorf("the gateway ended by itself:\n%s", tail(s.gateway.Log()))
		case <-s.sts.Ended():
			return fmt.Errorf("the local STS ended by itself:\n%s", tail(s.sts.Log()))
		case <-tick.C:
		}
		var decisions []stack.Decision
		decisions, line = s.gateway.DecisionsFrom(line)
		for _, d := range decisions {
			if path, _ := d.Field("path").(string); !strings.HasPrefix(path, trafficPath) {
				p.step(decisionLine(d))
			}
		}
	}
}

// commands are lines to paste into a shell.
func (s *stage) commands(self string) string {
	orders, reports := roles[0], roles[1]
	return fmt.Sprintf(`
unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ENDPOINT_URL_STS=%[1]s
export AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1   # for SDKs, for the AWS CLI
export AWS_ACCESS_KEY_ID=%[2]s AWS_SECRET_ACCESS_KEY=%[3]s

# A token, with the AWS CLI …
TOKEN=$(aws sts get-web-identity-token --audience %[4]s --signing-algorithm ES384 \
    --query WebIdentityToken --output text)
# … or without it.
TOKEN=$(%[5]s -token %[6]s)

curl -i -H "Authorization: Bearer $TOKEN" http://%[7]s/orders   # 200
curl -i http://%[7]s/orders                                     # 401

TOKEN=$(%[5]s -token %[8]s)
curl -i -H "Authorization: Bearer $TOKEN" http://%[7]s/orders   # 403

# Another policy: the team "reports" may come in, too. Without an error it is in force.
sed -i 's/team == "orders"/team in ["orders", "reports"]/' %[9]s
%[10]s reload --config %[9]s
curl -i -H "Authorization: Bearer $TOKEN" http://%[7]s/orders   # 200
`, s.sts.BaseURL, orders.keyID, orders.secret, audience, self, orders.name, s.gateway.Address, reports.name,
		filepath.Join(s.directory, "Caddyfile"), s.program)
}

// selfName is how this program is started again: "go run" has put it where it
// will not stay.
func selfName(program string) string {
	if strings.Contains(program, string(filepath.Separator)+"go-build") {
		return "go run ./integration/demo"
	}
	return program
}

// decisionLine is a decision in one line.
func decisionLine(d stack.Decision) string {
	request := textOf(d, "method") + " " + textOf(d, "path")
	rule := ""
	if d.Rule != "" {
		rule = ", rule " + d.Rule
	}
	if d.Message == "allowed" {
		return fmt.Sprintf("allowed %s: %s%s", request, textOf(d, "sub"), rule)
	}
	return fmt.Sprintf("refused %s: %d %s%s: %s", request, d.Status, d.Reason, rule, d.Hint)
}

// textOf is a field of a decision, or "?".
func textOf(d stack.Decision, field string) string {
	if text, ok := d.Field(field).(string); ok {
		return text
	}
	return "?"
}

// tail is the end of a log.
func tail(lines []string) string {
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
