package stacktest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// STS is a local STS in the test's own process, so that tests can sign whatever
// they like with an issuer's keys. It has the accounts of devsts.DefaultConfig.
type STS struct {
	*devsts.Server
	t *testing.T
}

// NewSTS starts one, which ends with the test. Its answers bear the time of the
// clock that its tokens are made by.
func NewSTS(t *testing.T) *STS {
	t.Helper()
	server, err := devsts.New(devsts.DefaultConfig())
	Must(t, err)
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(server.ClockOffset()).UTC().Format(http.TimeFormat))
		server.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(listening.Close)
	Must(t, server.SetBaseURL(listening.URL))
	return &STS{server, t}
}

// Issuer is the URL of an account's issuer.
func (s *STS) Issuer(account string) string {
	s.t.Helper()
	url, err := s.IssuerURL(account)
	Must(s.t, err)
	return url
}

// Token has an account's issuer sign the good claims of a role for an audience,
// after a change, if there is one, of the header, the claims, and those among them
// that are particular to AWS.
func (s *STS) Token(account, role, audience string, change func(header, top, aws map[string]any)) string {
	s.t.Helper()
	top, err := s.GoodClaims(role, audience)
	Must(s.t, err)
	header := make(map[string]any)
	if change != nil {
		aws, _ := top["https://sts.amazonaws.com/"].(map[string]any)
		change(header, top, aws)
	}
	token, err := s.Mint(account, header, top)
	Must(s.t, err)
	return token
}
