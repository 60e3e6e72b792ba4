package caddymodule

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/remedy"
)

// line is one log line, as the JSON encoder writes it.
type line struct {
	level  zapcore.Level
	text   string
	fields map[string]any
}

// logged sends a request through a handler and returns the lines of its log.
func logged(t *testing.T, level zapcore.Level, h *Handler, r *http.Request) []line {
	t.Helper()
	core, entries := observer.New(level)
	h.logger = zap.New(core)
	serve(t, r, h)
	var lines []line
	for _, entry := range entries.All() {
		encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg", EncodeDuration: zapcore.SecondsDurationEncoder})
		buffer, err := encoder.EncodeEntry(entry.Entry, entry.Context)
		if err != nil {
			t.Fatal(err)
		}
		one := line{level: entry.Level, text: buffer.String()}
		if err := json.Unmarshal(buffer.Bytes(), &one.fields); err != nil {
			t.Fatalf("%q: %v", buffer, err)
		}
		lines = append(lines, one)
	}
	return lines
}

func oneLine(t *testing.T, level zapcore.Level, h *Handler, r *http.Request) line {
	t.Helper()
	lines := logged(t, level, h, r)
	if len(lines) != 1 {
		t.Fatalf("%d lines: %v; want one", len(lines), lines)
	}
	return lines[0]
}

const jti = "7a0c9d7e-0000-4000-8000-000000000000"

// Each refusal has one line with these fields and no others. What was not
// verified says so.
func TestRefusalLine(t *testing.T) {
	request := map[string]any{"msg": "refused", "duration": 0.25, "cached": false, "remote_ip": "192.0.2.1", "method": "GET", "host": "orders.example", "path": "/orders"}
	identity := func(prefix string) map[string]any {
		fields := map[string]any{
			prefix + "iss": issuerOf(t, ordersAccount), prefix + "account": ordersAccount, prefix + "sub": ordersARN,
			prefix + "jti": jti, prefix + "kid": "EC384_0",
		}
		return fields
	}
	good := tokenWith(t, func(c claims) { c.top["jti"] = jti })
	wrong := tokenWith(t, func(c claims) { c.top["jti"], c.top["aud"] = jti, "demo" })
	for _, tt := range []struct {
		name   string
		token  string
		change func(*Handler)
		level  zapcore.Level
		who    map[string]any
		why    map[string]any
	}{
		{"no token", "", nil, zapcore.InfoLevel, nil,
			map[string]any{"reason": "missing_token", "status": 401.0, "hint": "the request has no bearer token"}},
		{"not a token", "a.b", nil, zapcore.InfoLevel, nil,
			map[string]any{"reason": "malformed_token", "status": 401.0, "hint": "the token has 2 parts, a JWT has 3"}},
		{"not verified", wrong, nil, zapcore.InfoLevel, identity("unverified_"),
			map[string]any{"reason": "wrong_audience", "status": 401.0, "hint": `audience "demo" is not one of [https://orders.example]`}},
		{"keys unavailable", good, func(h *Handler) { unreachable(h); h.JWKS = &JWKS{AllowPrivateAddresses: true} }, zapcore.WarnLevel, identity("unverified_"),
			map[string]any{"reason": "keys_unavailable", "status": 503.0, "hint": "the keys of " + issuerOf(t, ordersAccount) +
				` cannot be had: getting keys: Get "http://127.0.0.1:1/jwks.json": dial tcp 127.0.0.1:1: connect: connection refused`}},
		{"denied", good, denyAll, zapcore.InfoLevel, identity(""),
			map[string]any{"reason": "policy_denied", "rule": "all", "status": 403.0, "hint": `deny rule "all" is true`}},
		{"a requirement", good, func(h *Handler) { h.Accounts = []string{strangerAccount} }, zapcore.InfoLevel, identity(""),
			map[string]any{"reason": "requirement_failed", "rule": "account", "status": 403.0,
				"hint": `aws_token.account.id "111122223333" is not one of [999988887777]`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHandler(t, tt.change)
			h.now = ticking()
			got := oneLine(t, zapcore.InfoLevel, h, get(tt.token))
			if got.level != tt.level {
				t.Errorf("level %s, want %s", got.level, tt.level)
			}
			want := make(map[string]any)
			for _, part := range []map[string]any{request, tt.who, tt.why} {
				for name, value := range part {
					want[name] = value
				}
			}
			remedy, _ := remedy.Of(want["reason"].(string))
			want["hint"] = want["hint"].(string) + "; " + remedy.Do
			checkFields(t, got.fields, want)
		})
	}
}

// ticking is a clock of the handler alone that goes on by 250 ms at the end of
// a decision.
func ticking() func() time.Time {
	first := true
	return func() time.Time {
		if first {
			first = false
			return instant
		}
		return instant.Add(250 * time.Millisecond)
	}
}

func checkFields(t *testing.T, got, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s: %v, want %v", name, got[name], value)
		}
	}
	for name := range got {
		if _, wanted := want[name]; !wanted {
			t.Errorf("%s: %v, which nobody wanted", name, got[name])
		}
	}
}

// A request that passes has one line at DEBUG and none above.
func TestPassLine(t *testing.T) {
	h := newHandler(t, func(h *Handler) { h.Allow = []Rule{{Name: "everyone", Expression: "true"}} })
	token := tokenWith(t, func(c claims) { c.top["jti"] = jti })
	if lines := logged(t, zapcore.InfoLevel, h, get(token)); len(lines) != 0 {
		t.Errorf("at INFO: %v", lines)
	}
	got := oneLine(t, zapcore.DebugLevel, h, get(token))
	checkFields(t, got.fields, map[string]any{
		"msg": "allowed", "rule": "everyone", "duration": 0.0, "cached": true,
		"iss": issuerOf(t, ordersAccount), "account": ordersAccount, "sub": ordersARN, "jti": jti, "kid": "EC384_0",
		"remote_ip": "192.0.2.1", "method": "GET", "host": "orders.example", "path": "/orders",
	})
}

