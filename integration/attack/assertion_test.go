package attack

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// assertionRows are about what the gateway signs.
var assertionRows = []row{
	{"S1", ownAssertionProbes},
	{"S2", subjectProbes},
	{"S3", elsewhereProbes},
	{"S4", tradeProbes},
}

const (
	gatewayIssuer = "https://gateway.example/gw"
	partner       = "https://partner.example"
	spiffeID      = "spiffe://corp.example/aws/111122223333/orders"
)

// asserting makes assertions, and trades tokens for them.
const asserting = `
	aws_jwt_issuer https://gateway.example/gw {
		exchange {
			audience https://partner.example sts.amazonaws.com
			subject  spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.team}
			aws_jwt {
				issuer ISSUER 111122223333
				audience orders.internal
				deny reports ` + "`aws_token.principal.name == 'reports'`" + `
			}
		}
	}
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		header X-Team {aws_token.principal_tags.team}
		assertion {
			issuer   https://gateway.example/gw
			audience orders-upstream
			subject  spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.team}
		}
	}
	reverse_proxy UPSTREAM`

// renamed has the assertion in another field.
var renamed = strings.Replace(asserting, "audience orders-upstream", "audience orders-upstream\nheader X-Upstream-Identity", 1)

// wholeAsserted is what an upstream of asserting knows of the orders role.
var wholeAsserted = whole.plus("x-aws-token-assertion", "*")

// genuine says what is wrong unless an upstream reads, under a name, one assertion
// of the gateway's, of the orders role.
func genuine(name string) func(stack.Arrival) string {
	return func(a stack.Arrival) string {
		values := readAs(a, name)
		if len(values) != 1 {
			return fmt.Sprintf("%s reads %q", name, values)
		}
		if claims := claimsOf(values[0]); claims["iss"] != gatewayIssuer || claims["sub"] != spiffeID || claims["aud"] != "orders-upstream" {
			return fmt.Sprintf("%s says %v", name, claims)
		}
		return ""
	}
}

// claimsOf are the claims of a JWT that nobody has verified, or nil.
func claimsOf(text string) (claims map[string]any) {
	if parts := strings.Split(text, "."); len(parts) == 3 {
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(payload, &claims)
	}
	return claims
}

// ownAssertionProbes: the client's own assertion, in every spelling and place. Each
// control sends the same under a name that is nobody's.
func ownAssertionProbes() []probe {
	token := mint(nil)
	var probes []probe
	add := func(site string, by []protocol, name string, forged, neighbour field, who func(stack.Arrival) string) {
		probes = append(probes, probe{
			name: name, site: site, by: by,
			attack: call(token, forged), disarmed: all(who, unforged),
			control: call(token, neighbour), intact: all(who, has(neighbour.name, neighbour.value)),
		})
	}
	byDefault, byName := all(carries(wholeAsserted), genuine("x-aws-token-assertion")), all(carries(whole), genuine("x-upstream-identity"))
	for name, spelling := range map[string][2]string{
		"as it is": {"X-Aws-Token-Assertion", "X-Aws-Tokens-Assertion"}, "in lower case": {"x-aws-token-assertion", "x-aws-tokens-assertion"},
		"in capitals": {"X-AWS-TOKEN-ASSERTION", "X-AWS-TOKENS-ASSERTION"}, "other bytes": {"X!Aws~Token+Assertion", "X!Aws~Tokens+Assertion"},
	} {
		add(asserting, every, "default, "+name, field{spelling[0], evil}, field{spelling[1], evil}, byDefault)
		other := strings.NewReplacer("Aws~Token+Assertion", "Upstream~Identity", "AWS-TOKEN-ASSERTION", "UPSTREAM-IDENTITY",
			"aws-token-assertion", "upstream-identity", "Aws-Token-Assertion", "Upstream-Identity").Replace(spelling[0])
		add(renamed, every, "renamed, "+name, field{other, evil}, field{other + "s", evil}, byName)
	}
	probes = append(probes, listedAssertionProbes(token)...)
	return append(probes, assertionWithoutTokenProbes(token)...)
}

