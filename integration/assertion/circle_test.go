package assertion

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/federation"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

const (
	billing = "444455556666"
	partner = "arn:aws:iam::444455556666:role/partner"
	forAWS  = "sts.amazonaws.com"
	caller  = "spiffe://corp.example/aws/111122223333/orders"
)

// circleSites let callers of two accounts in, and make assertions that the second
// one's IAM takes; the last of them is made out to somebody else.
const circleSites = `
(asserting) {
	aws_jwt {
		issuer ORDERS 111122223333
		issuer BILLING 444455556666
		audience orders.internal
		assertion {
			issuer SELF/{args[0]}
			algorithm {args[1]}
			audience {args[2]}
			subject spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.team}
		}
	}
	reverse_proxy UPSTREAM
}
(trading) {
	aws_jwt_issuer SELF/{args[0]} {
		algorithm {args[1]}
		exchange {
			audience sts.amazonaws.com https://partner.example
			subject  spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.team}
			aws_jwt {
				issuer ORDERS 111122223333
				audience orders.internal
			}
		}
	}
}
http://127.0.0.1:PORT {
	import trading es ES256
	import trading rs RS256
	respond 404
}
http://es.test:PORT {
	import asserting es ES256 sts.amazonaws.com
}
http://rs.test:PORT {
	import asserting rs RS256 sts.amazonaws.com
}
http://else.test:PORT {
	import asserting es ES256 https://partner.example
}
http://again.test:PORT {
	aws_jwt {
		issuer ORDERS 111122223333
		issuer BILLING 444455556666
		audience orders.internal
	}
	reverse_proxy UPSTREAM
}
`

// circle is AWS, which has the gateway's issuers as identity providers of an
// account, and the gateway.
type circle struct {
	*world
	sts *stack.STS
}

func newCircle(t *testing.T) circle {
	t.Helper()
	w := newWorld(t)
	c := devsts.DefaultConfig()
	role := devsts.Role{ARN: partner, PrincipalTags: map[string]string{"team": "partner"}}
	for _, path := range []string{"/es", "/rs"} {
		c.Accounts[1].OIDCProviders = append(c.Accounts[1].OIDCProviders, devsts.OIDCProvider{
			URL: w.self() + path, ClientIDs: []string{forAWS, "https://partner.example"}, AllowLoopback: true,
		})
		name := strings.TrimPrefix(w.self()+path, "http://")
		role.Trust = append(role.Trust, devsts.TrustStatement{Provider: w.self() + path, Condition: map[string]map[string][]string{
			"StringEquals": {name + ":aud": {forAWS}, name + ":sub": {caller}},
		}})
	}
	c.Accounts[1].Roles = append(c.Accounts[1].Roles, role)
	text, err := json.Marshal(c)
	must(t, err)
	directory := t.TempDir()
	file := filepath.Join(directory, "config.json")
	must(t, os.WriteFile(file, text, 0o600))
	server, err := stack.StartSTS(binaries, directory, "-config", file)
	must(t, err)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	sites := strings.NewReplacer("ORDERS", server.Issuers[orders], "BILLING", server.Issuers[billing]).Replace(circleSites)
	return circle{w.start(sites), server}
}

// client is an STS client of the real SDK.
func (c circle) client(as aws.CredentialsProvider) *sts.Client {
	return sts.NewFromConfig(aws.Config{Region: "eu-central-1", BaseEndpoint: aws.String(c.sts.BaseURL), Credentials: as, RetryMaxAttempts: 1})
}

func (c circle) key(id, secret string) *sts.Client {
	return c.client(credentials.NewStaticCredentialsProvider(id, secret, ""))
}

// token asks AWS for one for the gateway.
func (c circle) token(client *sts.Client) string {
	c.t.Helper()
	out, err := client.GetWebIdentityToken(c.t.Context(), &sts.GetWebIdentityTokenInput{
		Audience: []string{audience}, SigningAlgorithm: aws.String("ES384"),
	})
	must(c.t, err)
	return *out.WebIdentityToken
}

func (c circle) ordersToken() string {
	return c.token(c.key("DEVSTSORDERSLAMBDA", "devsts-secret-orders-lambda"))
}

// text is an identity token as the SDK takes it.
type text string

// GetIdentityToken is part of stscreds.IdentityTokenRetriever.
func (t text) GetIdentityToken() ([]byte, error) { return []byte(t), nil }

// assume has the SDK turn a JWT into credentials of the other account.
func (c circle) assume(jwt string) *stscreds.WebIdentityRoleProvider {
	return stscreds.NewWebIdentityRoleProvider(c.client(nil), partner, text(jwt), func(o *stscreds.WebIdentityRoleOptions) {
		o.RoleSessionName, o.Duration = "circle", 15*time.Minute
	})
}

