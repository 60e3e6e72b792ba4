package packaging

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestContents(t *testing.T) {
	listed, err := tool(t, "dpkg-deb", "--contents", debian(dist))
	must(t, err)
	for _, want := range []string{
		`-rwxr-xr-x root/root +\d{8} \S+ \S+ \./usr/bin/caddy-awsjwt\n`,
		`-rw-r--r-- root/root +\d+ \S+ \S+ \./etc/caddy-awsjwt/Caddyfile\n`,
		`-rw-r--r-- root/root +\d+ \S+ \S+ \./lib/systemd/system/caddy-awsjwt\.service\n`,
		`\./usr/share/man/man8/caddy-awsjwt-aws-jwt-explain\.8\.gz\n`,
		`\./usr/share/zsh/vendor-completions/_caddy-awsjwt\n`,
		`\./usr/share/fish/vendor_completions\.d/caddy-awsjwt\.fish\n`,
		`\./usr/share/doc/caddy-awsjwt/install\.md\n`,
		`\./usr/share/doc/caddy-awsjwt/third-party-licenses\.gz\n`,
	} {
		if !regexp.MustCompile(want).MatchString(listed) {
			t.Errorf("no %s in\n%s", want, listed)
		}
	}
	for line := range strings.Lines(listed) {
		if name := line[strings.LastIndex(line, " ")+1:]; strings.Contains(name, "devsts") || !strings.Contains(line, " root/root ") || strings.Contains(line[:10], "s") {
			t.Errorf("%s", line)
		}
	}
	conffiles, err := tool(t, "dpkg-deb", "--info", debian(dist), "conffiles")
	if err != nil || conffiles != "/etc/caddy-awsjwt/Caddyfile\n" {
		t.Errorf("the administrator's files are %q %v", conffiles, err)
	}
	for field, want := range map[string]string{"Package": "caddy-awsjwt", "Version": version, "Depends": "adduser"} {
		if got, err := tool(t, "dpkg-deb", "--field", debian(dist), field); err != nil || strings.TrimSpace(got) != want {
			t.Errorf("%s: %q %v, want %q", field, got, err, want)
		}
	}
}

func TestLintian(t *testing.T) {
	t.Parallel() // beside TestPage, since both wait a lot
	// It tells of users that run it as root; that is not about the package.
	said, err := tool(t, "lintian", "--allow-root", "--fail-on", "error,warning", debian(dist))
	if err != nil || strings.Contains(said, ": caddy-awsjwt: ") {
		t.Errorf("%v\n%s", err, said)
	}
}

// exposed is the most that the unit may be exposed, of 100.
const exposed = 16

func TestUnit(t *testing.T) {
	unit, err := os.ReadFile(packaged(t, "packaging", "caddy-awsjwt.service"))
	must(t, err)
	directory := t.TempDir()
	judge := func(text string) (string, error) {
		// The program is not installed here.
		file := directory + "/caddy-awsjwt.service"
		must(t, os.WriteFile(file, []byte(strings.ReplaceAll(text, "/usr/bin/caddy-awsjwt", "/bin/true")), 0o600))
		if said, err := tool(t, "systemd-analyze", "verify", "--man=no", file); err != nil || said != "" {
			return said, err
		}
		return tool(t, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold="+strconv.Itoa(exposed), file)
	}
	if said, err := judge(string(unit)); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	// The controls: what both look for is found.
	if said, _ := judge(string(unit) + "\nNonsense=yes\n"); !strings.Contains(said, "Nonsense") {
		t.Errorf("a unit with a misspelt line passes: %s", said)
	}
	for _, line := range []string{"CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n", "ProtectSystem=strict\n", "NoNewPrivileges=yes\n", "User=caddy-awsjwt\n", "SystemCallFilter=~@privileged @resources\n"} {
		if _, err := judge(strings.Replace(string(unit), line, "", 1)); err == nil {
			t.Errorf("a unit without %s passes", line)
		}
	}
}

// The unit runs Caddy's own commands on the file that the package brings.
func TestUnitCommands(t *testing.T) {
	unit, err := os.ReadFile(packaged(t, "packaging", "caddy-awsjwt.service"))
	must(t, err)
	lines := strings.Split(string(unit), "\n")
	for _, want := range []string{
		"Type=notify",
		"ExecStart=/usr/bin/caddy-awsjwt run --config /etc/caddy-awsjwt/Caddyfile",
		"ExecReload=/usr/bin/caddy-awsjwt reload --config /etc/caddy-awsjwt/Caddyfile --force",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %s", want)
		}
	}
}
