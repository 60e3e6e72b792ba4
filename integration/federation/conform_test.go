package federation

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

func conform(t *testing.T, i *issuer, token string) []Finding {
	t.Helper()
	return Conform(t.Context(), Candidate{Issuer: i.url, Token: token, ClientIDs: []string{audience}, AllowLoopback: true, Client: i.client})
}

// wire asks devsts, which shares no code with Conform, and returns the code of
// its refusal.
func wire(t *testing.T, i *issuer, token string) string {
	t.Helper()
	config := devsts.DefaultConfig()
	config.Accounts[1].OIDCProviders = []devsts.OIDCProvider{{URL: i.url, ClientIDs: []string{audience}, AllowLoopback: true, CAFile: i.caFile}}
	name := i.url[strings.Index(i.url, "://")+3:]
	config.Accounts[1].Roles = []devsts.Role{{ARN: partner, Trust: []devsts.TrustStatement{{Provider: i.url, Condition: map[string]map[string][]string{"StringLike": {name + ":sub": {"*"}}}}}}}
	server, err := devsts.New(config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	defer web.Close()
	client := sts.New(sts.Options{Region: "eu-central-1", BaseEndpoint: aws.String(web.URL), RetryMaxAttempts: 1})
	_, err = client.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(partner), RoleSessionName: aws.String("wire"), WebIdentityToken: aws.String(token),
	})
	var refused smithy.APIError
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if refused == nil {
		return ""
	}
	return refused.ErrorCode()
}

// TestConforms: good issuers and tokens have no findings, and get credentials.
func TestConforms(t *testing.T) {
	plain, pathed, secure := startIssuer(t, "", httptest.NewServer), startIssuer(t, "/a/b", httptest.NewServer), startIssuer(t, "", httptest.NewTLSServer)
	for name, tt := range map[string]struct {
		issuer *issuer
		token  string
	}{
		"ES256":                 {plain, plain.token(t, "ec", nil, nil)},
		"RS256":                 {plain, plain.token(t, "rsa", nil, nil)},
		"a path":                {pathed, pathed.token(t, "ec", nil, nil)},
		"https":                 {secure, secure.token(t, "ec", nil, nil)},
		"a SPIFFE ID":           {plain, plain.token(t, "ec", nil, edits{"sub": "spiffe://gateway.example/aws/111122223333/service/orders"})},
		"an array of one":       {plain, plain.token(t, "ec", nil, edits{"aud": []string{audience}})},
		"an authorized party":   {plain, plain.token(t, "ec", nil, edits{"aud": []string{"a", "b"}, "azp": audience})},
		"a clock ahead of ours": {plain, plain.token(t, "ec", nil, edits{"iat": time.Now().Unix() + 240})},
	} {
		if findings := conform(t, tt.issuer, tt.token); len(findings) > 0 {
			t.Errorf("%s: %v", name, findings)
		}
		if code := wire(t, tt.issuer, tt.token); code != "" {
			t.Errorf("%s: devsts answers %s", name, code)
		}
	}
}

// broken has each requirement with what breaks it, and nothing else.
func broken(t *testing.T) []struct {
	want   Requirement
	change func(*issuer)
	token  func(*issuer) string
	wire   string // what devsts answers
} {
	const invalid = "InvalidIdentityToken"
	now := time.Now().Unix()
	claim := func(name string, value any) func(*issuer) string {
		return func(i *issuer) string { return i.token(t, "ec", nil, edits{name: value}) }
	}
	return []struct {
		want   Requirement
		change func(*issuer)
		token  func(*issuer) string
		wire   string
	}{
		{DiscoveryIssuer, func(i *issuer) { i.discovery["issuer"] = i.url + "/" }, nil, invalid},
		{DiscoveryKeys, func(i *issuer) { i.discovery["jwks_uri"] = "http://192.0.2.1/keys" }, nil, invalid},
		{DiscoveryKeys, func(i *issuer) { delete(i.discovery, "jwks_uri") }, nil, invalid},
		// AWS takes its own issuers of other partitions, which have none.
		{DiscoveryMembers, func(i *issuer) { delete(i.discovery, "response_types_supported") }, nil, ""},
		{KeySet, func(i *issuer) { i.discovery["jwks_uri"] = i.url + "/nothing" }, nil, invalid},
		{KeyCount, func(i *issuer) {
			for n := range 100 {
				more := jwk("ec")
				more["kid"] = strconv.Itoa(n)
				i.keys = append(i.keys, more)
			}
		}, nil, invalid},
		{KeyUse, func(i *issuer) { i.keys[0]["use"] = "jwt-svid" }, nil, invalid},
		{KeyUse, func(i *issuer) { i.keys[1]["use"] = "enc" }, nil, ""},
		{KeyUse, func(i *issuer) { delete(i.keys[0], "use") }, nil, invalid},
		{KeyOperations, func(i *issuer) { i.keys[0]["key_ops"] = []string{"verify"} }, nil, invalid},
		{KeyID, func(i *issuer) { delete(i.keys[1], "kid") }, nil, ""},
		{KeyID, func(i *issuer) { i.keys[1]["kid"] = "ec" }, nil, ""},
		{TokenSize, nil, func(i *issuer) string { return i.token(t, "ec", nil, edits{"pad": strings.Repeat("x", 20000)}) }, "ValidationError"},
		{TokenForm, nil, func(i *issuer) string { return i.token(t, "ec", nil, nil) + ".e30" }, invalid},
		{TokenForm, nil, func(i *issuer) string { return "x" + i.token(t, "ec", nil, nil) }, invalid},
		{Algorithm, nil, func(i *issuer) string { return i.token(t, "rsa", edits{"alg": "PS256"}, nil) }, invalid},
		{Algorithm, nil, func(i *issuer) string { return i.token(t, "ec", edits{"alg": "none"}, nil) }, invalid},
		{TokenKey, nil, func(i *issuer) string { return i.token(t, "ec", edits{"kid": "other"}, nil) }, invalid},
		{TokenKey, nil, func(i *issuer) string { return i.token(t, "ec", edits{"kid": nil}, nil) }, invalid},
		{Signature, nil, func(i *issuer) string { return i.token(t, "ec", edits{"kid": "rsa"}, nil) }, invalid},
		{Signature, nil, func(i *issuer) string { return i.token(t, "rsa", edits{"alg": "RS384"}, nil) }, invalid},
		{Signature, func(i *issuer) { delete(i.keys[1], "n") }, func(i *issuer) string { return i.token(t, "rsa", nil, nil) }, invalid},
		{Signature, func(i *issuer) { i.keys[0]["x"] = i.keys[0]["y"] }, nil, invalid},
		{RequiredClaims, nil, claim("iss", nil), invalid},
		{RequiredClaims, nil, claim("sub", nil), invalid},
		{RequiredClaims, nil, claim("aud", nil), invalid},
		{RequiredClaims, nil, claim("iat", nil), invalid},
		{RequiredClaims, nil, claim("exp", nil), invalid},
		{TokenIssuer, nil, claim("iss", "https://other.example"), invalid},
		{Timestamps, nil, claim("exp", float64(now)+300.5), invalid},
		{Timestamps, nil, claim("iat", "now"), invalid},
		{Expired, nil, claim("exp", now-1), "ExpiredTokenException"},
		{FromTheFuture, nil, claim("iat", now+400), invalid},
		{Audience, nil, claim("aud", "https://orders.example"), invalid},
		{Audience, nil, claim("azp", "somebody"), invalid},
		{AuthorizedParty, nil, claim("aud", []string{audience, "b"}), invalid},
	}
}

