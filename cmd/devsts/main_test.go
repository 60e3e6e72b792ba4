package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// TestRun starts the command on free ports, finds it by its file of URLs, and
// ends it.
func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "urls.json")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var out bytes.Buffer
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"-listen", "127.0.0.1:0", "-manage", "127.0.0.1:0", "-url-file", file}, &out, io.Discard)
	}()
	u := waitForURLs(t, file, done)
	issuer := u.Issuers["111122223333"]
	if issuer != u.BaseURL+"/11112222-3333-4111-8111-111122223333" || len(u.Issuers) != 3 {
		t.Errorf("issuers %v", u.Issuers)
	}
	for _, address := range []string{issuer + "/.well-known/openid-configuration", u.ManagementURL + "/"} {
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), issuer) {
			t.Errorf("%s: %d %v %s", address, resp.StatusCode, err, body)
		}
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("run did not end")
	}
	for _, want := range []string{
		"for development", u.ManagementURL, issuer,
		"export AWS_ENDPOINT_URL_STS=" + u.BaseURL + " AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1 " +
			"AWS_ACCESS_KEY_ID=DEVSTSORDERSLAMBDA AWS_SECRET_ACCESS_KEY=devsts-secret-orders-lambda\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("standard output lacks %s:\n%s", want, out.String())
		}
	}
	if left, err := filepath.Glob(file + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func waitForURLs(t *testing.T, file string, done <-chan error) urls {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-done:
			t.Fatalf("run ended: %v", err)
		default:
		}
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		var u urls
		if err != nil || json.Unmarshal(text, &u) != nil {
			t.Fatalf("%v in %q", err, text)
		}
		return u
	}
	t.Fatal("no file of URLs")
	return urls{}
}

func TestPrintConfig(t *testing.T) {
	var out bytes.Buffer
	if err := run(context.Background(), []string{"-print-config"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sts.json")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := run(context.Background(), []string{"-config", file, "-print-config"}, &again, io.Discard); err != nil {
		t.Fatal(err)
	}
	if out.String() != again.String() || !strings.Contains(out.String(), "DEVSTSORDERSLAMBDA") {
		t.Fatalf("got %s", again.String())
	}
}

func TestHelp(t *testing.T) {
	var help bytes.Buffer
	if err := run(context.Background(), []string{"-h"}, io.Discard, &help); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, want := range []string{"AWS_ENDPOINT_URL_STS=http://127.0.0.1:8010", "-listen address", "-manage address", "-config file", "-print-config", "-url-file file"} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("help lacks %q", want)
		}
	}
	for _, kind := range devsts.FaultKinds() {
		if !strings.Contains(help.String(), "kind="+string(kind)+" ") {
			t.Errorf("help lacks the fault %s", kind)
		}
	}
	for _, command := range []string{"overlap=", "/withdraw?", "-X DELETE", "/fetches'", "/fetches/reset", "/clock?offset=", "/clock'", "oidc_providers", "assume-role-with-web-identity"} {
		if !strings.Contains(help.String(), command) {
			t.Errorf("help lacks %s", command)
		}
	}
}

func TestFaults(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte(`{"accounts": [{"id": "1"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-listen", "0.0.0.0:0"}, "not a loopback address"},
		{[]string{"-listen", "127.0.0.1:0", "-manage", ":0"}, "not a loopback address"},
		{[]string{"-config", bad}, `accounts[0].id: "1" is not 12 digits`},
		{[]string{"-config", bad + ".missing"}, "no such file"},
		{[]string{"-listen", "127.0.0.1:0", "-manage", "127.0.0.1:0", "-url-file", bad + "/nowhere/urls"}, "writing "},
		{[]string{"extra"}, `unexpected argument "extra"`},
		{[]string{"-nonsense"}, "not defined"},
	} {
		err := run(context.Background(), c.args, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %s", c.args, err, c.want)
		}
	}
	err := run(context.Background(), []string{"-listen", "192.0.2.1:0"}, io.Discard, io.Discard)
	if !errors.Is(err, devsts.ErrNotLoopback) {
		t.Errorf("got %v", err)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{"abc/+=": "abc/+=", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'"} {
		if got := quote(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// TestPrintTrust: a role without keys is printed with what makes an SDK assume it.
func TestPrintTrust(t *testing.T) {
	config := devsts.Config{Accounts: []devsts.Account{{ID: "111122223333", Roles: []devsts.Role{
		{ARN: "arn:aws:iam::111122223333:role/partner", Trust: []devsts.TrustStatement{{Provider: "https://gateway.example"}}},
		{ARN: "arn:aws:iam::111122223333:role/keys", AccessKeyID: "KEYKEYKEYKEYKEY1", SecretAccessKey: "s"},
	}}}}
	var out bytes.Buffer
	urls{BaseURL: "http://127.0.0.1:8010"}.print(&out, config)
	const partner = "  # with a token of https://gateway.example in the file:\n" +
		"  export AWS_ENDPOINT_URL_STS=http://127.0.0.1:8010 AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1 " +
		"AWS_ROLE_ARN=arn:aws:iam::111122223333:role/partner AWS_WEB_IDENTITY_TOKEN_FILE=token.jwt\n"
	if text := out.String(); !strings.Contains(text, partner) || strings.Count(text, "AWS_ACCESS_KEY_ID") != 1 || strings.Count(text, "AWS_ROLE_ARN") != 1 {
		t.Errorf("got %s", text)
	}
}
