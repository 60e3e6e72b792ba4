package inspection

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// Whatever a token holds, its report can be shown, and it says that something
// is wrong whenever the payload is not what Decode accepts.
func FuzzInspect(f *testing.F) {
	p := good()
	f.Add(segment(p.header), segment(p.payload()))
	for _, payload := range []string{`{"iss":7}`, `{"exp":1,"exp":2}`, `{"EXP":1}`, `{"https://sts.amazonaws.com/":{"exp":1,"sub":[]}}`, `{"https://sts.amazonaws.com/":7}`, `null`, `[`, "{\"a\":\"\u202e\x1b\"}"} {
		f.Add(segment(`{"alg":"RS256"}`), segment(payload))
	}
	f.Fuzz(func(t *testing.T, header, payload string) {
		r := Inspect(header+"."+payload+"."+signature, epoch)
		text := textOf(r)
		var b bytes.Buffer
		if err := r.JSON(&b); err != nil || !json.Valid(b.Bytes()) {
			t.Errorf("JSON: %v, %q", err, b.String())
		}
		if strings.ContainsFunc(text+b.String(), func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }) {
			t.Errorf("a terminal obeys %q", text)
		}
		if strings.Contains(text, signature) {
			t.Error("the signature is shown")
		}
		quiet := new(Report)
		decoded := quiet.segment("payload", payload)
		if _, err := awstoken.Decode(decoded); err != nil && len(r.Problems) == 0 {
			t.Errorf("nothing is said of %v", err)
		}
	})
}
