package kubernetes

import (
	"crypto/x509/pkix"
	"slices"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// cluster is an API server.
type cluster interface {
	address() string
	// acts are the requests that it has answered since the last call, as its audit
	// log has them.
	acts() []act
}

func startCluster(t *testing.T, filter string, cas, proxies *authority, allowed access) cluster {
	t.Helper()
	if againstReal() {
		return startReal(t, filter, cas, proxies, allowed)
	}
	return startChain(t, filter, cas, proxies, allowed.authorizer())
}

// act is what an audit log says of a request.
type act struct {
	User   string   // whom the API server authenticated
	As     string   // whom that one impersonated; "" is nobody
	Groups []string // of As
	More   bool     // whether As has a UID or extra fields
	URI    string
	Code   int
}

// seen waits until the cluster has answered a number of requests, and returns them.
func seen(t *testing.T, c cluster, number int) (all []act) {
	t.Helper()
	stacktest.Eventually(t, "the API server wrote its audit log", func() bool {
		all = append(all, c.acts()...)
		return len(all) >= number
	})
	if len(all) != number {
		t.Fatalf("the API server saw %d requests, want %d: %+v", len(all), number, all)
	}
	return all
}

// acted says that a request was made by the gateway as somebody else, and as nobody
// more.
func (a act) acted(as string, groups ...string) bool {
	slices.Sort(groups)
	have := slices.Clone(a.Groups)
	slices.Sort(have)
	return a.User == gatewayUser && a.As == as && slices.Equal(have, groups) && !a.More
}

const gatewayUser = "aws-gateway"

func name(common string, groups ...string) pkix.Name {
	return pkix.Name{CommonName: common, Organization: groups}
}

var must = stacktest.Must
