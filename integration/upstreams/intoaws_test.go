package upstreams

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/awscli"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// circle is what the page sets up on one machine: AWS in two accounts, and a
// gateway between them.
type circle struct {
	t                       *testing.T
	sts, gateway, directory string
}

// newCircle starts both with the page's devsts.json and a Caddyfile of the page,
// after changes.
func newCircle(t *testing.T, config, caddyfile string) *circle {
	t.Helper()
	c := &circle{t: t, sts: stacktest.FreeAddress(t), gateway: stacktest.FreeAddress(t), directory: t.TempDir()}
	file := filepath.Join(t.TempDir(), "devsts.json")
	must(t, os.WriteFile(file, []byte(c.local(config)), 0o600))
	sts, err := stack.StartSTS(binaries, t.TempDir(), "-config", file, "-listen", c.sts)
	must(t, err)
	t.Cleanup(func() { must(t, sts.Stop()) })
	gateway, err := stack.StartGateway(binaries, t.TempDir(), c.gateway, "{\n\tadmin off\n}\n"+c.local(caddyfile))
	must(t, err)
	t.Cleanup(func() { stacktest.StopGateway(t, gateway) })
	awscli.Install(t, c.directory)
	return c
}

// local has the addresses of the test in place of the page's.
func (c *circle) local(text string) string {
	return strings.NewReplacer(
		"audience https://gateway.example.com", "audience https://gateway.example.com", // it is a name, and stays
		"gateway.example.com {", "http://"+c.gateway+" {", "https://gateway.example.com", "http://"+c.gateway, "gateway.example.com:", c.gateway+":",
		"https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws 123456789012", "http://"+c.sts+"/11112222-3333-4111-8111-111122223333 111122223333",
		"127.0.0.1:8443", c.gateway, "127.0.0.1:8010", c.sts,
	).Replace(text)
}

// shell runs a block of the page as the caller would.
func (c *circle) shell(block string) (output string, err error) {
	c.t.Helper()
	command := exec.CommandContext(c.t.Context(), "sh", "-euc", c.local(block))
	command.Dir = c.directory
	command.Env = []string{
		"PATH=" + c.directory + ":" + os.Getenv("PATH"), "HOME=" + c.directory,
		"AWS_ENDPOINT_URL_STS=http://" + c.sts, "AWS_REGION=eu-central-1", "AWS_DEFAULT_REGION=eu-central-1",
		"AWS_ACCESS_KEY_ID=DEVSTSREPORTSBATCH", "AWS_SECRET_ACCESS_KEY=devsts-secret-reports-batch", "AWS_EC2_METADATA_DISABLED=true",
	}
	text, err := command.CombinedOutput()
	return string(text), err
}

const localSTS = `"accounts"`

// Into AWS as the page says for one machine: with its files, credentials; with a
// trust policy that names another caller, or a caller of another environment, none.
func TestPageIntoAWSLocally(t *testing.T) {
	config, caddyfile := page(t).BlockWith("json", localSTS), page(t).BlockWith("caddyfile", "http://127.0.0.1:8443")
	commands := page(t).BlockWith("sh", "export AWS_ENDPOINT_URL_STS")
	for name, tt := range map[string]struct{ config, want string }{
		"as it stands":        {config, `"AccessKeyId":"ASIA`},
		"another caller":      {stacktest.Replaced(t, config, "/production/reports-batch\"]", "/production/orders-lambda\"]"), "AccessDenied"},
		"another audience":    {stacktest.Replaced(t, config, `"client_ids": ["sts.amazonaws.com"]`, `"client_ids": ["other"]`), "InvalidIdentityToken"},
		"another environment": {stacktest.Replaced(t, config, `"environment": "production"`, `"environment": "staging"`), "returned error: 400"},
	} {
		t.Run(name, func(t *testing.T) {
			output, err := newCircle(t, tt.config, caddyfile).shell(commands)
			if (err == nil) != (name == "as it stands") || !strings.Contains(output, tt.want) {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}

// What the page has for AWS itself, with its trust policy: devsts goes by it.
func TestPageIntoAWS(t *testing.T) {
	var trust struct {
		Statement []struct {
			Principal struct{ Federated string }
			Action    string
			Condition map[string]map[string]string
		}
	}
	policy := page(t).BlockWith("json", `"Statement"`)
	must(t, json.Unmarshal([]byte(policy), &trust))
	if s := trust.Statement; len(s) != 1 || s[0].Action != "sts:AssumeRoleWithWebIdentity" || s[0].Principal.Federated != "arn:aws:iam::444455556666:oidc-provider/gateway.example.com" {
		t.Fatalf("the trust policy is %+v", trust)
	}
	condition, err := json.Marshal(map[string]map[string][]string{"StringEquals": {
		"gateway.example.com:aud": {trust.Statement[0].Condition["StringEquals"]["gateway.example.com:aud"]},
		"gateway.example.com:sub": {trust.Statement[0].Condition["StringEquals"]["gateway.example.com:sub"]},
	}})
	must(t, err)
	config := decoded(t, page(t).BlockWith("json", localSTS))
	accounts := config["accounts"].([]any)
	role := accounts[1].(map[string]any)["roles"].([]any)[0].(map[string]any)
	role["trust"].([]any)[0].(map[string]any)["condition"] = json.RawMessage(condition)
	text, err := json.Marshal(config)
	must(t, err)

	c := newCircle(t, string(text), page(t).BlockWith("caddyfile", "allow jobs"))
	must(t, os.WriteFile(filepath.Join(c.directory, "trust.json"), []byte(policy), 0o600))
	if output, err := c.shell(page(t).BlockWith("sh", "aws iam")); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	if output, err := c.shell(page(t).BlockWith("sh", "--duration-seconds")); err != nil || !strings.Contains(output, `"AccessKeyId":"ASIA`) {
		t.Errorf("%v\n%s", err, output)
	}
	exchange := page(t).BlockWith("sh", "audience=https://partner.example.org")
	output, err := c.shell(exchange)
	must(t, err)
	if got, want := places(decoded(t, output), ""), places(decoded(t, page(t).BlockWith("json", "access_token")), ""); !slices.Equal(got, want) {
		t.Errorf("the exchange answers %q, the page shows %q", got, want)
	}
	if output, err = c.shell(stacktest.Replaced(t, exchange, "audience=https://partner.example.org", "audience=https://other.example.org")); err != nil || !strings.Contains(output, "invalid_target") {
		t.Errorf("for an audience that is not listed: %v\n%s", err, output)
	}
}
