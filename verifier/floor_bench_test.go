package verifier

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// usualClaims are those of a token of 1.5 kB, about as AWS makes them for a role
// in an organization with some tags. No two n make the same token.
func usualClaims(alg Algorithm, n int) claims {
	c := goodClaims()
	c.header["alg"], c.header["kid"] = string(alg), map[Algorithm]string{RS256: "RSA_0", ES384: "EC384_0"}[alg]
	c.top["jti"] = fmt.Sprintf("5488e298-0a47-4c5b-80d7-%012x", n)
	c.top["sub"] = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Orders_0123456789abcdef"
	c.aws["principal_id"] = c.top["sub"]
	c.aws["org_id"] = "o-abc1234567"
	c.aws["ou_path"] = []string{"o-abc1234567/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"}
	c.aws["original_session_exp"] = "2026-11-01T18:00:00Z"
	c.aws["principal_tags"] = map[string]string{"environment": "production", "team": "orders", "cost-center": "cc-4711-emea", "owner": "payments@example.com"}
	c.aws["source_identity"] = "jane.doe@example.com"
	c.aws["identity_store_user_id"] = "11112222-3333-4444-5555-666677778888"
	c.aws["identity_store_arn"] = "arn:aws:identitystore::123456789012:identitystore/d-abc1234567"
	c.aws["request_tags"] = map[string]string{"job-id": "job-2026-000451", "stage": "settlement"}
	return c
}

// distinct is how many tokens are signed for the benchmarks that want a new one
// each time. When they are used up, a new Verifier knows none of them.
const distinct = 1024

var usualTokens = map[Algorithm]func() []string{
	ES384: sync.OnceValue(func() []string { return signUsual(ES384) }),
	RS256: sync.OnceValue(func() []string { return signUsual(RS256) }),
}

func signUsual(alg Algorithm) []string {
	tokens := make([]string, distinct)
	for n := range tokens {
		tokens[n] = usualClaims(alg, n).signedBy(aws())
	}
	return tokens
}

func TestUsualTokenHasItsSize(t *testing.T) {
	for alg, atMost := range map[Algorithm]int{ES384: 1600, RS256: 1800} {
		token := usualClaims(alg, 0).signedBy(aws())
		if len(token) < 1400 || len(token) > atMost {
			t.Errorf("a token of %s has %d bytes, want about 1500", alg, len(token))
		}
		wantReason(t, goodConfig(t), token, "")
	}
}

// The floors: what a token costs whoever checks its signature with the standard
// library, the digest being there already, and whoever looks a token up by its
// hash.
func BenchmarkFloor(b *testing.B) {
	b.Run("ES384", func(b *testing.B) {
		input := signedPart(usualTokens[ES384]()[0])
		digest := sha512.Sum384([]byte(input))
		signature, err := ecdsa.SignASN1(rand.Reader, aws().ec, digest[:])
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if !ecdsa.VerifyASN1(&aws().ec.PublicKey, digest[:], signature) {
				b.Fatal("the signature does not fit")
			}
		}
	})
	b.Run("RS256", func(b *testing.B) {
		input := signedPart(usualTokens[RS256]()[0])
		digest := sha256.Sum256([]byte(input))
		signature, err := rsa.SignPKCS1v15(nil, aws().rsa, crypto.SHA256, digest[:])
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := rsa.VerifyPKCS1v15(&aws().rsa.PublicKey, crypto.SHA256, digest[:], signature); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("SHA256", func(b *testing.B) {
		token := []byte(usualTokens[ES384]()[0])
		b.SetBytes(int64(len(token)))
		b.ReportAllocs()
		for b.Loop() {
			sha256.Sum256(token)
		}
	})
}

func signedPart(token string) string { return token[:strings.LastIndexByte(token, '.')] }

// What the Verifier takes by itself: for a token that it has never seen, and for
// one that it has just verified.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range []Algorithm{ES384, RS256} {
		tokens := usualTokens[alg]()
		b.Run(string(alg)+"/cold", func(b *testing.B) { verifyNewOnes(b, tokens) })
		b.Run(string(alg)+"/warm", func(b *testing.B) {
			v := mustNew(b, goodConfig(b))
			verifyOne(b, v, tokens[0])
			b.ReportAllocs()
			for b.Loop() {
				verifyOne(b, v, tokens[0])
			}
		})
	}
	b.Run("refused before the signature", func(b *testing.B) {
		c := goodConfig(b)
		c.Audiences = []string{"x"}
		v, token := mustNew(b, c), goodToken()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(b.Context(), token); reasonOf(err) != WrongAudience {
				b.Fatal(err)
			}
		}
	})
}

func verifyNewOnes(b *testing.B, tokens []string) {
	v, next := mustNew(b, goodConfig(b)), 0
	b.ReportAllocs()
	for b.Loop() {
		if next == len(tokens) {
			b.StopTimer()
			v, next = mustNew(b, goodConfig(b)), 0
			b.StartTimer()
		}
		verifyOne(b, v, tokens[next])
		next++
	}
}

func verifyOne(b *testing.B, v *Verifier, token string) {
	b.Helper()
	if _, err := v.Verify(b.Context(), token); err != nil {
		b.Fatal(err)
	}
}

// What a Verifier keeps of one more token that it has verified, on the heap. The
// token's own text is the caller's, who drops it.
func BenchmarkMemory(b *testing.B) {
	some, more := usualTokens[RS256]()[:distinct/8], usualTokens[RS256]()[distinct/8:]
	for b.Loop() {
		v := mustNew(b, goodConfig(b))
		for _, token := range some { // what is there once is there from now on
			verifyOne(b, v, strings.Clone(token))
		}
		before := liveHeap()
		for _, token := range more {
			verifyOne(b, v, strings.Clone(token))
		}
		kept := liveHeap() - before
		runtime.KeepAlive(v)
		b.ReportMetric(max(float64(kept), 0)/float64(len(more)), "B/token")
	}
}

// liveHeap is what is in use after two collections: one alone leaves what pools
// hold.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
