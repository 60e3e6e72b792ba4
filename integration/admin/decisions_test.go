package admin

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Decisions tell reason, rule, hint and place, newest first, and no part of a
// token, whatever was sent.
func TestDecisions(t *testing.T) {
	w := newWorld(t)
	w.start(twoSites)
	good := w.sts.Token(orders, "orders-lambda", audience, nil)
	elsewhere := w.sts.Token(orders, "orders-lambda", audience, func(_, c, _ map[string]any) { c["aud"] = "elsewhere" })
	audited := w.sts.Token(billing, "billing-ec2", audience, nil)
	w.wantStatus("orders.example.com", "/", good, http.StatusOK)
	w.wantStatus("orders.example.com", "/", "", http.StatusUnauthorized)
	w.wantStatus("orders.example.com", "/", elsewhere, http.StatusUnauthorized)
	w.wantStatus("orders.example.com", "/admin/x", good, http.StatusForbidden)
	w.wantStatus("billing.example.com", "/", audited, http.StatusOK)
	w.wantStatus("orders.example.com", "/", "eyJcanary.eyJcanary.canary", http.StatusUnauthorized)

	all, text := w.decisions("")
	want := []decision{
		{Result: "refused", Status: 401, Reason: "malformed_token", Handler: "orders.example.com", Path: "/"},
		{Result: "audited", Reason: "policy_denied", Handler: "billing.example.com", Path: "/", Account: billing},
		{Result: "refused", Status: 403, Reason: "policy_denied", Rule: "nobody", Handler: "orders.example.com /admin/*", Path: "/admin/x", Account: orders},
		{Result: "refused", Status: 401, Reason: "wrong_audience", Handler: "orders.example.com", Path: "/", Account: orders, Unverified: true},
		{Result: "refused", Status: 401, Reason: "missing_token", Handler: "orders.example.com", Path: "/"},
	}
	if len(all) != len(want) {
		t.Fatalf("%d decisions: %s", len(all), text)
	}
	for i, got := range all {
		if got.Hint == "" || got.ID != all[0].ID-uint64(i) {
			t.Errorf("%+v", got)
		}
		got.ID, got.Hint, got.Issuer = 0, "", ""
		if got != want[i] {
			t.Errorf("got  %+v\nwant %+v", got, want[i])
		}
	}
	wantNoToken(t, text, good, elsewhere, audited, "eyJcanary.eyJcanary.canary")
	for query, n := range map[string]int{
		"?reason=policy_denied": 2, "?result=audited": 1, "?account=" + orders: 2, "?limit=2": 2, "?before=" + strconv.FormatUint(all[2].ID, 10): 2,
		"?reason=policy_denied&account=" + orders: 1, "?reason=overloaded": 0,
	} {
		if some, _ := w.decisions(query); len(some) != n {
			t.Errorf("%s: %d, want %d", query, len(some), n)
		}
	}
}

// wantNoToken asserts that no part of a token is in a text.
func wantNoToken(t *testing.T, text string, tokens ...string) {
	t.Helper()
	for _, token := range tokens {
		for part := range strings.SplitSeq(token, ".") {
			if strings.Contains(text, part[:min(len(part), 20)]) {
				t.Errorf("a part of a token is in %s", text)
			}
		}
	}
}

// What is explained against the configuration that runs is what the command says
// of its file, and what the gateway does; and it leaves no trace.
func TestExplainAgreesWithTheCommand(t *testing.T) {
	w := newWorld(t)
	w.start(twoSites)
	file := filepath.Join(w.directory, "Caddyfile")
	good := w.sts.Token(orders, "orders-lambda", audience, nil)
	forged := good[:len(good)-10] + "AAAAAAAAAA"
	for _, tt := range []struct {
		host, path, token string
		status            int
	}{
		{"orders.example.com", "/", good, 200},
		{"orders.example.com", "/admin/x", good, 403},
		{"orders.example.com", "/", forged, 401},
		{"orders.example.com", "/", w.sts.Token(orders, "orders-lambda", audience, func(_, c, _ map[string]any) { c["exp"] = 1000 }), 401},
		{"billing.example.com", "/", good, 401},
		{"billing.example.com", "/", w.sts.Token(billing, "billing-ec2", audience, nil), 200},
	} {
		w.wantStatus(tt.host, tt.path, tt.token, tt.status)
		before, _ := w.decisions("")
		lines := len(w.gateway.Decisions())
		body, err := json.Marshal(map[string]string{"token": tt.token, "host": tt.host, "path": tt.path})
		must(t, err)
		status, running := w.call(http.MethodPost, "/aws_jwt/explain", string(body))
		if status != http.StatusOK {
			t.Fatal(running)
		}
		command := exec.CommandContext(t.Context(), filepath.Join(binaries, "caddy-awsjwt"), "aws-jwt", "explain", "--config", file,
			"--site", tt.host, "--path", tt.path, "--json", "-")
		command.Stdin = strings.NewReader(tt.token)
		said, _ := command.Output() // which fails for a refusal
		if withoutTimes(t, running) != withoutTimes(t, string(said)) {
			t.Errorf("%s%s: running\n%s\ncommand\n%s", tt.host, tt.path, running, said)
		}
		wantNoToken(t, running, tt.token)
		if after, _ := w.decisions(""); len(after) != len(before) || len(w.gateway.Decisions()) != lines {
			t.Errorf("explaining is remembered: %d decisions before, %d after", len(before), len(after))
		}
		w.wantStatus(tt.host, tt.path, tt.token, tt.status)
	}
	// Nothing else is disturbed: what is logged, and how the next one is judged.
	log := strings.Join(w.gateway.Log(), "\n")
	wantNoToken(t, log, good, forged)
	n := len(w.gateway.Decisions())
	w.wantStatus("orders.example.com", "/", "", http.StatusUnauthorized)
	if d, err := w.gateway.Decision(n); err != nil || d.Reason != "missing_token" {
		t.Errorf("the log goes on: %+v, %v", d, err)
	}
}

var ago = regexp.MustCompile(`ended \S+ ago`)

// withoutTimes leaves out the checks' moments, between which the clock goes on.
func withoutTimes(t *testing.T, text string) string {
	t.Helper()
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.Contains(line, "with a leeway of") {
			lines = append(lines, ago.ReplaceAllString(line, "ago"))
		}
	}
	return strings.Join(lines, "\n")
}

// With a site down that has no aws_jwt at all, or none running, it says so.
func TestExplainOfNothing(t *testing.T) {
	w := newWorld(t)
	w.start("http://a.example.com:PORT {\n\trespond hello\n}\n")
	if status, text := w.call(http.MethodPost, "/aws_jwt/explain", "{}"); status != http.StatusConflict || !strings.Contains(text, "no site of it has an aws_jwt") {
		t.Errorf("%d %s", status, text)
	}
	var p page
	if text := w.read(http.MethodGet, "/aws_jwt/issuers", "", &p); p.Total != 0 || !strings.Contains(text, `"issuers": []`) {
		t.Errorf("%s", text)
	}
	if _, text := w.decisions(""); !strings.Contains(text, `"decisions": []`) {
		t.Errorf("%s", text)
	}
}