func TestFirewallOnlyLogsNothing(t *testing.T) {
	if lines := logged(t, zapcore.DebugLevel, newFirewall(t), get("")); len(lines) != 0 {
		t.Errorf("%v", lines)
	}
}

// TestTokenIsNeverLogged is threat O1, for each way to be refused and for
// passing: no segment of the token, and no stretch of it.
func TestTokenIsNeverLogged(t *testing.T) {
	for _, p := range provocations {
		if p.ctx != nil {
			continue
		}
		t.Run(p.reason+"/"+p.name, func(t *testing.T) {
			for _, broken := range []bool{false, true} {
				h, r := p.prepare(t, broken)
				credential := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				got := oneLine(t, zapcore.DebugLevel, h, r)
				checkNoPartOf(t, credential, got.text)
			}
		})
	}
}

const stretch = 12

func checkNoPartOf(t *testing.T, credential, text string) {
	t.Helper()
	for _, segment := range strings.Split(credential, ".") {
		if segment != "" && strings.Contains(text, segment) {
			t.Errorf("a segment of the token is in %s", text)
		}
		for i := 0; i+stretch <= len(segment); i++ {
			if strings.Contains(text, segment[i:i+stretch]) {
				t.Fatalf("%q of the token is in %s", segment[i:i+stretch], text)
			}
		}
	}
}

// TestLogInjection is threat O2: what comes from outside stays inside its
// field, and is cut.
func TestLogInjection(t *testing.T) {
	const evil = "\n{\"level\":\"info\"}\r\n\x1b[31mred\x00\u2028"
	long := strings.Repeat("é", 200)
	for _, text := range []string{evil, long, evil + long, strings.Repeat("\x1b", 150)} {
		for _, tt := range []struct {
			name  string
			token string
			field string
			want  string
		}{
			{"kid", mint(t, ordersAccount, ordersARN, map[string]any{"kid": text}, nil), "unverified_kid", "unknown_key"},
			{"iss", tokenWith(t, func(c claims) { c.top["iss"] = text }), "unverified_iss", "unknown_issuer"},
			{"sub", tokenWith(t, func(c claims) { c.top["sub"] = text }), "unverified_sub", "invalid_claims"},
			{"jti", tokenWith(t, func(c claims) { c.top["jti"], c.top["aud"] = text, "demo" }), "unverified_jti", "wrong_audience"},
			{"account", tokenWith(t, func(c claims) { c.aws["aws_account"] = text }), "unverified_account", "invalid_claims"},
		} {
			got := oneLine(t, zapcore.InfoLevel, newHandler(t, nil), get(tt.token))
			if got.fields["reason"] != tt.want {
				t.Errorf("%s: reason %v, want %s", tt.name, got.fields["reason"], tt.want)
			}
			checkContained(t, got.text)
			checkCut(t, got.fields, tt.field, strings.ReplaceAll(text, "\u2028", "\ufffd"))
		}
	}
}

// checkContained wants one line in which nothing acts on a terminal.
func checkContained(t *testing.T, text string) {
	t.Helper()
	body := strings.TrimSuffix(text, "\n")
	if i := strings.IndexFunc(body, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }); i >= 0 {
		t.Errorf("a control character at %d of %q", i, body)
	}
}

func checkCut(t *testing.T, fields map[string]any, name, text string) {
	t.Helper()
	got, _ := fields[name].(string)
	cut, wasCut := strings.CutSuffix(got, "…")
	switch {
	case len(got) > 128 || !strings.HasPrefix(text, cut):
		t.Errorf("%s has %d bytes: %q", name, len(cut), got)
	case wasCut != (len(text) > 128) || len(text) > 128 && len(cut) < 124:
		t.Errorf("%s is %q of %q", name, got, text)
	case !wasCut && got != text:
		t.Errorf("%s is %q, want %q", name, got, text)
	}
	if hint, _ := fields["hint"].(string); strings.ContainsAny(hint, "\n\r\x1b\x00") || len(hint) > 1024 {
		t.Errorf("hint: %d bytes, %q", len(hint), hint)
	}
}

// JSON does not escape what some terminals obey or turn round.
func TestLogReplacesWhatJSONLeaves(t *testing.T) {
	const evil = "a\x7fb\u009b31mc\u202ed"
	token := tokenWith(t, func(c claims) { c.top["iss"] = evil })
	got := oneLine(t, zapcore.InfoLevel, newHandler(t, nil), get(token))
	if iss := got.fields["unverified_iss"]; iss != "a\ufffdb\ufffd31mc\ufffdd" {
		t.Errorf("unverified_iss is %q", iss)
	}
	checkContained(t, got.text)
}

// What the request itself says is cut as well, and the query stays out.
func TestRequestFieldsAreCut(t *testing.T) {
	r := get("")
	r.Host, r.Method = strings.Repeat("h", 500), strings.Repeat("M", 500)
	r.URL.Path = "/" + strings.Repeat("\x1b", 500)
	got := oneLine(t, zapcore.InfoLevel, newHandler(t, nil), r)
	for _, name := range []string{"host", "method", "path"} {
		if text, _ := got.fields[name].(string); len(text) != 128 {
			t.Errorf("%s: %d bytes", name, len(text))
		}
	}
	checkContained(t, got.text)

	r = get("")
	r.URL.RawQuery = "canary=secret"
	if got := oneLine(t, zapcore.InfoLevel, newHandler(t, nil), r); strings.Contains(got.text, "canary") {
		t.Errorf("the query is in %s", got.text)
	}
}
