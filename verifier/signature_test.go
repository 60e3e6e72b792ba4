package verifier

import (
	"context"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestVerifyRefusesSignatures(t *testing.T) {
	header, payload := goodClaims().json()
	input := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	digest := sha512.Sum384([]byte(input))
	der, err := ecdsa.SignASN1(rand.Reader, aws().ec, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, goodConfig(t), input+"."+b64.EncodeToString(der), BadSignature)
	wantReason(t, goodConfig(t), goodClaims().signedBy(stranger()), BadSignature)

	rs := goodClaims()
	rs.header["alg"], rs.header["kid"] = "RS256", "RSA_0"
	header, payload = rs.json()
	input = b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	sum := sha256.Sum256([]byte(input))
	pss, err := rsa.SignPSS(rand.Reader, aws().rsa, 5, sum[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, goodConfig(t), input+"."+b64.EncodeToString(pss), BadSignature)
	wantReason(t, goodConfig(t), rs.signedBy(stranger()), BadSignature)
	wantReason(t, goodConfig(t), rs.signedBy(aws()), "")

	// HS256 keyed with what everybody knows, under both algorithms' names.
	spki, err := x509.MarshalPKIXPublicKey(&aws().rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range [][]byte{
		spki, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}), aws().rsa.N.Bytes(), nil,
	} {
		for alg, reason := range map[string]Reason{"HS256": AlgorithmNotAllowed, "RS256": BadSignature} {
			rs.header["alg"] = alg
			header, payload := rs.json()
			input := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(input))
			wantReason(t, goodConfig(t), input+"."+b64.EncodeToString(mac.Sum(nil)), reason)
		}
	}
}

// Tokens that differ in little, at once: every answer is its own token's.
func TestVerifyConcurrently(t *testing.T) {
	v := mustNew(t, goodConfig(t))
	good, bad := goodToken(), goodClaims().signedBy(stranger())
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			token, want := good, Reason("")
			if i%2 == 1 {
				token, want = bad, BadSignature
			}
			_, err := v.Verify(t.Context(), token)
			if got := reasonOf(err); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	wg.Wait()
}

func TestSignatureChecksAreBounded(t *testing.T) {
	checks := NewSignatureChecks(1)
	checks.maxWait = 10 * time.Millisecond
	checks.slots <- struct{}{} // somebody else checks, and takes long
	key, err := aws().keySet(t).Key(t.Context(), "EC384_0")
	if err != nil {
		t.Fatal(err)
	}
	token := goodToken()
	c, refusal := parseCompact(token)
	if refusal != nil {
		t.Fatal(refusal)
	}
	if err := checks.verify(t.Context(), sha256.Sum256([]byte(token)), c, key); reasonOf(err) != Overloaded {
		t.Errorf("got %v, want %s", err, Overloaded)
	}
	// A full queue refuses at once.
	checks.maxWait = time.Hour
	for range cap(checks.queue) {
		checks.queue <- struct{}{}
	}
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := checks.verify(soon, sha256.Sum256([]byte(token)), c, key); reasonOf(err) != Overloaded {
		t.Errorf("with a full queue: got %v, want %s", err, Overloaded)
	}
	for range cap(checks.queue) {
		<-checks.queue
	}
	<-checks.slots
	if err := checks.verify(t.Context(), sha256.Sum256([]byte(token)), c, key); err != nil {
		t.Errorf("the control with a free slot: %v", err)
	}
}

// One token under two keys of one kid, at once: who waits with the same token
// but another key does not get the other's answer.
func TestSignatureCheckIsSharedPerKey(t *testing.T) {
	token := goodToken()
	c, refusal := parseCompact(token)
	if refusal != nil {
		t.Fatal(refusal)
	}
	good, err := aws().keySet(t).Key(t.Context(), "EC384_0")
	if err != nil {
		t.Fatal(err)
	}
	bad, err := stranger().keySet(t).Key(t.Context(), "EC384_0")
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string][]Key{"good first": {good, bad}, "bad first": {bad, good}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				checks := NewSignatureChecks(1)
				checks.slots <- struct{}{} // so that all of them wait
				for _, key := range append(keys, keys...) {
					want := Reason("")
					if key == bad {
						want = BadSignature
					}
					go func() {
						err := checks.verify(t.Context(), sha256.Sum256([]byte(token)), c, key)
						if got := reasonOf(err); got != want || want == "" && err != nil {
							t.Errorf("got %v, want reason %q", err, want)
						}
					}()
					synctest.Wait()
				}
				if waiting := len(checks.queue); waiting != len(keys) {
					t.Errorf("%d checks wait, want one for each key", waiting)
				}
				<-checks.slots
				synctest.Wait()
			})
		})
	}
}

// What is signed is the token as it came. JSON that says the same in other
// bytes was not signed, and what was signed passes with its white space.
func TestSignatureIsOverTheBytesThatCame(t *testing.T) {
	header, payload := goodClaims().json()
	spaced := func(text []byte) []byte { return []byte("\r\n\t" + string(text) + " ") }
	respelt := func(n int, text []byte) string {
		return part(goodToken(), n, func(string) string { return b64.EncodeToString(text) })
	}
	v := mustNew(t, goodConfig(t))
	for name, tt := range map[string]struct {
		token string
		want  Reason
	}{
		"the control":             {goodToken(), ""},
		"header, respelt":         {respelt(0, spaced(header)), BadSignature},
		"payload, respelt":        {respelt(1, spaced(payload)), BadSignature},
		"header, signed so":       {aws().sign("ES384", spaced(header), payload), ""},
		"payload, signed so":      {aws().sign("ES384", header, spaced(payload)), ""},
		"header, a space inside":  {respelt(0, append([]byte("{ "), header[1:]...)), BadSignature},
		"payload, a space inside": {respelt(1, append([]byte("{ "), payload[1:]...)), BadSignature},
	} {
		if _, err := v.Verify(t.Context(), tt.token); reasonOf(err) != tt.want || tt.want == "" && err != nil {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}
