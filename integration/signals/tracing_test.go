package signals

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// tracedSites are two sites, of which the second has no tracing, and a third
// whose issuer is down.
const tracedSites = `{
	admin off
	debug
}
http://traced.test:PORT {
	tracing {
		span request
	}
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		allow orders-team ` + "`aws_token.principal_tags.team == \"orders\" && request.method != \"DELETE\"`" + `
	}
	aws_jwt /orders {
		issuer ISSUER 111122223333
		audience orders.internal
		deny puts ` + "`request.method == \"PUT\"`" + `
	}
	respond 204
}
http://untraced.test:PORT {
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
	}
	respond 204
}
http://down.test:PORT {
	tracing {
		span request
	}
	aws_jwt {
		issuer http://127.0.0.1:1/none
		audience orders.internal
	}
	respond 204
}
`

// A request that is traced has a pair of spans below its own for each aws_jwt
// that it meets.
func TestSpans(t *testing.T) {
	sts, received := newIssuers(t), newCollector(t)
	gateway := startGateway(t, sts, tracedSites, received.environment()...)
	const canary = "canary-5e1f0c"
	token := sts.mint(accountID, "orders-lambda", func(_, claims, aws map[string]any) {
		claims["jti"] = canary + "-jti"
		aws["principal_tags"] = map[string]any{"team": "orders", "canary": canary + "-tag"}
		aws["request_tags"] = map[string]any{"canary": canary + "-request"}
	})
	foreign := sts.mint(accountID, "orders-lambda", func(_, claims, _ map[string]any) { claims["aud"] = canary + "-aud" })
	down := sts.mint(accountID, "orders-lambda", func(_, claims, _ map[string]any) { claims["iss"] = "http://127.0.0.1:1/none" })
	method := func(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }

	verified := func(cached bool) map[string]any {
		return map[string]any{"name": "aws_jwt.verify", "aws_jwt.result": "verified", "aws_jwt.cached": cached}
	}
	byTeam := map[string]any{"name": "aws_jwt.policy", "aws_jwt.result": "allowed", "aws_jwt.rule": "orders-team"}
	cases := []struct {
		name, host, token string
		change            func(*http.Request)
		status            int
		want              []map[string]any // below the request's
	}{
		{"a pass", "traced.test", token, nil, 204, []map[string]any{
			verified(false), byTeam, verified(false), {"name": "aws_jwt.policy", "aws_jwt.result": "allowed"},
		}},
		{"a pass again", "traced.test", token, nil, 204, []map[string]any{
			verified(true), byTeam, verified(true), {"name": "aws_jwt.policy", "aws_jwt.result": "allowed"},
		}},
		{"refused by the second", "traced.test", token, method("PUT"), 403, []map[string]any{
			verified(true), byTeam, verified(true),
			{"name": "aws_jwt.policy", "aws_jwt.result": "refused", "aws_jwt.reason": "policy_denied", "aws_jwt.rule": "puts"},
		}},
		{"refused by the first", "traced.test", token, method("DELETE"), 403, []map[string]any{
			verified(true), {"name": "aws_jwt.policy", "aws_jwt.result": "refused", "aws_jwt.reason": "policy_denied"},
		}},
		{"a bad token", "traced.test", foreign, nil, 401, []map[string]any{
			{"name": "aws_jwt.verify", "aws_jwt.result": "refused", "aws_jwt.reason": "wrong_audience"},
		}},
		{"a fault of ours", "down.test", down, nil, 503, []map[string]any{
			{"name": "aws_jwt.verify", "aws_jwt.result": "refused", "aws_jwt.reason": "keys_unavailable", "status": "STATUS_CODE_ERROR"},
		}},
		{"no token", "traced.test", "", nil, 401, nil},
	}
	expected := 0
	for n, c := range cases {
		if status := ask(t, gateway, c.host, c.token, c.change); status != c.status {
			t.Errorf("%s: %d, want %d", c.name, status, c.status)
		}
		expected += 1 + len(c.want)
		// One request after the other, so that spans are told apart by their order.
		eventually(t, "its spans are exported", func() bool { all, _ := received.received(t); return len(all) >= expected })
		all, _ := received.received(t)
		got := all[expected-1-len(c.want):]
		if n == 0 && len(got) != 5 {
			t.Fatalf("%d spans", len(got))
		}
		checkPairs(t, c.name, got, c.want)
	}

	// The twin without tracing exports nothing, and what is exported tells nobody
	// whose request it was.
	if status := ask(t, gateway, "untraced.test", token, nil); status != 204 {
		t.Errorf("untraced: %d", status)
	}
	stacktest.StopGateway(t, gateway) // which exports the rest
	all, raw := received.received(t)
	if len(all) != expected {
		t.Errorf("%d spans, want %d", len(all), expected)
	}
	if !bytes.Contains(raw, []byte("aws_jwt.policy")) {
		t.Error("the bytes are not those of the spans")
	}
	for _, secret := range secrets(token, foreign, canary) {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%q was exported", secret)
		}
	}
}

// secrets are what must not be exported: parts of tokens, and what stands in them.
func secrets(tokens ...string) (list []string) {
	for _, token := range tokens {
		for part := range strings.SplitSeq(token, ".") {
			list = append(list, part[:min(len(part), 16)], part[max(0, len(part)-16):], base64.StdEncoding.EncodeToString([]byte(part)))
		}
	}
	return append(list, "role/orders-lambda", "Bearer")
}

// checkPairs wants one span of the request, and these below it in their order.
func checkPairs(t *testing.T, name string, got []*tracepb.Span, want []map[string]any) {
	t.Helper()
	at := slices.IndexFunc(got, func(s *tracepb.Span) bool { return s.Name == "request" })
	if at < 0 {
		t.Fatalf("%s: no span of the request", name)
	}
	request := got[at]
	below := slices.Delete(slices.Clone(got), at, at+1)
	slices.SortStableFunc(below, func(a, b *tracepb.Span) int { return int(int64(a.StartTimeUnixNano) - int64(b.StartTimeUnixNano)) })
	for i, each := range below {
		if id(each.ParentSpanId) != id(request.SpanId) || id(each.TraceId) != id(request.TraceId) {
			t.Errorf("%s: %s is no child of the request's span", name, each.Name)
		}
		if attributes := attributesOf(each); !maps.Equal(attributes, want[i]) {
			t.Errorf("%s: span %d: %v, want %v", name, i, attributes, want[i])
		}
	}
}

// Without tracing nothing is exported, wherever the environment points.
func TestNoSpansWithoutTracing(t *testing.T) {
	sts, received := newIssuers(t), newCollector(t)
	site := tracedSites[strings.Index(tracedSites, "http://untraced"):strings.Index(tracedSites, "http://down")]
	gateway := startGateway(t, sts, "{\n\tadmin off\n}\n"+site, received.environment()...)
	if status := ask(t, gateway, "untraced.test", sts.good(), nil); status != 204 {
		t.Errorf("status %d", status)
	}
	stacktest.StopGateway(t, gateway)
	if all, raw := received.received(t); len(all) > 0 || len(raw) > 0 {
		t.Errorf("%d spans, %d bytes", len(all), len(raw))
	}
}