// jwts are what the gateway makes of a caller's token: by its proxy and by its
// token endpoint.
func (c circle) jwts() map[string]string {
	c.t.Helper()
	all := make(map[string]string)
	for _, algorithm := range []string{"es", "rs"} {
		all["asserted, "+algorithm] = c.asserted(algorithm+".test", c.ordersToken())
		status, traded, body := c.trade(c.self()+"/"+algorithm, c.ordersToken(), forAWS)
		if status != http.StatusOK {
			c.t.Fatalf("status %d %s", status, body)
		}
		all["traded, "+algorithm] = traded
	}
	return all
}

// A token of AWS lets a caller in at the gateway; what the gateway says of it is
// credentials of another account at AWS; and a token by these is let in at the
// gateway, as the other account.
func TestCircle(t *testing.T) {
	t.Parallel()
	c := newCircle(t)
	for name, jwt := range c.jwts() {
		t.Run(name, func(t *testing.T) {
			provider := c.assume(jwt)
			got, err := provider.Retrieve(t.Context())
			must(t, err)
			if got.AccountID != billing {
				t.Errorf("credentials of %s", got.AccountID)
			}
			back := c.token(c.client(aws.NewCredentialsCache(provider)))
			c.upstream.Seen()
			a := c.call("again.test", back)
			seen := c.upstream.Seen()
			if a.status != http.StatusOK || len(seen) != 1 {
				t.Fatalf("status %d %s", a.status, a.body)
			}
			if sub, account := seen[0].Get("X-Aws-Token-Sub"), seen[0].Get("X-Aws-Token-Account-Id"); !slices.Equal(sub, []string{partner}) || !slices.Equal(account, []string{billing}) {
				t.Errorf("the upstream saw %q of %q", sub, account)
			}
			// And of that one, the gateway asserts another thing.
			_, claims := claimsOf(t, c.asserted("es.test", back))
			if claims["sub"] != "spiffe://corp.example/aws/444455556666/partner" {
				t.Errorf("%v", claims)
			}
		})
	}
}

// What differs in one thing from what AWS takes is refused there.
func TestCircleRefused(t *testing.T) {
	t.Parallel()
	c := newCircle(t)
	reports := c.token(c.key("DEVSTSREPORTSBATCH", "devsts-secret-reports-batch"))
	for what, twin := range map[string]struct{ jwt, code string }{
		"itself":            {c.asserted("es.test", c.ordersToken()), ""},
		"another audience":  {c.asserted("else.test", c.ordersToken()), "AccessDenied"},
		"another caller":    {c.asserted("es.test", reports), "AccessDenied"},
		"the token of AWS":  {c.ordersToken(), "InvalidIdentityToken"},
		"another signature": {c.asserted("es.test", c.ordersToken()) + "A", "InvalidIdentityToken"},
	} {
		_, err := c.assume(twin.jwt).Retrieve(t.Context())
		var refused smithy.APIError
		if twin.code == "" && err != nil || twin.code != "" && (!errors.As(err, &refused) || refused.ErrorCode() != twin.code) {
			t.Errorf("%s: %v, want %q", what, err, twin.code)
		}
	}
}

// The issuers and what they sign meet all that AWS asks of an OpenID Connect
// provider. What is not met says where AWS asks for it.
func TestWhatAWSAsksOfIssuers(t *testing.T) {
	t.Parallel()
	c := newCircle(t)
	for name, jwt := range c.jwts() {
		_, claims := claimsOf(t, jwt)
		candidate := federation.Candidate{Issuer: claims["iss"].(string), Token: jwt, ClientIDs: []string{forAWS}, AllowLoopback: true}
		for _, finding := range federation.Conform(t.Context(), candidate) {
			t.Errorf("%s: %s", name, finding)
		}
		// The twins show that it looks: at the client, at the clock, at the port.
		for want, change := range map[federation.Requirement]func(*federation.Candidate){
			federation.Audience:  func(c *federation.Candidate) { c.ClientIDs = []string{"else"} },
			federation.Expired:   func(c *federation.Candidate) { c.Now = func() time.Time { return time.Now().Add(2 * time.Minute) } },
			federation.IssuerURL: func(c *federation.Candidate) { c.AllowLoopback = false },
		} {
			twin := candidate
			change(&twin)
			found := federation.Conform(t.Context(), twin)
			if !slices.ContainsFunc(found, func(f federation.Finding) bool { return f.Requirement == want }) {
				t.Errorf("%s: %s is not found missing: %v", name, want, found)
			}
		}
	}
}
