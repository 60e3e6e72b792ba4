package attack

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// startSTS is a devsts with accounts of its own, accountID(0) and so on, each
// with one role. Its faults hurt no other probe.
func startSTS(accounts int) *devsts.Server {
	var c devsts.Config
	for n := range accounts {
		id := accountID(n)
		c.Accounts = append(c.Accounts, devsts.Account{
			ID: id, IssuerID: "00000000-0000-4000-8000-" + id, OrgID: "o-devsts0001",
			Roles: []devsts.Role{{
				ARN: "arn:aws:iam::" + id + ":role/role-" + id, AccessKeyID: fmt.Sprintf("DEVSTSROLE%010d", n), SecretAccessKey: "devsts-secret",
			}},
		})
	}
	server, err := devsts.New(c)
	if err != nil {
		panic(err)
	}
	if err := server.SetBaseURL(httptest.NewServer(server.Handler()).URL); err != nil {
		panic(err)
	}
	return server
}

func accountID(n int) string { return fmt.Sprintf("2000000000%02d", n) }

func urlOf(server *devsts.Server, account string) string {
	url, err := server.IssuerURL(account)
	if err != nil {
		panic(err)
	}
	return url
}

// mintOf makes a good token of an account's role.
func mintOf(t *testing.T, server *devsts.Server, account string) string {
	t.Helper()
	claims, err := server.GoodClaims("role-"+account, audience)
	if err != nil {
		t.Fatal(err)
	}
	token, err := server.Mint(account, nil, claims)
	if err != nil {
		t.Fatal(err)
	}
	return canaries.note(token)
}

// mustFreeAddress is a free address of loopback.
func mustFreeAddress() string {
	address, err := stack.FreeAddress()
	if err != nil {
		panic(err)
	}
	return address
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// contains reports whether the text has all the parts.
func contains(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
