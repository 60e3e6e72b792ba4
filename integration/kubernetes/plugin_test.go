package kubernetes

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(text)
	must(t, err)
	return parsed
}

// The plugin prints a credential that ends before its token does, and nothing but an
// error of STS where there is none.
func TestPlugin(t *testing.T) {
	t.Parallel()
	w := &world{t: t}
	w.startSTS()
	root, err := stack.Root()
	must(t, err)
	run := func(secret string) (output, problems string, err error) {
		command := exec.CommandContext(t.Context(), filepath.Join(root, "examples", "clients", "kubernetes", "gateway-credential.sh"), audience)
		command.Env = append(os.Environ(), "AWS_ENDPOINT_URL_STS="+w.stsURL, "AWS_REGION=eu-central-1", "AWS_SESSION_TOKEN=",
			"AWS_ACCESS_KEY_ID=DEPLOYER"+account, "AWS_SECRET_ACCESS_KEY="+secret)
		var out, problem strings.Builder
		command.Stdout, command.Stderr = &out, &problem
		err = command.Run()
		return out.String(), problem.String(), err
	}
	output, problems, err := run("secret-deployer")
	if err != nil {
		t.Fatalf("%v\n%s", err, problems)
	}
	var credential struct {
		APIVersion, Kind string
		Status           struct {
			Token               string
			ExpirationTimestamp time.Time
		}
	}
	must(t, json.Unmarshal([]byte(output), &credential))
	if credential.APIVersion != "client.authentication.k8s.io/v1" || credential.Kind != "ExecCredential" || strings.Count(credential.Status.Token, ".") != 2 {
		t.Errorf("credential of %s, %s", credential.APIVersion, credential.Kind)
	}
	if left := time.Until(credential.Status.ExpirationTimestamp); left < 10*time.Minute || left > 14*time.Minute {
		t.Errorf("it ends in %v, want a minute before the token's 15", left)
	}
	if output, problems, err = run("wrong"); err == nil || output != "" || !strings.Contains(problems, "SignatureDoesNotMatch") {
		t.Errorf("a wrong secret: %v, %d bytes of credential, %q", err, len(output), problems)
	}
}