// listedAssertionProbes: in Connection, and behind the body.
func listedAssertionProbes(token string) []probe {
	bearer := "Authorization: Bearer " + token
	var probes []probe
	for site, name := range map[string]string{asserting: "X-Aws-Token-Assertion", renamed: "X-Upstream-Identity"} {
		trailing := func(f field) request { return trailed(call(token), true, f) }
		probes = append(probes,
			probe{
				name: "in Connection, " + name, site: site, by: onlyH1,
				attack: rawGet("Connection: "+name, bearer, "X-Other: other"), disarmed: all(genuine(name), has("X-Other", "other")),
				control: rawGet("Connection: X-Other", bearer, "X-Other: other"), intact: all(genuine(name), has("X-Other", "")),
			},
			probe{
				name: "as a trailer, " + name, site: site,
				attack: trailing(field{name, evil}), disarmed: all(genuine(name), unforged, hasBody),
				control: trailing(field{"X-Nobodys", evil}), intact: all(genuine(name), has("X-Nobodys", evil), hasBody),
			})
	}
	return probes
}

// assertionWithoutTokenProbes: where the gateway makes no assertion, there is none.
func assertionWithoutTokenProbes(token string) []probe {
	const i = "X-Upstream-Identity"
	matcher := strings.Replace(renamed, "\taws_jwt {\n\t\tissuer ISSUER 111122223333\n\t\taudience orders.internal\n\t\theader", "\taws_jwt /admin* {\n\t\tissuer ISSUER 111122223333\n\t\taudience orders.internal\n\t\theader", 1)
	optional := strings.Replace(renamed, "\t\theader X-Team", "\t\toptional\n\t\theader X-Team", 1)
	none := all(carries(nobody), func(a stack.Arrival) string {
		if got := readAs(a, i); len(got) > 0 {
			return fmt.Sprintf("it reads %q", got)
		}
		return ""
	})
	var probes []probe
	for name, tt := range map[string]struct {
		site string
		r    request
	}{
		"open path": {matcher, request{target: "/open"}}, "open path with a token": {matcher, request{target: "/open", fields: call(token).fields}},
		"nobody": {optional, request{}}, "another scheme": {optional, request{fields: []field{{"Authorization", "Basic eDp5"}}}},
		"error route": {onErrors(renamed), request{}},
	} {
		probes = append(probes, probe{
			name: "none where there is no caller: " + name, site: tt.site,
			attack: tt.r.with(field{i, evil}, field{"X-Aws-Token-Assertion", evil}), disarmed: all(none, unforged),
			control: tt.r.with(field{"X-Nobodys", evil}), intact: all(none, has("X-Nobodys", evil)),
		})
	}
	return probes
}

