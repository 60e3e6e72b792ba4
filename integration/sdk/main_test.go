package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// urls is what devsts writes with -url-file.
type urls struct {
	BaseURL       string            `json:"base_url"`
	ManagementURL string            `json:"management_url"`
	Issuers       map[string]string `json:"issuers"`
}

// devsts is the running binary; TestMain sets it once, before any test.
var devsts urls

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
	binary, configFile, urlFile := filepath.Join(dir, "devsts"), filepath.Join(dir, "config.json"), filepath.Join(dir, "urls.json")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/devsts").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building devsts: %w\n%s", err, out)
	}
	if err := os.WriteFile(configFile, []byte(configJSON), 0o600); err != nil {
		return 0, err
	}
	cmd := exec.Command(binary, "-listen", "127.0.0.1:0", "-manage", "127.0.0.1:0", "-config", configFile, "-url-file", urlFile)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("starting devsts: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	if err := waitForURLs(urlFile, exited); err != nil {
		_ = cmd.Process.Kill()
		return 0, err
	}
	code = f()
	// SDK clients keep connections open; they are idle and end with the server.
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return code, fmt.Errorf("stopping devsts: %w", err)
	}
	select {
	case err := <-exited:
		if err != nil {
			return code, fmt.Errorf("devsts did not stop cleanly: %w", err)
		}
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		return code, errors.New("devsts did not stop within 10 s of SIGTERM")
	}
	return code, nil
}

func waitForURLs(file string, exited <-chan error) error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-exited:
			return fmt.Errorf("devsts ended: %w", err)
		default:
		}
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &devsts)
	}
	return errors.New("devsts wrote no file of URLs within 20 s")
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
