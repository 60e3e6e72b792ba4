package packaging

import (
	"strings"
	"testing"
)

// asking is the page's request.
func asking(t *testing.T) string { return shell(page(t).Section("## Ask"))[0] }

// A newer package is the same one with a higher version, whose own Caddyfile
// changed, too.
func (s server) stepUpgrade(t *testing.T, shell []string) {
	s.do(`dpkg-deb --raw-extract dist/*.deb newer
		sed -i 's/^Version: .*/Version: 0.2.0/' newer/DEBIAN/control
		echo '# newer' >>newer/etc/caddy-awsjwt/Caddyfile
		dpkg-deb -Zgzip -z1 --build newer >/dev/null
		mv dist/*.deb older.deb && mv newer.deb dist/caddy-awsjwt_0.2.0.deb`)
	process := s.do("systemctl show -p MainPID --value caddy-awsjwt")
	if said := s.do(shell[0]); !strings.Contains(said, "v"+version+" ") {
		t.Errorf("got %s", said)
	}
	if got := s.do("dpkg-query -W -f '${Version} ${Status}' caddy-awsjwt"); got != "0.2.0 install ok installed" {
		t.Errorf("installed is %q", got)
	}
	if s.do("systemctl show -p MainPID --value caddy-awsjwt") == process {
		t.Error("the old program runs on")
	}
	s.do("cmp good /etc/caddy-awsjwt/Caddyfile")
	s.passes(asking(t))

	// Whoever disabled the service finds it disabled, and stopped, after an upgrade.
	s.do("systemctl disable --quiet --now caddy-awsjwt && apt-get install -qq --allow-downgrades -o Dpkg::Options::=--force-confold ./older.deb")
	if said, _ := s.try("systemctl is-enabled caddy-awsjwt"); said != "disabled\n" {
		t.Errorf("after an upgrade a disabled service is %q", said)
	}
	s.do("systemctl enable --quiet --now caddy-awsjwt && cmp good /etc/caddy-awsjwt/Caddyfile")
}

func (s server) stepState(t *testing.T, shell []string) {
	s.passes(asking(t))
	s.do(shell[0])
	if got := s.do("stat -c '%U %a' caddy-awsjwt.tgz"); got != "root 600\n" {
		t.Errorf("the backup is readable: %s", got)
	}
	// Without the storage there is another CA; with it, the same one.
	s.do("systemctl stop caddy-awsjwt && rm -rf /var/lib/caddy-awsjwt/* && systemctl start caddy-awsjwt")
	s.eventually("the site has another certificate", "curl -sk https://orders.example.com/")
	if said, err := s.ask(asking(t)); err == nil {
		t.Errorf("without the storage the certificates are the same: %s", said)
	}
	s.do(shell[1])
	s.eventually("the gateway is back", "curl -sSo /dev/null --cacert /root/root.crt https://orders.example.com/")
	s.passes(asking(t))

	// With AWS down and after a restart, the stored keys serve.
	s.do("systemctl restart caddy-awsjwt")
	s.eventually("the gateway is back", "curl -sSo /dev/null --cacert /root/root.crt https://orders.example.com/")
	token, _, _ := strings.Cut(asking(t), "curl")
	s.do(token + "echo $TOKEN >token && systemctl stop devsts")
	const send = "\ncurl -sS --fail -H \"Authorization: Bearer $(cat token)\" https://orders.example.com/orders"
	s.passes(send)
	s.do("systemctl stop caddy-awsjwt && rm -rf /var/lib/caddy-awsjwt/caddy/aws_jwt && systemctl start caddy-awsjwt")
	s.eventually("the gateway is back", "curl -sSo /dev/null --cacert /root/root.crt https://orders.example.com/")
	if said, err := s.ask(send); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("without them: %s %v", said, err)
	}
}

func (s server) stepRemove(t *testing.T, shell []string) {
	s.do("echo '[]' >/etc/caddy-awsjwt/mine.json")
	s.do(shell[0])
	if said, err := s.try("pgrep -u caddy-awsjwt"); err == nil {
		t.Errorf("it runs on: %s", said)
	}
	if _, err := s.try("test -e /usr/bin/caddy-awsjwt"); err == nil {
		t.Error("the program stays")
	}
	s.do("cmp good /etc/caddy-awsjwt/Caddyfile && test -d /var/lib/caddy-awsjwt/caddy/certificates && test -s /var/log/caddy-awsjwt/decisions.log && getent passwd caddy-awsjwt")

	s.do(shell[1])
	for what, script := range map[string]string{
		"the configuration": "test -e /etc/caddy-awsjwt/Caddyfile",
		"the state":         "test -e /var/lib/caddy-awsjwt",
		"the logs":          "test -e /var/log/caddy-awsjwt",
		"the user":          "getent passwd caddy-awsjwt",
		"the group":         "getent group caddy-awsjwt",
		"a link or a mask":  "ls /etc/systemd/system /etc/systemd/system/*.wants /var/lib/systemd/deb-systemd-helper-* 2>/dev/null | grep caddy-awsjwt",
		"dpkg's memory":     "dpkg-query -W caddy-awsjwt",
		"the unit":          "systemctl cat caddy-awsjwt",
	} {
		if said, err := s.try(script); err == nil {
			t.Errorf("after a purge there is still %s: %s", what, said)
		}
	}
	// Nothing but what the operator laid there.
	if said := s.do("find /etc /lib /usr /var -name '*caddy-awsjwt*' -not -path '/usr/local/*'; ls /etc/caddy-awsjwt"); said != "/etc/caddy-awsjwt\nmine.json\n" {
		t.Errorf("after a purge there is %q", said)
	}
}
