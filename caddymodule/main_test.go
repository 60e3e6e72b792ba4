package caddymodule

import (
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if stop != nil {
		stop()
	}
	os.Exit(code)
}

const (
	audience = "https://orders.example"

	ordersAccount   = "111122223333"
	strangerAccount = "999988887777"
	ordersARN       = "arn:aws:iam::111122223333:role/orders-lambda"
	strangerARN     = "arn:aws:iam::999988887777:role/stranger"
)

// instant is what the clocks of all handlers, and of the issuers, show.
var instant = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return instant }

var stop func()

// sts is one local STS for all tests: making its RSA keys takes a while.
var sts = sync.OnceValue(func() *devsts.Server {
	config := devsts.DefaultConfig()
	config.Now = clock
	server, err := devsts.New(config)
	if err != nil {
		panic(err)
	}
	listening := httptest.NewServer(server.Handler())
	stop = listening.Close
	if err := server.SetBaseURL(listening.URL); err != nil {
		panic(err)
	}
	return server
})

func issuerOf(t testing.TB, account string) string {
	t.Helper()
	url, err := sts().IssuerURL(account)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// claims is a payload; aws is its part that is particular to AWS.
type claims struct{ top, aws map[string]any }

// mint signs the good claims of a role, changed by change.
func mint(t testing.TB, account, arn string, header map[string]any, change func(claims)) string {
	t.Helper()
	top, err := sts().GoodClaims(arn, audience)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(claims{top, top["https://sts.amazonaws.com/"].(map[string]any)})
	}
	token, err := sts().Mint(account, header, top)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func goodToken(t testing.TB) string { return mint(t, ordersAccount, ordersARN, nil, nil) }

// tokenWith is the good token with one thing changed.
func tokenWith(t testing.TB, change func(claims)) string {
	return mint(t, ordersAccount, ordersARN, nil, change)
}
