package kubernetes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/sets"
	auditinternal "k8s.io/apiserver/pkg/apis/audit"
	"k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/websocket"
	x509request "k8s.io/apiserver/pkg/authentication/request/x509"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/filters"
	"k8s.io/apiserver/pkg/endpoints/filters/impersonation"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// chain is the handler chain of a real API server, in its order, before objects.
type chain struct {
	server *httptest.Server

	mu   sync.Mutex
	seen []act
}

// impersonationFilters are the two that a server may have: the first by default
// since 1.36.
var impersonationFilters = map[string]func(http.Handler, authorizer.UnconditionalAuthorizer, runtime.NegotiatedSerializer) http.Handler{
	"constrained": impersonation.WithConstrainedImpersonation, "before 1.36": impersonation.WithImpersonation,
}

// serviceAccountToken is that of the service account kube-system/aws-gateway.
const serviceAccountToken = "service-account-token"

// startChain starts one that believes the certificates of a CA, and X-Remote-User
// of those of another.
func startChain(t *testing.T, filter string, cas, proxies *authority, allowed authorizer.Authorizer) *chain {
	t.Helper()
	c := &chain{}
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	codecs := serializer.NewCodecFactory(scheme)
	evaluator := policy.NewFakePolicyRuleEvaluator(auditinternal.LevelMetadata, nil)
	long := func(_ *http.Request, info *request.RequestInfo) bool {
		return info.Verb == "watch" || info.Subresource == "exec"
	}

	handler := objects()
	handler = filters.WithAuthorization(handler, allowed, codecs)
	handler = impersonationFilters[filter](handler, allowed, codecs)
	handler = filters.WithAudit(handler, c, evaluator, long)
	failed := filters.WithFailedAuthenticationAudit(filters.Unauthorized(codecs), c, evaluator)
	handler = filters.WithAuthentication(handler, authentication(cas.Pool(), proxies.Pool()), failed, nil, nil)
	handler = filters.WithRequestInfo(handler, &request.RequestInfoFactory{
		APIPrefixes: sets.NewString("api", "apis"), GrouplessAPIPrefixes: sets.NewString("api"),
	})
	handler = filters.WithRequestReceivedTimestamp(filters.WithAuditInit(handler))
	c.server = httptest.NewUnstartedServer(handler)
	c.server.TLS = &tls.Config{
		Certificates: []tls.Certificate{cas.issue("apiserver", name("kube-apiserver"))},
		ClientAuth:   tls.RequestClientCert, MinVersion: tls.VersionTLS12,
	}
	c.server.EnableHTTP2 = true
	c.server.StartTLS()
	t.Cleanup(c.server.Close)
	return c
}

// authentication is that of kubeadm's servers: front proxies, certificates, tokens,
// also those of WebSocket's subprotocols, anonymous.
func authentication(cas, proxies *x509.CertPool) authenticator.Request {
	verify := func(roots *x509.CertPool) x509request.VerifyOptionFunc {
		options := x509request.DefaultVerifyOptions()
		options.Roots = roots
		return x509request.StaticVerifierFn(options)
	}
	words := func(text ...string) headerrequest.StringSliceProvider { return headerrequest.StaticStringSlice(text) }
	proxy := headerrequest.NewDynamicVerifyOptionsSecure(verify(proxies), words(), words("X-Remote-User"), words(), words("X-Remote-Group"), words("X-Remote-Extra-"))
	certificate := x509request.NewDynamic(verify(cas), x509request.CommonNameUserConversion)
	tokens := authenticator.TokenFunc(func(_ context.Context, token string) (*authenticator.Response, bool, error) {
		if token != serviceAccountToken {
			return nil, false, nil
		}
		return &authenticator.Response{User: &user.DefaultInfo{Name: "system:serviceaccount:kube-system:aws-gateway"}}, true, nil
	})
	known := union.New(proxy, certificate, bearertoken.New(tokens), websocket.NewProtocolAuthenticator(tokens))
	return union.NewFailOnError(group.NewAuthenticatedGroupAdder(known), anonymous.NewAuthenticator(nil))
}

// ProcessEvents makes the chain its own audit log.
func (c *chain) ProcessEvents(events ...*auditinternal.Event) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, event := range events {
		if event.Stage != auditinternal.StageResponseComplete {
			continue
		}
		seen := act{User: event.User.Username, URI: event.RequestURI}
		if event.ResponseStatus != nil {
			seen.Code = int(event.ResponseStatus.Code)
		}
		if as := event.ImpersonatedUser; as != nil {
			seen.As, seen.Groups, seen.More = as.Username, as.Groups, len(as.Extra) > 0 || as.UID != ""
		}
		c.seen = append(c.seen, seen)
	}
	return true
}

func (c *chain) address() string { return c.server.Listener.Addr().String() }

func (c *chain) acts() []act {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := c.seen
	c.seen = nil
	return seen
}
