package awstoken

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
)

// foldings are spellings of a name that differ from it in case alone, by the
// rules of Unicode as readers of JSON that ignore case have them.
func foldings(name string) []string {
	spellings := []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]}
	for i, letter := range name {
		// SimpleFold goes round all spellings: k, then the Kelvin sign, then K.
		for other := unicode.SimpleFold(letter); other != letter; other = unicode.SimpleFold(other) {
			spellings = append(spellings, name[:i]+string(other)+name[i+1:])
		}
	}
	return spellings
}

// A name that differs from a known one in case alone is refused in place of the
// known one, before it and behind it. The same name with a letter more is one
// that is not known, which is no fault.
func TestDecodeRefusesFoldedNames(t *testing.T) {
	tried := 0
	for _, level := range []struct {
		begins string // the object whose members are known
		names  []string
	}{
		{`{`, topNames}, {`"` + Namespace + `":{`, awsNames},
	} {
		for _, name := range level.names {
			for _, folded := range foldings(name) {
				tried++
				for _, spelled := range []string{quoted(folded), escaped(folded)} {
					member, more := spelled+`:null,`, spelled[:len(spelled)-1]+`_":null,`
					wantDecode(t, level.begins, level.begins+member, false)
					wantDecode(t, level.begins, level.begins+more, true)
					if old := quoted(name) + ":"; strings.Contains(good, old) {
						wantDecode(t, old, spelled+":", false)
						wantDecode(t, old, spelled+`:0,`+old, false)
					}
				}
				// Tags are the caller's own names.
				wantDecode(t, `"principal_tags":{`, `"principal_tags":{`+quoted(folded)+`:"x",`, true)
			}
		}
	}
	if tried < 400 {
		t.Errorf("%d spellings only", tried)
	}
}

func wantDecode(t *testing.T, from, to string, accepted bool) {
	t.Helper()
	_, err := Decode([]byte(replace(t, from, to)))
	var syntax *SyntaxError
	if (err == nil) != accepted || err != nil && !errors.As(err, &syntax) {
		t.Errorf("with %q for %q: got %v, want accepted: %v", to, from, err, accepted)
	}
}

func quoted(name string) string {
	text, err := json.Marshal(name)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// escaped writes a name in \u escapes alone.
func escaped(name string) string {
	var text strings.Builder
	for _, r := range name {
		const digits = "0123456789abcdef"
		text.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			text.WriteByte(digits[r>>shift&15])
		}
	}
	return `"` + text.String() + `"`
}
