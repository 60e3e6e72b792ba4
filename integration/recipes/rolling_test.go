package recipes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The page's loop reloads both gateways under load. Whom the old policy and the new
// one let in always passes, whom neither does never; the rest gets the one or the
// other, and the new one afterwards.
func TestRollingReload(t *testing.T) {
	t.Parallel()
	p := newPair(t, ending)
	const rule = "allow orders-team `aws_token.principal_tags[?\"team\"].orValue(\"\") == \"orders\"`"
	old := []string{rule, `allow both ` + "`" + `aws_token.principal_tags.team in ["orders", "before"]` + "`"}
	now := []string{rule, `allow both ` + "`" + `aws_token.principal_tags.team in ["orders", "after"]` + "`"}
	roll := func() {
		if output, err := p.loop(); err != nil {
			t.Fatalf("the page's loop: %v %s", err, output)
		}
	}
	for _, g := range p.gateways {
		g.write(old...)
	}
	roll()
	l := p.load(reads("orders"), reads("before"), reads("after"), reads("nobody"))
	l.awaitMore(50)
	for _, g := range p.gateways {
		g.write(now...)
	}
	roll()
	l.awaitMore(50)
	l.end()
	for team, want := range map[string]map[int]bool{"orders": {200: true}, "nobody": {403: true}, "before": {200: true, 403: true}, "after": {200: true, 403: true}} {
		for status, n := range l.statuses(team) {
			if !want[status] {
				t.Errorf("%s was answered %d, %d times", team, status, n)
			}
		}
	}
	if passed := l.reached("nobody"); passed != 0 {
		t.Errorf("the API saw %d requests of nobody", passed)
	}
	for team, want := range map[string]int{"orders": 200, "before": 403, "after": 200} {
		for range 4 { // both gateways
			if got := p.ask("GET", "/x", p.token("orders", map[string]any{"team": team}), ""); got.status != want {
				t.Errorf("afterwards %s is answered %d", team, got.status)
			}
		}
	}
}

// loop runs the page's, with ssh leading to the gateways of the test.
func (p *pair) loop() (string, error) {
	p.t.Helper()
	home := p.t.TempDir()
	var hosts, connect strings.Builder
	for n, name := range []string{"10.0.0.11", "10.0.0.12"} {
		g := p.gateways[n]
		fmt.Fprintf(&hosts, "%s) admin=%s; file=%s ;;\n", name, g.admin, filepath.Join(g.directory, "Caddyfile"))
		fmt.Fprintf(&connect, "connect-to = %s:9080:%s\n", name, g.ready)
	}
	ssh := "#!/bin/sh\ncase $1 in\n" + hosts.String() + "esac\n[ \"$2 $3\" = 'caddy-awsjwt reload' ] && exec caddy-awsjwt reload --adapter caddyfile --config $file --address $admin\n"
	must(p.t, os.WriteFile(filepath.Join(home, "ssh"), []byte(ssh), 0o700))
	must(p.t, os.WriteFile(filepath.Join(home, ".curlrc"), []byte("silent\n"+connect.String()), 0o600))
	command := exec.CommandContext(p.t.Context(), "bash", "-euc", p.page.BlockWith("sh", "reload"))
	command.Env = append(os.Environ(), "HOME="+home, "PATH="+home+":"+binaries+":"+os.Getenv("PATH"))
	output, err := command.CombinedOutput()
	return string(output), err
}
