package kubernetes

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// kubeconfig is that of the page for a role, with addresses replaced, as client-go
// reads it. The plugin is the one of examples/clients.
func (w *world) kubeconfig(role string) *rest.Config {
	w.t.Helper()
	root, err := stack.Root()
	must(w.t, err)
	text := stacktest.Replaced(w.t, page(w.t).BlockWith("yaml", "kind: Config"),
		`cluster: {server: "https://k8s.example.com"}`, `cluster: {server: "https://`+w.gateway.Address+`", certificate-authority: `+w.front.file("ca.crt")+`}`,
		"command: gateway-credential.sh", "command: "+filepath.Join(root, "examples", "clients", "kubernetes", "gateway-credential.sh")+`
      env:
      - {name: AWS_ENDPOINT_URL_STS, value: "`+w.stsURL+`"}
      - {name: AWS_REGION, value: eu-central-1}
      - {name: AWS_ACCESS_KEY_ID, value: `+strings.ToUpper(role)+account+`}
      - {name: AWS_SECRET_ACCESS_KEY, value: secret-`+role+`}`)
	file := filepath.Join(w.t.TempDir(), "config")
	must(w.t, os.WriteFile(file, []byte(text), 0o600))
	config, err := clientcmd.BuildConfigFromFlags("", file)
	must(w.t, err)
	return config
}

// The real client gets its tokens by the plugin, learns who it is, and watches.
func TestRealClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, differences{})
	clients := make(map[string]*http.Client)
	for _, role := range []string{"deployer", "reports"} {
		config := w.kubeconfig(role)
		client, err := rest.HTTPClientFor(config)
		must(t, err)
		clients[role] = client
		response, err := client.Post(config.Host+review, "application/json", strings.NewReader(`{"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}`))
		must(t, err)
		var who struct {
			Status struct{ UserInfo struct{ Username string } }
		}
		must(t, json.NewDecoder(response.Body).Decode(&who))
		must(t, response.Body.Close())
		if want := "aws:" + account + ":" + role; who.Status.UserInfo.Username != want {
			t.Errorf("the client is %q, want %q", who.Status.UserInfo.Username, want)
		}
	}
	address := "https://" + w.gateway.Address + configMaps
	watch, err := clients["reports"].Get(address + "?watch=true")
	must(t, err)
	defer func() { _ = watch.Body.Close() }()
	for _, object := range []string{"first", "second"} { // each arrives while the watch goes on
		response, err := clients["deployer"].Post(address, "application/json",
			strings.NewReader(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "`+object+`"}}`))
		must(t, err)
		must(t, response.Body.Close())
	}
	lines := bufio.NewScanner(watch.Body)
	for _, object := range []string{"first", "second"} {
		for {
			if !lines.Scan() {
				t.Fatalf("the watch ended: %v", lines.Err())
			}
			if strings.Contains(lines.Text(), `"`+object+`"`) {
				break
			}
		}
	}
	// A viewer makes nothing.
	response, err := clients["reports"].Post(address, "application/json", strings.NewReader(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "third"}}`))
	must(t, err)
	must(t, response.Body.Close())
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("a viewer's ConfigMap: %s", response.Status)
	}
}

// exec goes by WebSocket as the caller, and is refused by SPDY, and without
// allow_upgrade.
func TestExec(t *testing.T) {
	t.Parallel()
	if againstReal() {
		t.Skip("there is no kubelet to execute anything")
	}
	execute := func(w *world, by func(config *rest.Config, address string) (remotecommand.Executor, error)) (string, error) {
		config := w.kubeconfig("deployer")
		executor, err := by(config, config.Host+"/api/v1/namespaces/shop/pods/web/exec?command=cat&stdin=true&stdout=true&stderr=true")
		must(t, err)
		var out, problems bytes.Buffer
		err = executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdin: strings.NewReader("hello"), Stdout: &out, Stderr: &problems})
		return out.String(), err
	}
	webSocket := func(config *rest.Config, address string) (remotecommand.Executor, error) {
		return remotecommand.NewWebSocketExecutor(config, http.MethodGet, address)
	}
	w := newWorld(t, differences{access: []string{"resources: [pods], verbs: [get, list, watch]}", "resources: [pods, pods/exec], verbs: [get, list, watch, create]}"}})
	if out, err := execute(w, webSocket); err != nil || out != deployer+": hello" {
		t.Errorf("by WebSocket: %q, %v", out, err)
	}
	if act := seen(t, w.cluster, 1)[0]; !act.acted(deployer, deployers, all) {
		t.Errorf("the API server saw %+v", act)
	}
	refused := func(w *world, how string, err error) {
		t.Helper()
		decision, logged := w.gateway.Decision(0)
		must(t, logged)
		if err == nil || decision.Reason != "upgrade_refused" || len(w.cluster.acts()) != 0 {
			t.Errorf("%s: %v, %+v", how, err, decision)
		}
	}
	_, err := execute(w, func(config *rest.Config, address string) (remotecommand.Executor, error) {
		return remotecommand.NewSPDYExecutor(config, http.MethodPost, mustURL(t, address))
	})
	refused(w, "by SPDY", err)
	without := newWorld(t, differences{caddyfile: []string{"\t\t\tallow_upgrade websocket\n", ""}})
	_, err = execute(without, webSocket)
	refused(without, "without allow_upgrade", err)
}
