package verifier

import (
	"crypto"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"slices"
	"testing"

	"github.com/c2sp/wycheproof"
)

// Wycheproof's vectors are signatures of its own messages, which are no tokens.
// Where they are about numbers and paddings, each is carried over to a token with
// good claims, so that the whole of Verify is tested and nothing but the vector's
// special can be why it is refused.

// vectorFile is a file of Wycheproof, as far as it is read.
type vectorFile struct {
	NumberOfTests int
	TestGroups    []vectorGroup
}

type vectorGroup struct {
	// PublicKeyDer is there in files of signatures, Public and Private are in
	// those of JOSE: a JWK, or a JWK Set.
	PublicKeyDer    hexBytes
	Public, Private json.RawMessage
	Tests           []vector
}

type vector struct {
	TcID    int
	Comment string
	Result  string // valid, invalid or acceptable
	Msg     hexBytes
	Sig     hexBytes
	// JWS and JWE are a string, or an object: the JSON form of either.
	JWS, JWE json.RawMessage
}

func (v vector) valid() bool { return v.Result == "valid" }

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

func readVectors(t *testing.T, name string) []vectorGroup {
	t.Helper()
	text, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	tests := 0
	for _, group := range file.TestGroups {
		tests += len(group.Tests)
	}
	if tests == 0 || tests != file.NumberOfTests {
		t.Fatalf("%d vectors were read, the file says %d", tests, file.NumberOfTests)
	}
	return file.TestGroups
}

// counts are how many vectors had an outcome.
type counts map[string]int

func (c counts) want(t *testing.T, outcomes map[string]int) {
	t.Helper()
	t.Logf("vectors: %v", c)
	for outcome, least := range outcomes {
		if c[outcome] < least {
			t.Errorf("%d vectors are %s, want %d or more", c[outcome], outcome, least)
		}
	}
}

// verifyWith verifies a token of the algorithm's good claims with the signature,
// where the public key is the issuer's.
func verifyWith(t *testing.T, algorithm Algorithm, public crypto.PublicKey, signature []byte) Reason {
	t.Helper()
	key, err := NewKey(map[Algorithm]string{RS256: "RSA_0", ES384: "EC384_0"}[algorithm], public)
	if err != nil {
		t.Fatal(err)
	}
	set, err := NewStaticKeySet(key)
	if err != nil {
		t.Fatal(err)
	}
	c := goodConfig(t)
	c.Issuers = []Issuer{{URL: testIssuer, Keys: set}}
	_, err = mustNew(t, c).Verify(t.Context(), signingInput(algorithm, testIssuer)+"."+b64.EncodeToString(signature))
	reason := reasonOf(err)
	if err != nil && !slices.Contains([]Reason{BadSignature, MalformedToken}, reason) {
		t.Fatalf("a signature was refused for another reason: %v", err)
	}
	return reason
}
