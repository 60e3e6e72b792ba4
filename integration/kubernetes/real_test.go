package kubernetes

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// server is a real kube-apiserver with an etcd of its own.
type server struct {
	t     *testing.T
	at    string
	log   string // the audit log
	admin *http.Client

	mu   sync.Mutex
	read int64 // of the audit log
}

// againstReal says whether the tests run against a real API server.
func againstReal() bool { return os.Getenv("KUBE_APISERVER") != "" }

// auditPolicy leaves out what the test and the server ask themselves.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, users: ["system:apiserver", "test-admin"]}
- {level: Metadata}
`

func startReal(t *testing.T, filter string, cas, proxies *authority, allowed access) *server {
	t.Helper()
	directory := t.TempDir()
	s := &server{t: t, at: stacktest.FreeAddress(t), log: filepath.Join(directory, "audit.log")}
	cas.issue("apiserver", name("kube-apiserver"))
	admin := cas.issue("admin", name("test-admin", "system:masters"))
	s.admin = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cas.Pool(), Certificates: []tls.Certificate{admin}, MinVersion: tls.VersionTLS12}}}
	t.Cleanup(s.admin.CloseIdleConnections)
	for file, text := range map[string]string{
		"policy.yaml": auditPolicy, "tokens.csv": serviceAccountToken + ",system:serviceaccount:kube-system:aws-gateway,1\n",
	} {
		must(t, os.WriteFile(filepath.Join(directory, file), []byte(text), 0o600))
	}
	etcd := s.startEtcd(directory)
	_, port, err := net.SplitHostPort(s.at)
	must(t, err)
	program, err := stack.StartProgram(directory, s.at, nil, os.Getenv("KUBE_APISERVER"),
		"--etcd-servers="+etcd, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none", "--secure-port="+port,
		"--tls-cert-file="+cas.file("apiserver.crt"), "--tls-private-key-file="+cas.file("apiserver.key"),
		"--client-ca-file="+cas.file("ca.crt"), "--requestheader-client-ca-file="+proxies.file("ca.crt"), "--requestheader-allowed-names=front-proxy,aws-gateway",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--token-auth-file="+filepath.Join(directory, "tokens.csv"), "--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-signing-key-file="+cas.file("apiserver.key"),
		"--service-account-key-file="+cas.file("apiserver.crt"), "--service-cluster-ip-range=10.96.0.0/16",
		"--audit-log-path="+s.log, "--audit-policy-file="+filepath.Join(directory, "policy.yaml"), "--audit-log-mode=blocking",
		fmt.Sprintf("--feature-gates=ConstrainedImpersonation=%t", filter == "constrained"))
	must(t, err)
	t.Cleanup(func() { _ = program.Stop() })
	stacktest.Eventually(t, "the API server is ready", func() bool {
		select {
		case <-program.Ended():
			t.Fatalf("the API server ended:\n%s", strings.Join(program.Log(), "\n"))
		default:
		}
		return s.ask(http.MethodGet, "/readyz", nil) == nil
	})
	s.fill(allowed)
	return s
}

func (s *server) startEtcd(directory string) string {
	s.t.Helper()
	client, peer := stacktest.FreeAddress(s.t), stacktest.FreeAddress(s.t)
	etcd, err := stack.StartProgram(directory, client, nil, os.Getenv("ETCD"), "--data-dir="+filepath.Join(directory, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls=http://"+client, "--advertise-client-urls=http://"+client,
		"--listen-peer-urls=http://"+peer, "--initial-advertise-peer-urls=http://"+peer, "--initial-cluster=default=http://"+peer)
	must(s.t, err)
	s.t.Cleanup(func() { _ = etcd.Stop() })
	return "http://" + client
}

// fill makes the page's objects, and gives view and edit the rules that a controller
// would.
func (s *server) fill(allowed access) {
	s.t.Helper()
	const group = "/apis/rbac.authorization.k8s.io/v1/"
	must(s.t, s.ask(http.MethodPost, "/api/v1/namespaces", map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "shop"}}))
	for _, role := range defaultClusterRoles() {
		if role.Name == "edit" || role.Name == "view" {
			filled := &rbacv1.ClusterRole{TypeMeta: role.TypeMeta, ObjectMeta: role.ObjectMeta, Rules: role.Rules, AggregationRule: role.AggregationRule}
			must(s.t, s.ask(http.MethodPut, group+"clusterroles/"+role.Name, filled))
		}
	}
	for _, each := range allowed.clusterRoles {
		must(s.t, s.ask(http.MethodPost, group+"clusterroles", each))
	}
	for _, each := range allowed.clusterRoleBindings {
		must(s.t, s.ask(http.MethodPost, group+"clusterrolebindings", each))
	}
	for _, each := range allowed.roles {
		must(s.t, s.ask(http.MethodPost, group+"namespaces/"+each.Namespace+"/roles", each))
	}
	for _, each := range allowed.roleBindings {
		must(s.t, s.ask(http.MethodPost, group+"namespaces/"+each.Namespace+"/rolebindings", each))
	}
}

// ask has the administrator ask for something.
func (s *server) ask(method, path string, object any) error {
	text, err := json.Marshal(object)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, "https://"+s.at+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := s.admin.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if answer, err := io.ReadAll(response.Body); err != nil || response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return nil
}

func (s *server) address() string { return s.at }

func (s *server) acts() (acts []act) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := os.Open(s.log)
	must(s.t, err)
	defer func() { _ = file.Close() }()
	_, err = file.Seek(s.read, io.SeekStart)
	must(s.t, err)
	text, err := io.ReadAll(file)
	must(s.t, err)
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	s.read += int64(len(whole))
	for line := range strings.Lines(string(whole)) {
		var event auditv1.Event
		must(s.t, json.Unmarshal([]byte(line), &event))
		if event.Stage != auditv1.StageResponseComplete {
			continue
		}
		seen := act{User: event.User.Username, URI: event.RequestURI}
		if event.ResponseStatus != nil {
			seen.Code = int(event.ResponseStatus.Code)
		}
		if as := event.ImpersonatedUser; as != nil {
			seen.As, seen.Groups, seen.More = as.Username, as.Groups, len(as.Extra) > 0 || as.UID != ""
		}
		acts = append(acts, seen)
	}
	return acts
}
