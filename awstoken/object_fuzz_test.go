package awstoken

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// An object that is accepted says to encoding/json what it says to us, and is
// the same when it was written and read again. One that encoding/json would
// accept is refused for one of five reasons, which has to hold.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` {"a":[1,{"b":"\ud83d\ude00"}],"c":-1.5e+3,"d":[true,false,null,[],{}]} `, `{"a":1,"a":2}`, `{"alg":1,"alg":2}`, `{"a":1,"\u0061":2}`,
		`{"x":[{"a":1,"a":1}]}`, `{"\ud800":0}`, `{"a":"\udc00\udc00"}`, `{"a":"\ud800\ud800"}`, `{"a":"\\ud800"}`, "{\"a\":\"\xff\"}", "{\"\uFFFD\":\"\\ufffd\\\\ufffd\"}", "{\"a\":\"\xed\xa0\x80\"}",
		`{"a":1}x`, `{"a":1}{}`, "{}\x00", "\xef\xbb\xbf{}", `[]`, `null`, `{"a":1e400}`, `{"a":1E5}`, `{"a":"\/\b\f"}`, "{\r\n\t\"a\" :1}", `{"a":0.1000}`, `{"a":01}`, `{"a","b"}`,
		`{"a":"` + strings.Repeat(`[{,`, 20) + `"}`, strings.Repeat(`{"a":`, 16) + "1" + strings.Repeat("}", 16),
		strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17), `{"a":[` + strings.Repeat("1,", 1022) + `1]}`, `{"a":[` + strings.Repeat("1,", 1023) + `1]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		object, err := ParseObject(text)
		theirs, theirErr := readNumbers(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || object != nil {
				t.Fatalf("%q is refused with %v and %v", text, object, err)
			}
			checkNotTooStrict(t, text, err.Error(), theirs, theirErr)
			return
		}
		if theirErr != nil || !reflect.DeepEqual(object, theirs) {
			t.Fatalf("%q is read as %v, and by encoding/json as %v (%v)", text, object, theirs, theirErr)
		}
		again, err := json.Marshal(object)
		if err != nil {
			t.Fatalf("what was accepted does not encode: %v", err)
		}
		// encoding/json would drop the first of two names, and read a lone surrogate
		// as U+FFFD.
		if got, want := tokens(t, again), tokens(t, text); got != want {
			t.Errorf("%q has %d tokens, and %d are left in %q", text, want, got, again)
		}
		if read, written := strings.Count(string(again), "\uFFFD"), writtenReplacements(text); read != written {
			t.Errorf("%q is read with %d U+FFFD, and has %d", text, read, written)
		}
		second, err := ParseObject(again)
		if err != nil || !reflect.DeepEqual(object, second) {
			t.Fatalf("%q is read as %v, and its encoding %q as %v (%v)", text, object, again, second, err)
		}
	})
}

// readNumbers reads an object as encoding/json does, numbers as they are
// written.
func readNumbers(text []byte) (object map[string]any, err error) {
	// Decode alone would leave what follows the object.
	if !json.Valid(text) {
		return nil, errors.New("it is not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&object); err != nil {
		return nil, err
	}
	return object, nil
}

// checkNotTooStrict holds the reason of a refusal against the text, when
// encoding/json reads an object of it.
func checkNotTooStrict(t *testing.T, text []byte, refused string, theirs map[string]any, theirErr error) {
	t.Helper()
	if theirErr != nil || theirs == nil {
		return
	}
	again, err := json.Marshal(theirs)
	if err != nil {
		t.Fatal(err)
	}
	opened := bytes.Count(text, []byte("{")) + bytes.Count(text, []byte("["))
	for problem, holds := range map[string]func() bool{
		"not UTF-8":      func() bool { return !utf8.Valid(text) },
		"nests deeper":   func() bool { return opened > MaxDepth },
		"more than":      func() bool { return opened+bytes.Count(text, []byte(",")) > MaxValues },
		"occurs twice":   func() bool { return tokens(t, again) < tokens(t, text) },
		"lone surrogate": func() bool { return strings.Count(string(again), "\uFFFD") > writtenReplacements(text) },
	} {
		if strings.Contains(refused, problem) && holds() {
			return
		}
	}
	t.Errorf("%q is refused (%s), and encoding/json reads it as %q", text, refused, again)
}

// tokens counts names, values and brackets.
func tokens(t *testing.T, text []byte) (n int) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	for {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		n++
	}
}

var escapedReplacement = regexp.MustCompile(`\\u[fF]{3}[dD]`)

// writtenReplacements counts U+FFFD as it stands in a text, itself or escaped.
func writtenReplacements(text []byte) int {
	withoutPairs := bytes.ReplaceAll(text, []byte(`\\`), nil)
	return bytes.Count(text, []byte("\uFFFD")) + len(escapedReplacement.FindAll(withoutPairs, -1))
}
