package attack

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// o4: what is broken closes the gate, or leaves it as it was.
func o4() (probes []probe) {
	for n, each := range badLines() {
		probes = append(probes, probe{name: "reload: " + each.name, script: func(t *testing.T) { badLines()[n].reload(t) }})
	}
	for _, each := range badJSON {
		probes = append(probes, probe{name: "json: " + each.name, script: each.run})
	}
	for _, name := range []string{"no audience", "no issuers file", "issuers file cut off", "no key file", "no authority", "unknown attribute"} {
		probes = append(probes, probe{name: "start: " + name, script: func(t *testing.T) { start(t, name) }})
	}
	for name, spoil := range spoiltAtRunTime {
		probes = append(probes,
			probe{name: "issuers file " + name, script: func(t *testing.T) { spoiltIssuersFile(t, spoil) }},
			probe{name: "key file " + name, script: func(t *testing.T) { spoiltKeyFile(t, spoil) }})
	}
	probes = append(probes, modes()...)
	return append(probes,
		probe{name: "storage that cannot be written", script: storageUnwritable},
		probe{name: "upstream down", script: upstreamDown},
		probe{name: "panic behind the gate", script: panicBehind},
		probe{name: "panic in an error route", script: panicInErrorRoute},
	)
}

// badLine is a line with which a configuration is not loaded, and one with which
// it is.
type badLine struct{ name, bad, good, fault string }

// extra is what the lines stand beside. It trusts a stranger, too, which shows
// whether it is in force.
const extra = "issuer ISSUER 111122223333\nissuer STRANGER 999988887777\n"

const ours = "audience orders.internal\n"

func block(lines string) string { return "aws_jwt {\n" + extra + lines + "\n}\nreverse_proxy UPSTREAM" }

var badLines = sync.OnceValue(func() []badLine {
	f := makeFiles()
	keyFile := func(name string) string {
		return ours + "issuer BILLING 444455556666 {\njwks_file " + f.path(name) + "\n}"
	}
	var lines []badLine
	for _, each := range []struct{ name, file, fault string }{
		{"no issuers file", "none.json", "no such file"}, {"issuers file cut off", "torn.json", "issuers_file"}, {"issuers file empty", "empty", "issuers_file"},
		{"issuers file an object", "object.json", "issuers_file"}, {"issuers file null", "null.json", "issuers_file"}, {"issuers file with an unknown member", "member.json", "there is no member"},
		{"issuers file with a wildcard", "wildcard.json", "wildcard"}, {"issuers file a directory", "directory", "not a regular file"},
		{"issuers file a pipe", "pipe", "not a regular file"}, {"issuers file a link to nothing", "dangling", "no such file"}, {"issuers file without end", "/dev/zero", "not a regular file"},
	} {
		lines = append(lines, badLine{each.name, ours + "issuers_file " + f.path(each.file), ours + "issuers_file " + f.path("issuers.json"), each.fault})
	}
	for _, each := range []struct{ name, file, fault string }{
		{"no key file", "none.json", "no such file"}, {"key file cut off", "tornkeys.json", "key file"}, {"key file empty", "empty", "key file"},
		{"key file without a usable key", "nokeys.json", "key file"}, {"key file a directory", "directory", "not a regular file"}, {"key file a pipe", "pipe", "not a regular file"},
	} {
		lines = append(lines, badLine{each.name, keyFile(each.file), keyFile("keys.json"), each.fault})
	}
	for _, each := range []struct{ name, file, fault string }{
		{"no authority", "none.json", "no such file"}, {"authority without a certificate", "empty", "ca"}, {"authority a directory", "directory", "ca"},
	} {
		jwks := func(file string) string { return ours + "jwks {\nca " + f.path(file) + "\nallow_private_addresses\n}" }
		lines = append(lines, badLine{each.name, jwks(each.file), jwks("ca.pem"), each.fault})
	}
	return append(lines, badWords...)
})

