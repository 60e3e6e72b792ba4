package federation

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

const (
	account = "444455556666"
	partner = "arn:aws:iam::444455556666:role/team/partner"
)

// startSTS runs the built devsts with the issuer as a provider of the account,
// and a role that trusts the caller's tokens for AWS.
func startSTS(t *testing.T, i *issuer) *stack.STS {
	t.Helper()
	c := devsts.DefaultConfig()
	name := i.url[strings.Index(i.url, "://")+3:]
	c.Accounts[1].OIDCProviders = []devsts.OIDCProvider{{URL: i.url, ClientIDs: []string{audience, "other"}, AllowLoopback: true, CAFile: i.caFile}}
	c.Accounts[1].Roles = append(c.Accounts[1].Roles, devsts.Role{ARN: partner, Trust: []devsts.TrustStatement{{Provider: i.url, Condition: map[string]map[string][]string{
		"StringEquals": {name + ":aud": {audience}},
		"StringLike":   {name + ":sub": {"arn:aws:iam::111122223333:role/service/*", "spiffe://gateway.example/*"}},
	}}}})
	directory := t.TempDir()
	file := filepath.Join(directory, "config.json")
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := stack.StartSTS(binaries, directory, "-config", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// client is an STS client with nothing but the environment, which may have more:
// names, each with its value.
func client(t *testing.T, server *stack.STS, more ...string) *sts.Client {
	t.Helper()
	env := server.Environment("", "")
	for n := 0; n < len(more); n += 2 {
		env[more[n]] = more[n+1]
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sts.NewFromConfig(cfg)
}

// file is where the SDK reads the token from.
func file(t *testing.T, token string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token.jwt")
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRoleProvider goes the whole way with the SDK's own provider: a token of the
// issuer, credentials of the other account, and that account's own token.
func TestRoleProvider(t *testing.T) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{"http": httptest.NewServer, "https": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			i := startIssuer(t, "/tenant", start)
			server := startSTS(t, i)
			for kid, subject := range map[string]string{"ec": caller, "rsa": "spiffe://gateway.example/aws/orders"} {
				anonymous := client(t, server)
				token := i.token(t, kid, nil, edits{"sub": subject})
				provider := stscreds.NewWebIdentityRoleProvider(anonymous, partner, stscreds.IdentityTokenFile(file(t, token)), func(o *stscreds.WebIdentityRoleOptions) {
					o.RoleSessionName, o.Duration = "circle", 15*time.Minute
				})
				credentials, err := provider.Retrieve(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if left := time.Until(credentials.Expires); left > 15*time.Minute || left < 14*time.Minute || credentials.AccountID != account || !strings.HasPrefix(credentials.AccessKeyID, "ASIA") {
					t.Errorf("credentials of %s, %s, for %s", credentials.AccountID, credentials.AccessKeyID, left)
				}
				cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: aws.String(server.BaseURL), Credentials: aws.NewCredentialsCache(provider)}
				ownToken(t, sts.NewFromConfig(cfg), server.Issuers[account], i)
			}
		})
	}
}

// ownToken gets a token of the assumed role and looks at what it says.
func ownToken(t *testing.T, c *sts.Client, issuerURL string, i *issuer) {
	t.Helper()
	identity, err := c.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(*identity.Arn, "arn:aws:sts::444455556666:assumed-role/partner/") || *identity.Account != account {
		t.Errorf("it is %s of %s", *identity.Arn, *identity.Account)
	}
	for _, alg := range []string{"ES384", "RS256"} {
		out, err := c.GetWebIdentityToken(t.Context(), &sts.GetWebIdentityTokenInput{Audience: []string{"https://orders.example"}, SigningAlgorithm: aws.String(alg)})
		if err != nil {
			t.Fatal(err)
		}
		// The account's own token meets what AWS asks of others, but for what
		// AWS itself leaves out of its discovery document.
		for _, f := range Conform(t.Context(), Candidate{Issuer: issuerURL, Token: *out.WebIdentityToken, ClientIDs: []string{"https://orders.example"}, AllowLoopback: true}) {
			if f.Requirement != DiscoveryMembers {
				t.Errorf("%s: %s", alg, f)
			}
		}
		var claims map[string]any
		if !segment(strings.Split(*out.WebIdentityToken, ".")[1], &claims) {
			t.Fatal("no claims")
		}
		own, _ := claims["https://sts.amazonaws.com/"].(map[string]any)
		provider := "arn:aws:iam::444455556666:oidc-provider/" + i.url[strings.Index(i.url, "://")+3:]
		if claims["sub"] != partner || own["aws_account"] != account || own["principal_id"] != partner || own["federated_provider"] != provider {
			t.Errorf("%s: claims %v", alg, claims)
		}
		ends, err := time.Parse(time.RFC3339, own["original_session_exp"].(string))
		if left := time.Until(ends); err != nil || left > time.Hour || left < 14*time.Minute {
			t.Errorf("%s: the session ends in %s (%v)", alg, left, err)
		}
	}
}

// TestEnvironment: two variables are all that a program of the SDK needs.
func TestEnvironment(t *testing.T) {
	i := startIssuer(t, "", httptest.NewServer)
	server := startSTS(t, i)
	c := client(t, server, "AWS_ROLE_ARN", partner, "AWS_WEB_IDENTITY_TOKEN_FILE", file(t, i.token(t, "ec", nil, nil)), "AWS_ROLE_SESSION_NAME", "env")
	ownToken(t, c, server.Issuers[account], i)
}

func TestOutput(t *testing.T) {
	i := startIssuer(t, "", httptest.NewServer)
	out, err := client(t, startSTS(t, i)).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(partner), RoleSessionName: aws.String("me@work"), WebIdentityToken: aws.String(i.token(t, "ec", nil, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if *out.SubjectFromWebIdentityToken != caller || *out.Audience != audience || *out.Provider != "arn:aws:iam::444455556666:oidc-provider/"+strings.TrimPrefix(i.url, "http://") ||
		*out.AssumedRoleUser.Arn != "arn:aws:sts::444455556666:assumed-role/partner/me@work" || !strings.HasSuffix(*out.AssumedRoleUser.AssumedRoleId, ":me@work") {
		t.Errorf("got %+v %+v", out, out.AssumedRoleUser)
	}
	if left := time.Until(*out.Credentials.Expiration); left > time.Hour || left < 59*time.Minute {
		t.Errorf("for %s", left)
	}
}

// TestTypedErrors: the SDK knows each refusal by its type. The first call, with
// nothing changed, passes.
func TestTypedErrors(t *testing.T) {
	i := startIssuer(t, "", httptest.NewServer)
	server := startSTS(t, i)
	c := client(t, server, "AWS_MAX_ATTEMPTS", "1")
	call := func(token string, change func(*sts.AssumeRoleWithWebIdentityInput)) error {
		in := &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String(partner), RoleSessionName: aws.String("run"), WebIdentityToken: aws.String(token)}
		if change != nil {
			change(in)
		}
		_, err := c.AssumeRoleWithWebIdentity(t.Context(), in)
		return err
	}
	good := i.token(t, "ec", nil, nil)
	if err := call(good, nil); err != nil {
		t.Fatal(err)
	}
	var invalid *types.InvalidIdentityTokenException
	if err := call(i.token(t, "ec", nil, edits{"aud": "https://orders.example"}), nil); !errors.As(err, &invalid) || invalid.ErrorMessage() != "Incorrect token audience" {
		t.Errorf("got %v", err)
	}
	var expired *types.ExpiredTokenException
	if err := call(i.token(t, "ec", nil, edits{"exp": time.Now().Unix() - 1}), nil); !errors.As(err, &expired) {
		t.Errorf("got %v", err)
	}
	var malformed *types.MalformedPolicyDocumentException
	if err := call(good, func(in *sts.AssumeRoleWithWebIdentityInput) { in.Policy = aws.String("{") }); !errors.As(err, &malformed) {
		t.Errorf("got %v", err)
	}
	for code, err := range map[string]error{
		"AccessDenied":    call(i.token(t, "ec", nil, edits{"sub": "arn:aws:iam::999988887777:role/service/orders"}), nil),
		"ValidationError": call(good, func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = aws.Int32(899) }),
	} {
		var refused smithy.APIError
		if !errors.As(err, &refused) || refused.ErrorCode() != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	i.change(func(i *issuer) { i.discovery["jwks_uri"] = "https://127.0.0.1:1/keys" })
	var away *types.IDPCommunicationErrorException
	if err := call(good, nil); !errors.As(err, &away) {
		t.Errorf("got %v", err)
	}
}

// TestSignedCalls: the credentials count only together with their session token.
func TestSignedCalls(t *testing.T) {
	i := startIssuer(t, "", httptest.NewServer)
	server := startSTS(t, i)
	out, err := client(t, server).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(partner), RoleSessionName: aws.String("run"), WebIdentityToken: aws.String(i.token(t, "ec", nil, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ session, code string }{
		"all of them":           {*out.Credentials.SessionToken, ""},
		"no session token":      {"", "InvalidClientTokenId"},
		"another session token": {"x" + *out.Credentials.SessionToken, "InvalidClientTokenId"},
	} {
		c := client(t, server, "AWS_ACCESS_KEY_ID", *out.Credentials.AccessKeyId, "AWS_SECRET_ACCESS_KEY", *out.Credentials.SecretAccessKey, "AWS_SESSION_TOKEN", tt.session)
		_, err := c.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		var refused smithy.APIError
		if (tt.code == "") != (err == nil) || err != nil && (!errors.As(err, &refused) || refused.ErrorCode() != tt.code) {
			t.Errorf("%s: got %v, want %q", name, err, tt.code)
		}
	}
}
