package verifier

import (
	"bytes"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/specials"
)

// Signatures that are almost right, round claims that are good: nothing but the
// signature can be why they are refused. The valid ones are the controls.
func TestVerifySpecials(t *testing.T) {
	cube := &signer{rsa: specials.CubeKey(), ec: aws().ec}
	config := goodConfig(t)
	config.Issuers = []Issuer{{URL: testIssuer, Keys: aws().keySet(t)}, {URL: otherURL, Keys: cube.keySet(t)}}
	es, rs, small := signingInput("ES384", testIssuer), signingInput("RS256", testIssuer), signingInput("RS256", otherURL)
	v := mustNew(t, config)
	for _, tt := range []struct {
		name, input string
		specials    []specials.Special
	}{
		{"ES384", es, specials.ECDSA(aws().ec, []byte(es))},
		{"RS256", rs, specials.RSA(aws().rsa, []byte(rs))},
		{"RS256, exponent 3", small, specials.RSA(cube.rsa, []byte(small))},
	} {
		for _, special := range tt.specials {
			want := BadSignature
			switch {
			case special.Valid:
				want = ""
			case len(special.Signature) == 0:
				want = MalformedToken
			}
			_, err := v.Verify(t.Context(), tt.input+"."+b64.EncodeToString(special.Signature))
			if got := reasonOf(err); got != want || want == "" && err != nil {
				t.Errorf("%s: %s: got %v, want reason %q", tt.name, special.Name, err, want)
			}
		}
	}
}

// signingInput is the header and payload of a good token of the issuer.
func signingInput(algorithm Algorithm, issuer string) string {
	c := goodClaims()
	c.header["alg"], c.header["kid"] = string(algorithm), map[Algorithm]string{RS256: "RSA_0", ES384: "EC384_0"}[algorithm]
	c.top["iss"] = issuer
	header, payload := c.json()
	return b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
}

// Two specials of RS256 depend on the input, of which some are tried: a signature
// that leaves room for the modulus, and one that begins with a zero byte.
func TestVerifyRefusesRareNumbers(t *testing.T) {
	v, n := mustNew(t, goodConfig(t)), aws().rsa.N
	for _, tt := range []struct {
		name   string
		change func(signature []byte) []byte // nil when the signature is not one of those
	}{
		{"the modulus added, in the same size", func(signature []byte) []byte {
			sum := new(big.Int).SetBytes(signature)
			if sum.Add(sum, n); sum.BitLen() > 8*len(signature) {
				return nil
			}
			return sum.Bytes()
		}},
		{"without the zero in front", func(signature []byte) []byte {
			short, _ := bytes.CutPrefix(signature, []byte{0})
			if len(short) == len(signature) {
				return nil
			}
			return short
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodClaims()
			c.header["alg"], c.header["kid"] = "RS256", "RSA_0"
			for try := range 10_000 {
				c.top["jti"] = strconv.Itoa(try)
				control := c.signedBy(aws())
				end := strings.LastIndexByte(control, '.') + 1
				signature, err := b64.DecodeString(control[end:])
				if err != nil {
					t.Fatal(err)
				}
				special := tt.change(signature)
				if special == nil {
					continue
				}
				if _, err := v.Verify(t.Context(), control); err != nil {
					t.Errorf("the control: %v", err)
				}
				wantReason(t, goodConfig(t), control[:end]+b64.EncodeToString(special), BadSignature)
				return
			}
			t.Fatal("no input has such a signature")
		})
	}
}