// TestFindings: each broken requirement is found, and alone, and devsts refuses
// it, too, unless Conform is the stricter one. TestConforms is the twin of all.
func TestFindings(t *testing.T) {
	found := []Requirement{IssuerURL, Discovery} // which have tests of their own
	for n, tt := range broken(t) {
		t.Run(fmt.Sprint(n, " ", tt.want), func(t *testing.T) {
			i := startIssuer(t, "", httptest.NewServer)
			token := i.token(t, "ec", nil, nil)
			if tt.token != nil {
				token = tt.token(i)
			}
			if tt.change != nil {
				i.change(tt.change)
			}
			findings := conform(t, i, token)
			ours := slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Requirement == tt.want })
			// Without keys there is none for the token either.
			ours = slices.DeleteFunc(ours, func(f Finding) bool {
				return f.Requirement == TokenKey && (tt.want == DiscoveryKeys || tt.want == KeySet)
			})
			if len(findings) == 0 || len(ours) > 0 {
				t.Errorf("got %v", findings)
			}
			for _, f := range findings {
				if strings.Contains(f.String(), token) || !strings.Contains(f.String(), f.Requirement.Source()) {
					t.Errorf("got %s", f)
				}
			}
			if code := wire(t, i, token); code != tt.wire {
				t.Errorf("devsts answers %q, want %q", code, tt.wire)
			}
			found = append(found, tt.want)
		})
	}
	for _, q := range Requirements() {
		if !slices.Contains(found, q) || q.Source() == "" {
			t.Errorf("%s has no test or no source", q)
		}
	}
}

// TestIssuerURL: what is excused for a loopback host, and only when asked to.
func TestIssuerURL(t *testing.T) {
	for url, tt := range map[string]struct{ loopback, strict bool }{
		"https://gateway.example":           {true, true},
		"https://gateway.example/tenant/1":  {true, true},
		"https://gateway.example:8443":      {false, false},
		"http://gateway.example":            {false, false},
		"https://gateway.example/?a=b":      {false, false},
		"https://gateway.example/#a":        {false, false},
		"https://me@gateway.example":        {false, false},
		"http://127.0.0.1:8443/a":           {true, false},
		"https://localhost:8443":            {true, false},
		"https://[::1]:8443":                {true, false},
		"https://127.0.0.1:8443/a?b=c":      {false, false},
		"https://127.0.0.1.example.com:443": {false, false},
		"gateway.example":                   {false, false},
		"ftp://127.0.0.1":                   {false, false},
		"":                                  {false, false},
	} {
		for loopback, want := range map[bool]bool{true: tt.loopback, false: tt.strict} {
			r := &report{Candidate: Candidate{Issuer: url, AllowLoopback: loopback}}
			r.issuer()
			if got := len(r.findings) == 0; got != want {
				t.Errorf("%q, loopback allowed %v: %v", url, loopback, r.findings)
			}
		}
	}
}

// TestDiscoveryAway: an issuer that does not answer, or not with a document.
func TestDiscoveryAway(t *testing.T) {
	i := startIssuer(t, "/a", httptest.NewServer)
	token := i.token(t, "ec", nil, nil)
	i.url = strings.TrimSuffix(i.url, "/a")
	findings := conform(t, i, token)
	if !slices.ContainsFunc(findings, func(f Finding) bool { return f.Requirement == Discovery && strings.Contains(f.Problem, "404") }) {
		t.Errorf("got %v", findings)
	}
}