// subjectProbes: text of tags that would be another's subject. Each control has a
// tag that is one segment.
func subjectProbes() []probe {
	tagged := func(tag string) request {
		return call(mint(func(p *parts) { p.aws["principal_tags"] = map[string]any{"team": tag} }))
	}
	sub := func(want string) func(stack.Arrival) string {
		return func(a stack.Arrival) string {
			if got := claimsOf(strings.Join(readAs(a, "x-aws-token-assertion"), ",")); got["sub"] != want {
				return fmt.Sprintf("the assertion says %v, want %s", got, want)
			}
			return ""
		}
	}
	var probes []probe
	for name, tag := range map[string]string{
		"a slash": "/", "more segments": "orders/admin", "up": "..", "up and down": "../billing", "here": ".", "behind a slash": "orders/",
		"a colon": "orders:admin", "an encoded slash": "orders%2Fadmin", "a space": "orders admin", "a placeholder": "{aws_token.sub}",
		"not ASCII": "ördérs", "a separator of lines": "a\u2028b", "a trust domain": "spiffe://corp.example/admin", "an at sign": "a@b", "too long": strings.Repeat("a", 2040),
	} {
		probes = append(probes, probe{
			name: name, site: asserting, by: []protocol{h1, h2}, attack: tagged(tag), status: 403, reason: "assertion_failed",
			control: tagged("orders-1.2_x"), intact: sub("spiffe://corp.example/aws/111122223333/orders-1.2_x"),
		})
	}
	whichever := strings.Replace(asserting, "subject  spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.team}\n\t\t}\n\t}\n\treverse_proxy",
		"subject {aws_token.principal_tags.team}\n\t\t}\n\t}\n\treverse_proxy", 1)
	named := strings.Replace(whichever, "subject {aws_token.principal_tags.team}", "subject aws:{aws_token.account.id}:{aws_token.principal_tags.team}", 1)
	probes = append(probes, probe{
		name: "no tag, behind another part", site: named, by: []protocol{h1, h2}, attack: call(bareToken()), status: 403, reason: "assertion_failed",
		control: call(mint(nil)), intact: sub("aws:111122223333:orders"),
	}, probe{
		name: "a tag with a colon stays one part", site: named, by: []protocol{h1, h2}, attack: tagged("orders:admin"), disarmed: sub("aws:111122223333:orders%3Aadmin"),
		control: tagged("orders/admin"), intact: sub("aws:111122223333:orders/admin"),
	}, probe{
		name: "a tag that is a SPIFFE ID", site: whichever, by: []protocol{h1, h2}, attack: tagged("spiffe://corp.example/admin"), status: 403, reason: "assertion_failed",
		control: tagged("corp.example/admin"), intact: sub("corp.example/admin"),
	}, probe{
		name: "no tag", site: asserting, by: []protocol{h1, h2}, attack: call(bareToken()), status: 403, reason: "assertion_failed",
		control: call(mint(nil)), intact: sub(spiffeID),
	})
	return append(probes, badSubjectProbes()...)
}

// badSubjectProbes: templates by which one caller could be another are not loaded.
func badSubjectProbes() []probe {
	var probes []probe
	for name, each := range map[string]struct{ bad, good, fault string }{
		"request tags alone":        {"spiffe://corp.example/{aws_token.request_tags.job}", "spiffe://corp.example/{aws_token.account.id}/{aws_token.request_tags.job}", "request tags alone"},
		"a header of the request":   {"{http.request.header.X-Team}", "{aws_token.principal_tags.team}", "is no attribute of the token"},
		"two tags in a segment":     {"spiffe://corp.example/{aws_token.principal_tags.a}-{aws_token.principal_tags.b}", "spiffe://corp.example/{aws_token.principal_tags.a}/{aws_token.principal_tags.b}", "apart"},
		"a tag in the trust domain": {"spiffe://{aws_token.principal_tags.a}/x", "spiffe://a/{aws_token.principal_tags.a}", "trust domain"},
		"an ARN in a SPIFFE ID":     {"spiffe://corp.example/{aws_token.sub}", "spiffe://corp.example/{aws_token.principal.name}", "colons or slashes"},
	} {
		probes = append(probes, probe{name: "load: " + name, script: func(t *testing.T) {
			if code, said := validated(t, each.bad); code == 0 || !strings.Contains(said, each.fault) {
				t.Errorf("code %d, want an error about %q: %s", code, each.fault, said)
			}
			if code, said := validated(t, each.good); code != 0 {
				t.Errorf("the control: code %d: %s", code, said)
			}
		}})
	}
	return probes
}

// validated asks the gateway whether it would load a template of subjects.
func validated(t *testing.T, template string) (code int, said string) {
	t.Helper()
	directory := t.TempDir()
	file := filepath.Join(directory, "Caddyfile")
	site := strings.ReplaceAll(asserting, "spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.team}", template)
	text, err := gateCaddyfile(site, directory, "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3")
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	validate := exec.CommandContext(t.Context(), filepath.Join(binaries, "caddy-awsjwt"), "validate", "--config", file)
	validate.Env = []string{"HOME=" + directory, "XDG_DATA_HOME=" + directory, "XDG_CONFIG_HOME=" + directory}
	output, err := validate.CombinedOutput()
	if validate.ProcessState == nil {
		t.Fatal(err)
	}
	return validate.ProcessState.ExitCode(), string(output)
}
