package caddymodule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// observed is a core for Caddy's logs that remembers the lines.
type observed struct{ zapcore.Core }

var observedLog zapcore.Core

func (observed) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "caddy.logging.cores.observed",
		New: func() caddy.Module { return &observed{observedLog} },
	}
}

func init() { caddy.RegisterModule(observed{}) }

// loadLogged loads the handler as Caddy does, with its log configured, and
// returns the lines at WARN and above.
func loadLogged(t *testing.T, h *Handler) []observer.LoggedEntry {
	t.Helper()
	core, entries := observer.New(zapcore.WarnLevel)
	observedLog = core
	parent, err := caddy.ProvisionContext(&caddy.Config{Logging: &caddy.Logging{Logs: map[string]*caddy.CustomLog{
		caddy.DefaultLoggerName: {BaseLog: caddy.BaseLog{
			WriterRaw: []byte(`{"output": "discard"}`), CoreRaw: []byte(`{"module": "observed"}`),
		}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := caddy.NewContext(parent)
	_, err = ctx.LoadModuleByID("http.handlers.aws_jwt", caddyconfig.JSON(h, nil))
	cancel()
	// The default log is the process's own: the other tests get one of Caddy's.
	if _, err := caddy.ProvisionContext(nil); err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return entries.All()
}

// What loads, and yet may not mean what it says, is told to who starts Caddy.
func TestWarnings(t *testing.T) {
	asked := func(h *Handler) { h.PrincipalTags = map[string][]string{"team": {"orders"}} }
	pinned := func(h *Handler) { asked(h); h.Issuers[0].Accounts = []string{ordersAccount} }
	rule := func(expression string) func(*Handler) {
		return func(h *Handler) { pinned(h); h.Allow = []Rule{{Name: "team", Expression: expression}} }
	}
	const mayNotMean = "a rule may not mean what it says"
	const noPolicy = "no policy: every principal of %s passes; allow, principal_tag and the like say which may"
	const noAccount = "an issuer is pinned to no account; name the accounts that it may speak for"
	for _, tt := range []struct {
		name   string
		change func(*Handler)
		want   []string // message, and how its field begins
	}{
		{"an anchored pattern", rule(`aws_token.sub.matches("^arn:.*$")`), nil},
		{"an unanchored pattern", rule(`aws_token.sub.matches("role")`),
			[]string{mayNotMean + `: warning=allow rule "team" (line 1, column 22 of the rule): matches("role") is true when any part`}},
		{"two of them", rule(`aws_token.sub.matches("^arn") || aws_token.sub.matches("role$")`),
			[]string{mayNotMean + `: warning=allow rule "team" (line 1, column 22 of the rule): matches("^arn")`, mayNotMean + `: warning=allow rule "team" (line 1, column 55 of the rule): matches("role$")`}},
		{"an unanchored pattern that denies", func(h *Handler) {
			pinned(h)
			h.Deny = []Rule{{Name: "team", Expression: `aws_token.sub.matches("role")`}}
		},
			[]string{mayNotMean + `: warning=deny rule "team" (line 1, column 22 of the rule): matches("role")`}},

		{"an issuer with an account", pinned, nil},
		{"an account for all issuers", func(h *Handler) { h.Accounts = []string{ordersAccount} }, nil},
		{"an issuer without accounts", asked, []string{noAccount + ": issuer=https://a.example"}},
		{"one issuer of two without accounts", func(h *Handler) { pinned(h); addURL(elsewhere)(h) }, []string{noAccount + ": issuer=" + elsewhere}},
		{"no policy", func(h *Handler) { pinned(h); h.PrincipalTags = nil }, []string{fmt.Sprintf(noPolicy, "1 account")}},
		{"no policy, two issuers", func(h *Handler) {
			pinned(h)
			addURL(elsewhere)(h)
			h.Issuers[1].Accounts, h.PrincipalTags = []string{"444455556666"}, nil
		},
			[]string{fmt.Sprintf(noPolicy, "2 accounts")}},
		{"shadow rules are no policy", func(h *Handler) {
			pinned(h)
			h.PrincipalTags, h.Deny = nil, []Rule{{Name: "x", Expression: `aws_token.principal.name == "x"`, Shadow: true}}
		}, []string{fmt.Sprintf(noPolicy, "1 account")}},
		{"a deny rule is one", func(h *Handler) {
			pinned(h)
			h.PrincipalTags, h.Deny = nil, []Rule{{Name: "x", Expression: `aws_token.principal.name == "x"`}}
		}, nil},
		{"no policy, an organization", func(h *Handler) {
			h.Issuers, h.Organization = nil, &Organization{IDs: []string{"o-a1b2c3d4e5"}}
		}, []string{fmt.Sprintf(noPolicy, "every account of o-a1b2c3d4e5")}},
		{"firewall_only", func(h *Handler) { *h = Handler{FirewallOnly: true} }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := goodConfig()
			tt.change(h)
			got := loadLogged(t, h)
			if len(got) != len(tt.want) {
				t.Fatalf("%d lines: %v; want %d", len(got), got, len(tt.want))
			}
			for i, want := range tt.want {
				text := got[i].Message
				for name, value := range got[i].ContextMap() {
					text = fmt.Sprintf("%s: %s=%v", text, name, value)
				}
				if got[i].Level != zapcore.WarnLevel || got[i].LoggerName != "http.handlers.aws_jwt.config" || !strings.HasPrefix(text, want) {
					t.Errorf("%s of %s: %s; want %s", got[i].Level, got[i].LoggerName, text, want)
				}
			}
		})
	}
}
