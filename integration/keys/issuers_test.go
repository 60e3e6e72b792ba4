package keys

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

const (
	audience = "orders.internal"
	aws      = "https://sts.amazonaws.com/" // the claim that holds what is particular to AWS

	// Of the default accounts: two of one organization, and a stranger.
	orders   = "111122223333"
	billing  = "444455556666"
	stranger = "999988887777"
)

// issuers is a local STS in this process, whose server can go down and come
// back where it was.
type issuers struct {
	*devsts.Server
	t       *testing.T
	address string
	handler http.Handler
	tls     *tls.Config // nil is plain http

	rotated bool

	mu       sync.Mutex
	listener net.Listener
	server   *http.Server // nil while it is down
}

// newIssuers starts the default accounts' issuers, on plain http.
func newIssuers(t *testing.T) *issuers {
	t.Helper()
	return startIssuers(t, devsts.DefaultConfig(), "", nil)
}

// startIssuers starts issuers whose URLs begin with base, or with where they
// listen if that is empty.
func startIssuers(t *testing.T, config devsts.Config, base string, secure *tls.Config) *issuers {
	t.Helper()
	server := used.take(len(config.Accounts))
	if server == nil {
		var err error
		server, err = devsts.New(config)
		must(t, err)
	}
	s := &issuers{Server: server, t: t, address: freeAddress(t), handler: server.Handler(), tls: secure}
	if base == "" {
		base = "http://" + s.address
	}
	must(t, s.SetBaseURL(base))
	s.up()
	t.Cleanup(func() {
		s.down()
		if !s.rotated {
			used.put(len(config.Accounts), server)
		}
	})
	return s
}

// servers are those that a test has done with, by how many accounts they have:
// the next one saves the time that it takes to make RSA keys.
type servers struct {
	mu   sync.Mutex
	free map[int][]*devsts.Server
}

var used = servers{free: make(map[int][]*devsts.Server)}

func (u *servers) take(accounts int) *devsts.Server {
	u.mu.Lock()
	defer u.mu.Unlock()
	free := u.free[accounts]
	if len(free) == 0 {
		return nil
	}
	server := free[len(free)-1]
	u.free[accounts] = free[:len(free)-1]
	return server
}

// put takes back a server that nobody reaches any more, and that is as it was
// but for keys that it has made.
func (u *servers) put(accounts int, server *devsts.Server) {
	if server.ClearFaults("") != nil {
		return
	}
	server.ResetFetches()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.free[accounts] = append(u.free[accounts], server)
}

func (s *issuers) up() {
	s.t.Helper()
	listener := listen(s.t, s.address)
	if s.tls != nil {
		listener = tls.NewListener(listener, s.tls)
	}
	// Clients that do not trust its certificate are nothing to print.
	server := &http.Server{Handler: s.handler, ErrorLog: log.New(io.Discard, "", 0)}
	s.mu.Lock()
	s.listener, s.server = listener, server
	s.mu.Unlock()
	go func() { _ = server.Serve(listener) }()
}

// down closes the server's port and cuts its connections.
func (s *issuers) down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		_ = s.listener.Close() // the server may not know it yet
		_ = s.server.Close()
		s.server = nil
	}
}

func (s *issuers) url(account string) string {
	s.t.Helper()
	issuer, err := s.IssuerURL(account)
	must(s.t, err)
	return issuer
}

// fetched is how often an account's documents were asked for.
func (s *issuers) fetched(account string) devsts.FetchCount {
	issuer := s.url(account)
	return s.Fetches().Issuers[issuer[strings.LastIndexByte(issuer, '/')+1:]]
}

// rotate gives an account new keys, and withdraws the old ones or not.
func (s *issuers) rotate(account string, withdraw bool) {
	s.t.Helper()
	s.rotated = true
	must(s.t, s.Rotate(account, withdraw))
}

// fault puts a kind of fault in force for an account, or for all.
func (s *issuers) fault(account string, kind devsts.FaultKind) {
	s.t.Helper()
	must(s.t, s.SetFault(devsts.Fault{Issuer: account, Kind: kind}))
}

// token is one that an issuer signed, or somebody in its name.
type token struct{ text, id string }

// roleOf is who gets an account's token unless a test says otherwise.
func roleOf(account string) string {
	switch account {
	case orders:
		return "orders-lambda"
	case billing:
		return "billing-ec2"
	case stranger:
		return "stranger"
	}
	return "role-" + account
}

// token makes a good one for an account.
func (s *issuers) token(account string) token {
	s.t.Helper()
	return s.mint(roleOf(account), account, nil)
}

// mint signs a role's good claims after a change with the keys of an account,
// which need not be the role's own. It makes the account's RSA key, too, so that
// no fetch has to wait for that.
func (s *issuers) mint(roleName, signer string, change func(header, claims map[string]any)) token {
	s.t.Helper()
	claims, err := s.GoodClaims(roleName, audience)
	must(s.t, err)
	header := map[string]any{}
	if change != nil {
		change(header, claims)
	}
	_, err = s.SigningKey(signer, devsts.RS256)
	must(s.t, err)
	text, err := s.Mint(signer, header, claims)
	must(s.t, err)
	return token{text, fmt.Sprint(claims["jti"])}
}

// withKID changes the ID of the key that a token names.
func withKID(kid string) func(header, claims map[string]any) {
	return func(header, _ map[string]any) { header["kid"] = kid }
}

// signedRS256 changes the algorithm, and with it the key.
func signedRS256(header, _ map[string]any) { header["alg"] = devsts.RS256 }

// accounts is a configuration with as many accounts, whose IDs are accountID(0)
// and so on and who have one role each.
func accounts(n int) devsts.Config {
	var c devsts.Config
	for i := range n {
		id := accountID(i)
		c.Accounts = append(c.Accounts, devsts.Account{
			ID: id, IssuerID: "00000000-0000-4000-8000-" + id, OrgID: "o-devsts0001",
			Roles: []devsts.Role{{
				ARN:             "arn:aws:iam::" + id + ":role/" + roleOf(id),
				AccessKeyID:     fmt.Sprintf("DEVSTSROLE%010d", i),
				SecretAccessKey: "devsts-secret",
			}},
		})
	}
	return c
}

func accountID(n int) string { return fmt.Sprintf("2000000000%02d", n) }
