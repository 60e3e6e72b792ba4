package admin

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// The page tells of the members that are sent, and of no others, and its commands
// can be run.

const stranger = "999988887777" // of another organization

// pageSites have something of everything that the page tells of.
const pageSites = twoSites + `http://org.example.com:PORT {
	aws_jwt {
		organization o-nobody0000 {
			issuer_template BASE/<uuid>
		}
		issuer https://file.example {
			jwks_file JWKS
		}
		audience orders.internal
		jwks {
			persist off
		}
	}
	reverse_proxy UPSTREAM
}
`

// unseen are members that take too much to provoke.
var unseen = []string{"left_off", "attempted_before"}

// newPageWorld has decided on requests of all kinds.
func newPageWorld(t *testing.T) (w *world, token string) {
	t.Helper()
	w = newWorld(t)
	keys := filepath.Join(w.directory, "keys.json")
	must(t, os.WriteFile(keys, []byte(keyDocument), 0o600))
	base, _, _ := strings.Cut(w.sts.Issuer(orders), "/"+uuidOf(t, w, orders))
	w.start(strings.NewReplacer("max_stale 5s", "max_stale 1h", "BASE", base, "JWKS", keys).Replace(pageSites))
	token = w.sts.Token(orders, "orders-lambda", audience, nil)
	w.wantStatus("orders.example.com", "/", token, http.StatusOK)
	w.wantStatus("orders.example.com", "/admin/", token, http.StatusForbidden)
	w.wantStatus("orders.example.com", "/", "", http.StatusUnauthorized)
	w.wantStatus("billing.example.com", "/", w.sts.Token(billing, "billing-ec2", audience, nil), http.StatusOK)
	w.wantStatus("org.example.com", "/", w.sts.Token(stranger, "stranger", audience, nil), http.StatusUnauthorized)
	return w, token
}

func uuidOf(t *testing.T, w *world, account string) string {
	t.Helper()
	issuer := w.sts.Issuer(account)
	return issuer[strings.LastIndexByte(issuer, '/')+1:]
}

// keyDocument is a public key of nobody: that of RFC 7517, appendix A.1.
const keyDocument = `{"keys":[{"kty":"RSA","kid":"2011-04-29","alg":"RS256","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}]}`

// answersOf are what each section's call answers.
func answersOf(t *testing.T, w *world) map[string][]string {
	t.Helper()
	answers := make(map[string][]string)
	add := func(section, method, target, body string) {
		t.Helper()
		var answer map[string]any
		answers[section] = append(answers[section], w.read(method, target, body, &answer))
	}
	add("Issuers", http.MethodGet, "/aws_jwt/issuers", "")
	add("Issuers", http.MethodGet, "/aws_jwt/issuers?limit=1", "")
	add("Decisions", http.MethodGet, "/aws_jwt/decisions?limit=1", "")
	add("Decisions", http.MethodGet, "/aws_jwt/decisions", "")
	must(t, w.sts.SetFault(devsts.Fault{Issuer: billing, Kind: devsts.FaultError}))
	eventually(t, "a refresh failed", func() bool {
		add("Refreshing keys", http.MethodPost, "/aws_jwt/issuers/refresh", `{"state":"used"}`)
		all := answers["Refreshing keys"]
		return strings.Contains(all[len(all)-1], `"failed"`)
	})
	add("Issuers", http.MethodGet, "/aws_jwt/issuers", "")
	must(t, w.sts.SetFault(devsts.Fault{Issuer: billing, Kind: devsts.FaultHang}))
	eventually(t, "a fetch was under way", func() bool {
		w.send("billing.example.com", "/", w.sts.Token(billing, "billing-ec2", audience, nil))
		add("Issuers", http.MethodGet, "/aws_jwt/issuers", "")
		all := answers["Issuers"]
		return strings.Contains(all[len(all)-1], `"fetching"`)
	})
	must(t, w.sts.ClearFaults(billing))
	add("Purging the cache", http.MethodPost, "/aws_jwt/cache/purge", "")
	return answers
}

func adminPage(t *testing.T) stacktest.Page { return stacktest.ReadPage(t, "docs/admin.md") }

// told are the members that a section's table of the answer tells of.
func told(t *testing.T, section string) []string {
	t.Helper()
	_, table, found := strings.Cut(adminPage(t).Section("## "+section).Text, "\n| member | |\n")
	if !found {
		t.Fatalf("section %s has no table of members", section)
	}
	var names []string
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			break
		}
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
			names = append(names, name[1])
		}
		if strings.Contains(cells[2], "each with its `kid` and its `algorithm`") {
			names = append(names, "kid", "algorithm")
		}
	}
	return names
}

func collect(into map[string]bool, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			into[name] = true
			collect(into, member)
		}
	case []any:
		for _, element := range v {
			collect(into, element)
		}
	}
}

func TestPageTellsOfWhatIsSent(t *testing.T) {
	w, _ := newPageWorld(t)
	for section, answers := range answersOf(t, w) {
		sent := make(map[string]bool)
		for _, text := range answers {
			var document any
			must(t, json.Unmarshal([]byte(text), &document))
			collect(sent, document)
		}
		names := told(t, section)
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			if !slices.Contains(names, name) {
				t.Errorf("%s: the page does not tell of %s", section, name)
			}
		}
		for _, name := range names {
			if !sent[name] && !slices.Contains(unseen, name) {
				t.Errorf("%s: the page tells of %s, which was not sent", section, name)
			}
		}
	}
}

// Each command of the page is answered with 200.
func TestCommandsOfThePage(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("there is no curl here")
	}
	w, token := newPageWorld(t)
	ran := 0
	for _, block := range adminPage(t).Blocks("sh") {
		script := strings.NewReplacer("http://localhost:2019", "http://"+w.admin, "curl ", curl+" -sS -w '%{http_code}\\n' ",
			"ISSUER", w.sts.Issuer(orders)).Replace(block.Text)
		command := exec.CommandContext(t.Context(), "sh", "-e", "-c", script)
		command.Env = append(os.Environ(), "TOKEN="+token)
		output, err := command.CombinedOutput()
		calls := strings.Count(block.Text, "curl ")
		ran += calls
		if err != nil || strings.Count(string(output), "\n200\n") != calls {
			t.Errorf("%s: %v\n%s", block.Text, err, output)
		}
	}
	if ran < 8 {
		t.Errorf("%d commands were found", ran)
	}
}