var badWords = []badLine{
	{"no audience", "", ours, "audience"},
	{"unknown attribute", ours + allow(`aws_token.acount.id != ""`), ours + allow(`aws_token.account.id != ""`), "did you mean"},
	{"rule that is no bool", ours + allow(`aws_token.account.id`), ours + allow(`aws_token.account.id != ""`), "not bool"},
	{"rule that does not parse", ours + allow(`aws_token.account.id ==`), ours + allow(`aws_token.account.id == aws_token.account.id`), "allow[0]"},
	{"rule of other types", ours + deny(`aws_token.account.id == 1`), ours + deny(`aws_token.account.id == "1"`), "deny[0]"},
	{"rule too long", ours + allow(`true || "`+strings.Repeat("a", 4096)+`" == ""`), ours + allow(`true || "`+strings.Repeat("a", 4000)+`" == ""`), "4096"},
	{"rule of too many loops", ours + allow(`["a"].all(a, ["a"].all(b, ["a"].all(c, ["a"].all(d, true))))`), ours + allow(`["a"].all(a, ["a"].all(b, ["a"].all(c, true)))`), "allow[0]"},
	{"expression too large", ours + deny(`aws_token.sub.matches("(x{1,500}){2}")`), ours + deny(`aws_token.sub.matches("x{1,50}y")`), "instructions"},
	{"expression from the token", ours + deny(`aws_token.sub.matches(aws_token.jti)`), ours + deny(`aws_token.sub.matches("^x$")`), "literal"},
	{"two rules of one name", ours + "allow a `true`\ndeny a `false`", ours + "allow a `true`\ndeny b `false`", "name"},
	{"rule of two words", ours + "allow aws_token.account.id != x", ours + allow(`aws_token.account.id != "x"`), "rule"},
	{"leeway", ours + "leeway 61s", ours + "leeway 60s", "leeway"},
	{"negative leeway", ours + "leeway -1s", ours + "leeway 0s", "leeway"},
	{"no life", ours + "max_lifetime 0s", ours + "max_lifetime 1h", "max_lifetime"},
	{"max_stale under ttl", ours + "jwks {\nttl 2h\nmax_stale 1h\n}", ours + "jwks {\nttl 1h\nmax_stale 2h\n}", "max_stale"},
	{"no cooldown", ours + "jwks {\ncooldown 0s\n}", ours + "jwks {\ncooldown 1s\n}", "cooldown"},
	{"no timeout", ours + "jwks {\ntimeout -5s\n}", ours + "jwks {\ntimeout 5s\n}", "timeout"},
	{"proxy of an unknown kind", ours + "jwks {\nproxy ftp://127.0.0.1\n}", ours + "jwks {\nproxy http://127.0.0.1:1\n}", "proxy"},
	{"issuer with a wildcard", ours + "issuer https://*.tokens.sts.global.api.aws", ours + "issuer https://x.tokens.sts.global.api.aws", "wildcard"},
	{"issuer without tls", ours + "issuer http://x.example", ours + "issuer https://x.example", "http"},
	{"issuer with a user", ours + "issuer https://u@x.example", ours + "issuer https://x.example", "user"},
	{"issuer with a query", ours + "issuer https://x.example?a=b", ours + "issuer https://x.example/a", "query"},
	{"issuer twice", ours + "issuer ISSUER", ours + "issuer BILLING", "already"},
	{"account of 11 digits", ours + "issuer BILLING 44445555666", ours + "issuer BILLING 444455556666", "12 digits"},
	{"key file beside a key url", ours + "issuer BILLING {\njwks_url https://x.example/k\njwks_file /x\n}", ours + "issuer BILLING {\njwks_url https://x.example/k\n}", "jwks_file"},
	{"algorithm none", ours + "algorithm none", ours + "algorithm ES384 RS256", "none"},
	{"algorithm hs256", ours + "algorithm ES384 HS256", ours + "algorithm ES384", "HS256"},
	{"organization of no form", ours + "organization x", ours + "organization o-abc1234567", "organization"},
	{"template without its mark", ours + "organization o-abc1234567 {\nissuer_template https://x.example\n}", ours + "organization o-abc1234567 {\nissuer_template https://x.example/<uuid>\n}", "uuid"},
	{"required account of no form", ours + "account x", ours + "account 999988887777 111122223333", "account"},
	{"required tag without a value", ours + "principal_tag team", ours + "principal_tag team orders", "argument count"},
	{"required tag twice", ours + "principal_tag team orders\nprincipal_tag team billing", ours + "principal_tag team orders billing", "team"},
	{"header authorization", ours + "header Authorization x", ours + "header X-Authorization x", "Authorization"},
	{"header host", ours + "header Host x", ours + "header X-Host x", "Host"},
	{"headers alike", ours + "header X-Team a\nheader X_team b", ours + "header X-Team a\nheader X-Teams b", "X_team"},
	{"header of an unknown attribute", ours + "header X-Team {aws_token.team}", ours + "header X-Team {aws_token.sub}", "aws_token.team"},
	{"unknown word", ours + "allow_all", ours + "forward_token", "allow_all"},
	{"realm with a quote", ours + "realm `a\"b`", ours + "realm `a b`", "realm"},
}

// files are what a configuration may name.
type files struct{ directory string }

func (f files) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.directory, name)
}

var makeFiles = sync.OnceValue(func() files {
	f := files{filepath.Join(binaries, "files")}
	billing := `{"url":"` + issuerURL(billingAccount) + `"}`
	err := errors.Join(os.Mkdir(f.directory, 0o700), os.Mkdir(f.path("directory"), 0o700),
		syscall.Mkfifo(f.path("pipe"), 0o600), os.Symlink(f.path("none.json"), f.path("dangling")))
	for name, text := range map[string]string{
		"issuers.json": "[" + billing + "]", "torn.json": "[" + billing, "empty": "", "object.json": billing, "null.json": "null",
		"member.json": `[{"url":"` + issuerURL(billingAccount) + `","account":["444455556666"]}]`, "wildcard.json": `[{"url":"https://*.example"}]`,
		"keys.json": ordersKeys(), "tornkeys.json": ordersKeys()[:60], "nokeys.json": `{"keys":[]}`, "ca.pem": string(certificate().PEM()),
	} {
		err = errors.Join(err, os.WriteFile(f.path(name), []byte(text), 0o600))
	}
	if err != nil {
		panic(err)
	}
	return f
})

