package explain

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// The twelfth mistake leaves no token: federation is disabled in the account.
// What the SDK says of it may be given to explain instead.
func TestFederationDisabled(t *testing.T) {
	c := devsts.DefaultConfig()
	c.Accounts[0].FederationDisabled = true
	server, err := devsts.New(c)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server.Handler())
	defer listener.Close()
	if err := server.SetBaseURL(listener.URL); err != nil {
		t.Fatal(err)
	}
	role := c.Accounts[0].Roles[0]
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-central-1"), config.WithBaseEndpoint(listener.URL),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(role.AccessKeyID, role.SecretAccessKey, role.SessionToken)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = sts.NewFromConfig(cfg).GetWebIdentityToken(t.Context(), &sts.GetWebIdentityTokenInput{
		Audience: []string{audience}, SigningAlgorithm: aws.String("ES384"),
	})
	if err == nil {
		t.Fatal("the call went through")
	}
	got := run(t, err.Error(), "explain", "--config", site(t, ""), "-")
	if got.code != 1 || !strings.Contains(got.lastLine(), "change: ") || !strings.Contains(got.lastLine(), "enable-outbound-web-identity-federation") {
		t.Errorf("exit %d: %s%s", got.code, got.stdout, got.stderr)
	}
	// The control: a message that is nobody's error.
	if got := run(t, "the call went wrong", "explain", "--config", site(t, ""), "-"); got.code != 2 || got.stdout != "" {
		t.Errorf("the control: exit %d: %s%s", got.code, got.stdout, got.stderr)
	}
}
