package organization

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	. "github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const caddyfile = `{
	admin off
}
http://ADDRESS {
	aws_jwt {
		issuers_file issuers.json
		audience https://orders.example
	}
	respond "{aws_token.account.id}"
}
`

// gateway runs with the issuers file of the scene.
func (s *scene) gateway() *stack.Gateway {
	s.t.Helper()
	address := FreeAddress(s.t)
	g, err := stack.StartGateway(binaries, s.directory, address, strings.ReplaceAll(caddyfile, "ADDRESS", address))
	Must(s.t, err)
	s.t.Cleanup(func() { StopGateway(s.t, g) })
	return g
}

// TestOrganization finds what can be found among accounts of all kinds, while
// AWS says now and then that it is asked too much; and a gateway trusts the
// accounts that were found, and no other.
func TestOrganization(t *testing.T) {
	s := newScene(t, crowd())
	s.Throttle("ListAccounts", 1)
	s.Throttle("AssumeRole", 6)
	s.Throttle("GetOutboundWebIdentityFederationInfo", 3)
	s.want(s.run("--output", "issuers.json"), 3,
		"left out: federation is not enabled in 2 accounts\n      000000000061  \"Team 61\"\n", "→ run there: aws iam enable-outbound-web-identity-federation",
		"left out: 2 accounts could not be asked: sts:AssumeRole: AccessDenied\n      000000000065  \"Team 65\"\n",
		"left out: 1 account could not be asked: iam:GetOutboundWebIdentityFederationInfo: AccessDenied\n      000000000067",
		"→ allow arn:aws:iam::<account>:role/"+access+" iam:GetOutboundWebIdentityFederationInfo",
		"o-devsts0001: 62 of 67 accounts have an issuer, 2 more not active\n", "not written: ")
	if s.file("issuers.json") != "" || s.file("issuers.json.state") == "" {
		t.Fatal("there is an issuers file, or no state file")
	}
	if n := s.took("ListAccounts"); n != 4 {
		t.Errorf("%d pages of 69 accounts", n)
	}

	s.want(s.run("--output", "issuers.json", "--resume", "--allow-missing"), 0, "62 known from the run before", "written: issuers.json, with 62 issuers")
	if n := s.took("AssumeRole"); n != 5 {
		t.Errorf("%d accounts were asked again, 5 had no issuer", n)
	}
	found := s.issuers(s.file("issuers.json"))
	if len(found) != good+2 || s.file("issuers.json.state") != "" {
		t.Errorf("%d issuers: %v", len(found), found)
	}

	g := s.gateway()
	for account, want := range map[string]int{
		id(1): http.StatusOK, id(good): http.StatusOK,
		id(disabled): http.StatusUnauthorized, id(suspended): http.StatusUnauthorized, id(inaccessible): http.StatusUnauthorized, id(forbidden): http.StatusUnauthorized,
	} {
		if status := get(t, g.Address, s.token(account, "worker")); status != want {
			t.Errorf("%s: status %d, want %d", account, status, want)
		}
	}
	if status := get(t, g.Address, s.token(stranger, "stranger")); status != http.StatusUnauthorized {
		t.Errorf("an account of another organization: status %d", status)
	}
	// Its issuer speaks for an account and no other.
	claims, err := s.GoodClaims("arn:aws:iam::"+id(2)+":role/worker", "https://orders.example")
	Must(t, err)
	claims["iss"] = found[id(1)]
	forged, err := s.Mint(id(1), nil, claims)
	Must(t, err)
	if status := get(t, g.Address, forged); status != http.StatusUnauthorized {
		t.Errorf("account 2 by the issuer of account 1: status %d", status)
	}

	// A new file is in force without a reload.
	s.want(s.run("--output", "issuers.json", "--exclude", id(1), "--allow-missing", "--json"), 0, `"outcome": "written"`, `"why": "the account is excluded"`)
	Eventually(t, "an excluded account is refused", func() bool {
		return get(t, g.Address, s.token(id(1), "worker")) == http.StatusUnauthorized
	})
	if status := get(t, g.Address, s.token(id(2), "worker")); status != http.StatusOK {
		t.Errorf("the control: status %d", status)
	}
}

// TestAllFound: of an organization without such accounts the file is complete.
func TestAllFound(t *testing.T) {
	c := crowd()
	c.Accounts = c.Accounts[:3+good]
	s := newScene(t, c)
	s.want(s.run("-o", "issuers.json"), 0, "62 of 62 accounts have an issuer\n")
	o := s.run("-o", "issuers.json")
	s.want(o, 0, "unchanged: issuers.json says the same already")
	if o.stderr != "" {
		t.Errorf("standard error is no terminal, and has %q", o.stderr)
	}
	o = s.run("-o", "-")
	s.want(o, 0, "62 of 62")
	if o.stdout != s.file("issuers.json") || !strings.Contains(o.stderr, "62 of 62") {
		t.Errorf("standard output has %s", o.stdout)
	}
	o = s.run("-o", "none.json", "--dry-run", "--progress")
	s.want(o, 0, "not written, as asked: none.json would have 62 issuers")
	if s.file("none.json") != "" || !strings.Contains(o.stderr, "0 of 62 accounts\n") || !strings.Contains(o.stderr, "\n62 of 62 accounts\n") || strings.Count(o.stderr, "\n") > 25 {
		t.Errorf("the progress: %s", o.stderr)
	}
}

// TestHandwritten: what somebody wrote is not lost, nor trusted on without a word.
func TestHandwritten(t *testing.T) {
	c := crowd()
	c.Accounts = c.Accounts[:4]
	s := newScene(t, c)
	s.want(s.run("-o", "issuers.json"), 0)
	mine := `{"url":"https://partner.example","accounts":["123456789012"]}`
	text := strings.Replace(s.file("issuers.json"), "[\n", "[\n  "+mine+",\n", 1)
	text = strings.Replace(text, `"accounts":["`+id(1)+`"]`, `"accounts":["`+id(1)+`"],"audiences":["special"]`, 1)
	Must(t, os.WriteFile(s.path("issuers.json"), []byte(text), 0o600))
	Must(t, os.Chmod(s.path("issuers.json"), 0o640))
	s.want(s.run("-o", "issuers.json"), 1, "https://partner.example", "--others keep, or --others remove")
	if s.file("issuers.json") != text {
		t.Errorf("the file was changed: %s", s.file("issuers.json"))
	}
	s.want(s.run("-o", "issuers.json", "--others", "keep"), 0)
	if got := s.file("issuers.json"); !strings.Contains(got, mine) || !strings.Contains(got, `"audiences":["special"]`) {
		t.Errorf("got %s", got)
	}
	s.want(s.run("-o", "issuers.json", "--others", "remove"), 0, "-  https://partner.example")
	if got := s.file("issuers.json"); strings.Contains(got, "partner") || !strings.Contains(got, `"audiences":["special"]`) {
		t.Errorf("got %s", got)
	}
	if info, err := os.Stat(s.path("issuers.json")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
}