var reloadAdmin = sync.OnceValue(mustFreeAddress)

// reload asserts that a bad configuration is not loaded, and leaves the one
// before it in force; the one with the good line takes effect.
func (b badLine) reload(t *testing.T) {
	const closed = "aws_jwt {\nissuer ISSUER 111122223333\naudience orders.internal\n}\nreverse_proxy UPSTREAM"
	a := administered{gateOf(t, "global admin "+reloadAdmin()+"\n"+closed), reloadAdmin()}
	a.reloads = true
	stranger := mintAs(strangerAccount, nil)
	status, said := a.load(t, block(b.bad))
	if status == http.StatusOK || !strings.Contains(said, b.fault) {
		t.Errorf("loading: %d %s, want an error about %q", status, said, b.fault)
	}
	a.refuses(t, h1, call(stranger), http.StatusUnauthorized, "unknown_issuer")
	a.passes(t, h1, call(mint(nil)))
	a.reload(t, block(b.good))
	if strings.Contains(b.good, "proxy") { // which is none, so that keys cannot be had
		a.refuses(t, h1, call(stranger), http.StatusServiceUnavailable, "keys_unavailable")
	} else {
		a.passesAnew(t, stranger)
	}
	a.reload(t, closed)
	a.refuses(t, h1, call(stranger), http.StatusUnauthorized, "unknown_issuer")
}

// passesAnew is passes, on another connection if the listener that ends has
// closed it.
func (g *gate) passesAnew(t *testing.T, token string) {
	t.Helper()
	g.forget()
	a, err := g.visitAnew(t.Context(), g.keptAlive(t, h1), h1, token)
	if seen := g.upstream.Seen(); err != nil || a.status != http.StatusOK || len(seen) != 1 {
		t.Errorf("status %d %v, %d requests reached the upstream", a.status, err, len(seen))
	}
}

// start asserts that the gateway does not start with a bad line, and starts with
// the good one.
func start(t *testing.T, name string) {
	t.Parallel()
	for _, b := range badLines() {
		if b.name != name {
			continue
		}
		address, secure := freeAddress(t), freeAddress(t)
		upstream, err := stack.StartUpstream()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(upstream.Close)
		directory := t.TempDir()
		text, err := gateCaddyfile(block(b.bad), directory, address, secure, upstream.Address)
		if err != nil {
			t.Fatal(err)
		}
		gateway, err := stack.StartGateway(binaries, directory, address, text)
		if err == nil {
			_ = gateway.Stop()
			t.Fatal("it started")
		}
		if !strings.Contains(err.Error(), b.fault) {
			t.Errorf("it did not start for another reason: %v", err)
		}
		for _, each := range []string{address, secure} {
			if connection, err := net.Dial("tcp", each); err == nil {
				_ = connection.Close()
				t.Errorf("%s takes connections", each)
			}
		}
		g := newGate(t, block(b.good))
		g.refuses(t, h1, call("x"), http.StatusUnauthorized, "malformed_token")
		return
	}
	t.Fatal("there is no such line")
}

func upstreamDown(t *testing.T) {
	t.Parallel()
	g := newGate(t, plain)
	g.upstream.Close()
	bad := mint(func(p *parts) { p.claims["aud"] = "else" })
	for _, p := range every {
		g.refuses(t, p, call(bad), http.StatusUnauthorized, "wrong_audience")
		g.forget()
		if a := g.send(t, p, call(mint(nil))); a.status != http.StatusBadGateway {
			t.Errorf("%s: status %d", p, a.status)
		}
	}
}

func panicBehind(t *testing.T) {
	t.Parallel()
	g := newGate(t, "handle /panic {\n"+aroundPlain("respond x 5")+"\n}\nhandle {\n"+plain+"\n}")
	for _, p := range every {
		for range 3 {
			g.forget()
			if a := g.send(t, p, call(mint(nil)).to("/panic")); a.status != 0 && a.status < http.StatusInternalServerError {
				t.Errorf("%s: status %d", p, a.status)
			}
			g.refuses(t, p, call("x").to("/panic"), http.StatusUnauthorized, "malformed_token")
		}
		g.refuses(t, p, call("x"), http.StatusUnauthorized, "malformed_token")
		g.passes(t, p, call(mint(nil)))
	}
}

func panicInErrorRoute(t *testing.T) {
	t.Parallel()
	g := newGate(t, plain+"\nhandle_errors {\nrespond x 5\n}")
	for _, p := range every {
		for range 3 {
			g.forget()
			if a := g.send(t, p, call("x")); a.status != 0 && a.status < http.StatusInternalServerError {
				t.Errorf("%s: status %d", p, a.status)
			}
			if seen := g.upstream.Seen(); len(seen) > 0 {
				t.Errorf("%s: the upstream saw %+v", p, seen)
			}
		}
		g.passes(t, p, call(mint(nil)))
	}
}
