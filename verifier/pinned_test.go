package verifier

import (
	"errors"
	"runtime"
	"strings"
	"testing"
)

// What is kept for hours, or by callers, does not hold the memory of the text
// that it was read from.
func TestNothingHoldsItsText(t *testing.T) {
	const times, bound = 200, 4 << 10
	pad := strings.Repeat("A", 10<<10)
	document := strings.Replace(string(aws().jwks()), `"kid"`, `"x5c":["`+pad+`"],"kid"`, 1)
	refused := goodClaims()
	refused.top["aud"], refused.top["pad"] = "other", pad
	v, bad := mustNew(t, goodConfig(t)), refused.signedBy(aws())
	longHeader := goodClaims()
	longHeader.header["extra"] = pad[:900]
	withHeader := longHeader.signedBy(aws())
	for name, tt := range map[string]struct {
		bound int64
		make  func() any
	}{
		"keys of a document": {bound, func() any {
			keys, err := parseJWKS([]byte(document))
			if err != nil {
				t.Fatal(err)
			}
			return keys
		}},
		"a refusal of a payload": {bound, func() any {
			_, err := v.Verify(t.Context(), bad)
			var refusal *Error
			if !errors.As(err, &refusal) || refusal.Reason != WrongAudience || refusal.Claimed.AccountID != account {
				t.Fatal(err)
			}
			return refusal
		}},
		"the key ID of a header": {300, func() any {
			c, refusal := parseCompact(withHeader)
			if refusal != nil {
				t.Fatal(refusal)
			}
			return &compact{keyID: c.keyID, algorithm: c.algorithm}
		}},
	} {
		kept := make([]any, times)
		before := heap()
		for n := range kept {
			kept[n] = tt.make()
		}
		if each := (heap() - before) / times; each > tt.bound {
			t.Errorf("%s: %d bytes are kept, want %d at most", name, each, tt.bound)
		}
		runtime.KeepAlive(kept)
	}
}
