package verifier_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

const issuer = "https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws"

// A service verifies the tokens of one AWS account. Keys are fetched when the
// first token comes, and kept.
func Example() {
	keys, err := verifier.NewRemoteKeySets(verifier.RemoteConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer keys.Close()
	v, err := verifier.New(verifier.Config{
		Issuers:    []verifier.Issuer{{URL: issuer, Accounts: []string{"123456789012"}}},
		RemoteKeys: keys,
		Audiences:  []string{"https://orders.example"},
		Leeway:     30 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = v.Verify(context.Background(), "not.a.token")
	var refusal *verifier.Error
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Reason)
	}
	// Output: malformed_token
}

// Keys that are at hand already need no network. Here a test signs a token
// itself, shaped as AWS shapes it.
func ExampleVerifier_Verify() {
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	key, err := verifier.NewKey("EC384_0", &private.PublicKey)
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := verifier.NewStaticKeySet(key)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := verifier.New(verifier.Config{
		Issuers:   []verifier.Issuer{{URL: issuer, Keys: keys}},
		Audiences: []string{"https://orders.example"},
		Now:       func() time.Time { return time.Unix(1765140500, 0) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, audience := range []string{"https://orders.example", "https://other.example"} {
		result, err := v.Verify(context.Background(), sign(private, audience))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(result.Token.AccountID, result.Token.Principal.Name, result.KeyID)
	}
	// Output:
	// 123456789012 MyAppRole EC384_0
	// verifying token: wrong_audience: audience "https://other.example" is not one of [https://orders.example]
}

func sign(key *ecdsa.PrivateKey, audience string) string {
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(`{"kid":"EC384_0","typ":"JWT","alg":"ES384"}`)) + "." + encode(fmt.Appendf(nil,
		`{"iss":%q,"sub":"arn:aws:iam::123456789012:role/MyAppRole","aud":%q,"iat":1765140480,"exp":1765140780,
		"https://sts.amazonaws.com/":{"aws_account":"123456789012"}}`, issuer, audience))
	digest := sha512.Sum384([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return ""
	}
	return input + "." + encode(append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...))
}
