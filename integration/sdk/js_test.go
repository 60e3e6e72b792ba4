package sdk

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// install makes sure that the packages of js/package-lock.json are there. It
// fails, and does not skip, where they cannot be: a run without them would say
// nothing about the SDK.
func install(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing (Node.js 20 or newer is needed): run \"make deps\": %v", tool, err)
		}
	}
	lock, err := os.Stat("js/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	// npm writes this file last, so an installation that was cut off is repeated.
	installed, err := os.Stat("js/node_modules/.package-lock.json")
	if err == nil && !installed.ModTime().Before(lock.ModTime()) {
		return
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund")
	cmd.Dir = "js"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: run \"make deps\": %v\n%s", err, out)
	}
}

type jsAnswer struct {
	ARN, Token, Expiration string
	Error, Message         string
	Status                 int
}

func jsCall(t *testing.T, env map[string]string, in any) jsAnswer {
	t.Helper()
	arg, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "token.mjs", string(arg))
	cmd.Dir = "js"
	cmd.Env = os.Environ()
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.String())
	}
	var a jsAnswer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return a
}

func TestJavaScript(t *testing.T) {
	install(t)
	env := environment("DEVSTSORDERS0000", "orders/secret+1=")
	t.Run("one audience, tags", func(t *testing.T) {
		a := jsCall(t, env, map[string]any{
			"Audience": []string{"https://orders.example"}, "SigningAlgorithm": "ES384", "DurationSeconds": 600,
			"Tags": []map[string]string{{"Key": "job id", "Value": "größe/1"}, {"Key": "empty", "Value": ""}},
		})
		if a.Error != "" || a.ARN != "arn:aws:sts::111122223333:assumed-role/orders/devsts" {
			t.Fatalf("got %+v", a)
		}
		got := verify(t, a.Token, "ES384")
		if string(got.Audience) != `"https://orders.example"` || got.Expires-got.Issued != 600 {
			t.Errorf("claims %+v", got)
		}
		if v, ok := got.AWS.RequestTags["empty"]; got.AWS.RequestTags["job id"] != "größe/1" || !ok || v != "" {
			t.Errorf("request_tags %q", got.AWS.RequestTags)
		}
		if want := time.Unix(got.Expires, 0).UTC().Format("2006-01-02T15:04:05.000Z"); a.Expiration != want {
			t.Errorf("expiration %s, want %s", a.Expiration, want)
		}
	})
	t.Run("several audiences, RS256", func(t *testing.T) {
		a := jsCall(t, env, map[string]any{"Audience": []string{"b", "a"}, "SigningAlgorithm": "RS256"})
		got := verify(t, a.Token, "RS256")
		if string(got.Audience) != `["b","a"]` || got.Expires-got.Issued != 300 || got.AWS.RequestTags != nil {
			t.Errorf("claims %+v", got)
		}
	})
	t.Run("session token", func(t *testing.T) {
		env := environment("DEVSTSSHORT00000", "short", "AWS_SESSION_TOKEN", "session/token+1==")
		a := jsCall(t, env, map[string]any{"Audience": []string{"a"}, "SigningAlgorithm": "ES384"})
		verify(t, a.Token, "ES384")
	})
	for _, c := range []struct {
		name, code string
		status     int
		env        map[string]string
		alg        string
	}{
		{"wrong secret", "SignatureDoesNotMatch", 403, environment("DEVSTSORDERS0000", "wrong"), "ES384"},
		{"validation", "ValidationError", 400, env, "RS512"},
		{"federation off", "OutboundWebIdentityFederationDisabledException", 403, environment("DEVSTSOFF0000000", "off"), "ES384"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := jsCall(t, c.env, map[string]any{"Audience": []string{"a"}, "SigningAlgorithm": c.alg})
			if a.Error != c.code || a.Status != c.status || a.Token != "" {
				t.Errorf("got %+v, want %s %d", a, c.code, c.status)
			}
		})
	}
}

// TestLockFile: the lock file pins contents, and names no host to get them from.
func TestLockFile(t *testing.T) {
	text, err := os.ReadFile("js/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity, Resolved string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "://") || len(lock.Packages) < 2 {
		t.Errorf("an address in the lock file, or %d packages", len(lock.Packages))
	}
	for name, p := range lock.Packages {
		if name != "" && (p.Version == "" || !strings.HasPrefix(p.Integrity, "sha512-") || p.Resolved != "") {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
