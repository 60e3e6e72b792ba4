package sdk

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

const caddyfile = `{
	admin off
	debug
}
http://ADDRESS {
	aws_jwt {
		issuer ISSUER 111122223333
		audience https://orders.example
		single_audience
		max_lifetime 10m
		allow orders ` + "`" + `aws_token.principal_tags.team == "orders" && in_ou(aws_token.org.ou_path, "ou-dev1-prod0001")` + "`" + `
		header X-Job "{aws_token.request_tags.job id}"
	}
	reverse_proxy UPSTREAM
}
`

// The tokens of both SDKs get in at the built gateway, which hands their role
// on; the same role's token for another audience, or without the tag, stays out.
func TestTokensAtTheGateway(t *testing.T) {
	upstream, err := stack.StartUpstream()
	if err != nil {
		t.Fatal(err)
	}
	defer upstream.Close()
	address, err := stack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("ADDRESS", address, "ISSUER", devsts.Issuers["111122223333"], "UPSTREAM", upstream.Address).Replace(caddyfile)
	gateway, err := stack.StartGateway(binaries, t.TempDir(), address, text)
	if err != nil {
		t.Fatal(err)
	}
	defer stacktest.StopGateway(t, gateway)
	install(t)
	javaScript := func(alg, audience string) string {
		return jsCall(t, environment("DEVSTSORDERS0000", "orders/secret+1="), map[string]any{
			"Audience": []string{audience}, "SigningAlgorithm": alg, "Tags": []map[string]string{{"Key": "job id", "Value": "größe/1"}},
		}).Token
	}
	for name, token := range map[string]string{
		"Go, ES384": goToken(t, "ES384", "https://orders.example"), "Go, RS256": goToken(t, "RS256", "https://orders.example"),
		"JavaScript, ES384": javaScript("ES384", "https://orders.example"), "JavaScript, RS256": javaScript("RS256", "https://orders.example"),
	} {
		if status := call(t, address, token); status != http.StatusOK {
			t.Errorf("%s: status %d\n%s", name, status, strings.Join(gateway.Log(), "\n"))
		}
		seen := upstream.Seen()
		if len(seen) != 1 || len(seen[0].Get("Authorization")) != 0 {
			t.Fatalf("%s: the upstream saw %+v", name, seen)
		}
		if sub := seen[0].Get("X-Aws-Token-Sub"); len(sub) != 1 || sub[0] != "arn:aws:iam::111122223333:role/service/orders" {
			t.Errorf("%s: sub %q", name, sub)
		}
		if job := seen[0].Get("X-Job"); strings.HasPrefix(name, "JavaScript") && (len(job) != 1 || job[0] != "gr%C3%B6%C3%9Fe/1") {
			t.Errorf("%s: job %q", name, job)
		}
	}
	short := client(t, "DEVSTSSHORT00000", "short", "AWS_SESSION_TOKEN", "session/token+1==")
	untagged, err := short.GetWebIdentityToken(t.Context(), input("ES384", "https://orders.example"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		token  string
		status int
		reason string
	}{
		"another audience": {javaScript("ES384", "https://other.example"), http.StatusUnauthorized, "wrong_audience"},
		"no tag":           {*untagged.WebIdentityToken, http.StatusForbidden, "policy_error"},
	} {
		before := len(gateway.Decisions())
		if status := call(t, address, tt.token); status != tt.status || len(upstream.Seen()) != 0 {
			t.Errorf("%s: status %d, want %d and nothing at the upstream", name, status, tt.status)
		}
		if decision, err := gateway.Decision(before); err != nil || decision.Reason != tt.reason {
			t.Errorf("%s: reason %q, want %q (%v)", name, decision.Reason, tt.reason, err)
		}
	}
}

func goToken(t *testing.T, alg, audience string) string {
	t.Helper()
	out, err := orders(t).GetWebIdentityToken(t.Context(), input(alg, audience))
	if err != nil {
		t.Fatal(err)
	}
	return *out.WebIdentityToken
}

func call(t *testing.T, address, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}
