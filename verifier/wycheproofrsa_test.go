package verifier

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"testing"
)

// Each block that a vector's signature holds is signed again, with our token's
// hash in the place of its own. The vectors are of keys of 2048 bits, as ours is.
func TestWycheproofRS256(t *testing.T) {
	count := counts{}
	for _, group := range readVectors(t, "rsa_signature_2048_sha256_test.json") {
		public := readRSAKey(t, group.PublicKeyDer)
		for _, v := range group.Tests {
			hash := sha256.Sum256(v.Msg)
			// The one acceptable vector lacks the NULL in the DigestInfo. It is
			// refused: RFC 8017, section 8.2.2, compares with the block that a
			// signer makes, and AWS's has it; a second form serves nobody.
			standard := rsa.VerifyPKCS1v15(public, crypto.SHA256, hash[:], v.Sig) == nil
			if standard != v.valid() {
				t.Errorf("%d (%s): the standard library says otherwise", v.TcID, v.Comment)
			}
			block := blockOf(public, v.Sig)
			ours := exchangeHash(block, hash[:])
			if block == nil || new(big.Int).SetBytes(ours).Cmp(aws().rsa.N) >= 0 || public.E != aws().rsa.E {
				// The special is the number itself or the exponent. No block of
				// ours has it, so the number is tried as it stands.
				count[v.Result+", as it stands"]++
				if got := verifyWith(t, RS256, public, v.Sig); got == "" {
					t.Errorf("%d (%s) was accepted", v.TcID, v.Comment)
				}
				continue
			}
			count[v.Result]++
			if right := bytes.Equal(ours, rightBlock()); right != v.valid() {
				t.Fatalf("%d (%s): the block with our hash is %x", v.TcID, v.Comment, ours)
			}
			got := verifyWith(t, RS256, &aws().rsa.PublicKey, signBlock(ours))
			if want := map[bool]Reason{true: "", false: BadSignature}[v.valid()]; got != want {
				t.Errorf("%d (%s) is %s, got reason %q", v.TcID, v.Comment, v.Result, got)
			}
		}
	}
	count.want(t, map[string]int{"valid": 7, "acceptable": 1, "invalid": 230, "invalid, as it stands": 7, "valid, as it stands": 2})
}

func readRSAKey(t *testing.T, der []byte) *rsa.PublicKey {
	t.Helper()
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PublicKey)
}

// blockOf is what a signature signs, or nil when it is no number below the
// modulus in the modulus's size.
func blockOf(public *rsa.PublicKey, signature []byte) []byte {
	number := new(big.Int).SetBytes(signature)
	if len(signature) != public.Size() || number.Cmp(public.N) >= 0 {
		return nil
	}
	number.Exp(number, big.NewInt(int64(public.E)), public.N)
	return number.FillBytes(make([]byte, public.Size()))
}

// exchangeHash puts our hash in the place of theirs, whole or, where the vector
// cuts or changes a byte at either end, of what is left.
func exchangeHash(block, theirs []byte) []byte {
	ours := sha256.Sum256([]byte(signingInput(RS256, testIssuer)))
	for _, cut := range [][2]int{{0, 32}, {0, 31}, {1, 32}} {
		if from := theirs[cut[0]:cut[1]]; bytes.Contains(block, from) {
			return bytes.ReplaceAll(block, from, ours[cut[0]:cut[1]])
		}
	}
	return block
}

// rightBlock is RFC 8017, section 9.2, for our token.
func rightBlock() []byte {
	input := []byte(signingInput(RS256, testIssuer))
	hash := sha256.Sum256(input)
	signature, err := rsa.SignPKCS1v15(nil, aws().rsa, crypto.SHA256, hash[:])
	if err != nil {
		panic(err)
	}
	return blockOf(&aws().rsa.PublicKey, signature)
}

// signBlock signs a block as it stands.
func signBlock(block []byte) []byte {
	number := new(big.Int).SetBytes(block)
	return number.Exp(number, aws().rsa.D, aws().rsa.N).FillBytes(make([]byte, len(block)))
}
