package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// devsts is the running binary, and binaries where the commands were built;
// TestMain sets them once, before any test.
var (
	devsts   *stack.STS
	binaries string
)

func TestMain(m *testing.M) {
	code, err := withDevsts(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration/sdk:", err)
		code = 1
	}
	os.Exit(code)
}

// configJSON has what the built-in configuration does not: a short session, a role
// without permissions, and an account where federation is off.
const configJSON = `{"accounts": [
	{"id": "111122223333", "issuer_id": "11112222-3333-4111-8111-111122223333", "org_id": "o-devsts0001",
		"ou_path": ["o-devsts0001/r-dev1/ou-dev1-prod0001/"], "roles": [
		{"arn": "arn:aws:iam::111122223333:role/service/orders", "access_key_id": "DEVSTSORDERS0000", "secret_access_key": "orders/secret+1=",
			"principal_tags": {"team": "orders"}},
		{"arn": "arn:aws:iam::111122223333:role/short", "access_key_id": "DEVSTSSHORT00000", "secret_access_key": "short",
			"session_token": "session/token+1==", "session_seconds": 900},
		{"arn": "arn:aws:iam::111122223333:role/denied", "access_key_id": "DEVSTSDENIED0000", "secret_access_key": "denied",
			"deny": ["sts:GetWebIdentityToken"]}]},
	{"id": "222233334444", "issuer_id": "22223333-4444-4222-8222-222233334444", "federation_disabled": true, "roles": [
		{"arn": "arn:aws:iam::222233334444:role/off", "access_key_id": "DEVSTSOFF0000000", "secret_access_key": "off"}]}]}`

// withDevsts builds and starts the binary, calls f, and stops the binary.
func withDevsts(f func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "devsts-sdk-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := stack.Build(context.Background(), dir); err != nil {
		return 0, err
	}
	binaries = dir
	configFile := filepath.Join(dir, "config.json")
	if err := os.WriteFile(configFile, []byte(configJSON), 0o600); err != nil {
		return 0, err
	}
	if devsts, err = stack.StartSTS(dir, dir, "-config", configFile); err != nil {
		return 0, err
	}
	code = f()
	if log := devsts.Log(); len(log) > 0 {
		fmt.Fprintln(os.Stderr, strings.Join(log, "\n"))
	}
	select {
	case <-devsts.Ended():
		return code, errors.New("devsts ended during the tests")
	default:
	}
	// SDK clients keep connections open; they are idle and end with the server.
	return code, devsts.Stop()
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", url, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
}
