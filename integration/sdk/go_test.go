package sdk

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

// environment is what a user exports, and more of it: names, each with its value.
func environment(keyID, secret string, more ...string) map[string]string {
	env := devsts.Environment(keyID, secret)
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

// client is an STS client that was given nothing but the environment.
func client(t *testing.T, keyID, secret string, more ...string) *sts.Client {
	t.Helper()
	for name, value := range environment(keyID, secret, more...) {
		t.Setenv(name, value)
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sts.NewFromConfig(cfg)
}

func orders(t *testing.T) *sts.Client {
	t.Helper()
	return client(t, "DEVSTSORDERS0000", "orders/secret+1=")
}

func input(alg string, audience ...string) *sts.GetWebIdentityTokenInput {
	return &sts.GetWebIdentityTokenInput{Audience: audience, SigningAlgorithm: aws.String(alg)}
}

func TestGoToken(t *testing.T) {
	c := orders(t)
	tags := map[string]string{"job-id": "job 1/2:3", "empty": "", "größe": "\u2028ж", "a=b+c": "+=@"}
	for _, tc := range []struct {
		name     string
		alg      string
		audience []string
		duration int32 // 0: not sent
		tags     map[string]string
		aud      string
		lifetime int64
	}{
		{name: "one audience", alg: "ES384", audience: []string{"https://orders.example"}, aud: `"https://orders.example"`, lifetime: 300},
		{name: "RS256", alg: "RS256", audience: []string{"my app <&> ü"}, aud: `"my app <&> ü"`, lifetime: 300},
		{name: "several audiences", alg: "ES384", audience: []string{"b", "a", "c"}, aud: `["b","a","c"]`, lifetime: 300},
		{name: "shortest", alg: "ES384", audience: []string{"a"}, duration: 60, aud: `"a"`, lifetime: 60},
		{name: "longest", alg: "RS256", audience: []string{"a"}, duration: 3600, aud: `"a"`, lifetime: 3600},
		{name: "tags", alg: "ES384", audience: []string{"a"}, tags: tags, aud: `"a"`, lifetime: 300},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := input(tc.alg, tc.audience...)
			if tc.duration != 0 {
				in.DurationSeconds = aws.Int32(tc.duration)
			}
			for k, v := range tc.tags {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(k), Value: aws.String(v)})
			}
			out, err := c.GetWebIdentityToken(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			got := verify(t, *out.WebIdentityToken, tc.alg)
			if string(got.Audience) != tc.aud || got.Expires-got.Issued != tc.lifetime {
				t.Errorf("aud %s for %d s, want %s for %d s", got.Audience, got.Expires-got.Issued, tc.aud, tc.lifetime)
			}
			if !out.Expiration.Equal(time.Unix(got.Expires, 0)) {
				t.Errorf("Expiration %s, exp %d", out.Expiration, got.Expires)
			}
			if !maps.Equal(got.AWS.RequestTags, tc.tags) || (len(tc.tags) == 0) != (got.AWS.RequestTags == nil) {
				t.Errorf("request_tags %q, want %q", got.AWS.RequestTags, tc.tags)
			}
			const role = "arn:aws:iam::111122223333:role/service/orders"
			if got.Subject != role || got.AWS.PrincipalID != role || got.AWS.Region != "eu-central-1" || got.AWS.PrincipalTags["team"] != "orders" {
				t.Errorf("claims %+v", got)
			}
		})
	}
}

func TestGoCallerIdentity(t *testing.T) {
	out, err := orders(t).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if *out.Account != "111122223333" || *out.Arn != "arn:aws:sts::111122223333:assumed-role/orders/devsts" || !strings.HasSuffix(*out.UserId, ":devsts") {
		t.Errorf("got %s %s %s", *out.Account, *out.Arn, *out.UserId)
	}
}

func TestGoSessionToken(t *testing.T) {
	c := client(t, "DEVSTSSHORT00000", "short", "AWS_SESSION_TOKEN", "session/token+1==")
	in := input("ES384", "a")
	in.DurationSeconds = aws.Int32(900)
	out, err := c.GetWebIdentityToken(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, *out.WebIdentityToken, "ES384")

	in.DurationSeconds = aws.Int32(901)
	_, err = c.GetWebIdentityToken(t.Context(), in)
	var escalation *types.SessionDurationEscalationException
	if !errors.As(err, &escalation) {
		t.Errorf("got %v", err)
	}
	_, err = client(t, "DEVSTSSHORT00000", "short").GetWebIdentityToken(t.Context(), input("ES384", "a"))
	wantCode(t, err, "InvalidClientTokenId", "security token")
}

func wantCode(t *testing.T, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), text) {
		t.Errorf("got %v, want %s with %q", err, code, text)
	}
}

func TestGoTypedErrors(t *testing.T) {
	in := input("ES384", "a")
	for i := range 50 {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(fmt.Sprint("key", i)), Value: aws.String(strings.Repeat("v", 256))})
	}
	_, err := orders(t).GetWebIdentityToken(t.Context(), in)
	var size *types.JWTPayloadSizeExceededException
	if !errors.As(err, &size) {
		t.Errorf("got %v, want %T", err, size)
	}
	in.Tags = in.Tags[:30]
	if _, err := orders(t).GetWebIdentityToken(t.Context(), in); err != nil {
		t.Errorf("the same with fewer tags: %v", err)
	}

	_, err = client(t, "DEVSTSOFF0000000", "off").GetWebIdentityToken(t.Context(), input("ES384", "a"))
	var off *types.OutboundWebIdentityFederationDisabledException
	if !errors.As(err, &off) {
		t.Errorf("got %v, want %T", err, off)
	}
}

func TestGoOtherErrors(t *testing.T) {
	c := orders(t)
	_, err := c.GetWebIdentityToken(t.Context(), input("RS512", "a"))
	wantCode(t, err, "ValidationError", "Member must satisfy enum value set: [RS256, ES384]")
	_, err = c.GetWebIdentityToken(t.Context(), input("ES384", strings.Split(strings.Repeat("a", 11), "")...))
	wantCode(t, err, "ValidationError", "less than or equal to 10")
	in := input("ES384", "a")
	in.Audience = []string{}
	_, err = c.GetWebIdentityToken(t.Context(), in)
	wantCode(t, err, "ValidationError", "at 'audience'")

	_, err = client(t, "DEVSTSDENIED0000", "denied").GetWebIdentityToken(t.Context(), input("ES384", "a"))
	wantCode(t, err, "AccessDenied", "not authorized to perform: sts:GetWebIdentityToken")
	_, err = client(t, "DEVSTSORDERS0000", "wrong").GetWebIdentityToken(t.Context(), input("ES384", "a"))
	wantCode(t, err, "SignatureDoesNotMatch", "Check your AWS Secret Access Key")
	_, err = client(t, "DEVSTSNOBODY0000", "off").GetWebIdentityToken(t.Context(), input("ES384", "a"))
	wantCode(t, err, "InvalidClientTokenId", "security token")
}

// TestGoRotation: after a rotation that withdraws, a new token verifies with
// the newly published key.
func TestGoRotation(t *testing.T) {
	if err := devsts.Rotate(account, true); err != nil {
		t.Fatal(err)
	}
	out, err := orders(t).GetWebIdentityToken(t.Context(), input("RS256", "a"))
	if err != nil {
		t.Fatal(err)
	}
	verify(t, *out.WebIdentityToken, "RS256")
}
