package inspection

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// A broken token is shown as far as it can be read.
func TestBestEffort(t *testing.T) {
	p := good()
	many := map[string]any{}
	for n := range 1100 {
		many[fmt.Sprintf("k%d", n)] = n
	}
	deep := good()
	deep.set(deep.aws, "new", many)
	for name, tt := range map[string]struct {
		token           string
		header, account bool
	}{
		"no header":       {"x." + segment(p.payload()) + "." + signature, false, true},
		"no payload":      {segment(p.header) + ".!." + signature, true, false},
		"standard base64": {strings.Replace(p.token(), ".", "==.", 1), true, true},
		"two parts":       {segment(p.header) + "." + segment(p.payload()), true, true},
		"a name twice": {segment(p.header) + "." + segment(`{"x":1,"x":2,"https://sts.amazonaws.com/":{"aws_account":"123456789012"}}`) +
			"." + signature, true, true},
		"too many values": {deep.token(), true, true},
		"something else":  {"hello", false, false},
	} {
		r := Inspect(tt.token, epoch)
		_, account := r.Attributes["aws_token.account.id"]
		if (r.Header != nil) != tt.header || account != tt.account || len(r.Problems) == 0 {
			t.Errorf("%s: header %+v, attributes %v, problems %v", name, r.Header, r.Attributes, r.Problems)
		}
		if textOf(r) == "" || !strings.Contains(textOf(r), "\nproblems\n") {
			t.Errorf("%s: %s", name, textOf(r))
		}
	}
}

// What the caller writes into a token neither moves the cursor nor turns words
// round, and the token itself is nowhere.
func TestHostileText(t *testing.T) {
	const hostile = "\x1b[2J\u202e\u2028\r\nverified: by me\u009b"
	p := good()
	for _, name := range []string{"kid", "typ", "alg", hostile} {
		p.set(p.header, name, hostile)
	}
	for _, name := range []string{"iss", "sub", "aud", "jti", hostile} {
		p.set(p.top, name, hostile)
	}
	for name := range maps.Clone(p.aws) {
		p.set(p.aws, name, hostile)
	}
	p.set(p.aws, "principal_tags", map[string]any{hostile: hostile})
	p.set(p.aws, hostile, map[string]any{hostile: hostile})
	p.set(p.aws, "source_identity", strings.Repeat("x", 4096))
	r := Inspect(p.token(), epoch)
	r.SetVerdict(nil, &verifier.Error{Reason: verifier.UnknownIssuer, Hint: hostile})
	var asJSON bytes.Buffer
	if err := r.JSON(&asJSON); err != nil {
		t.Fatal(err)
	}
	text := textOf(r)
	for name, got := range map[string]string{"text": text, "JSON": asJSON.String()} {
		if strings.ContainsFunc(got, func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }) {
			t.Errorf("%s has what a terminal obeys: %q", name, got)
		}
		if strings.Contains(got, "\nverified") {
			t.Errorf("%s has a line of the token's own: %q", name, got)
		}
		for _, part := range strings.Split(p.token(), ".") {
			if strings.Contains(got, part[:40]) {
				t.Errorf("%s holds the token", name)
			}
		}
	}
	if !strings.Contains(text, "values are cut at 128 bytes") || !strings.Contains(asJSON.String(), strings.Repeat("x", 4096)) {
		t.Errorf("got %s", text)
	}
	for line := range strings.Lines(text) {
		if len(line) > 1200 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestJSON(t *testing.T) {
	r := Inspect(good().token(), epoch)
	r.SetVerdict(&verifier.Result{KeyID: "EC384_0"}, nil)
	var b bytes.Buffer
	if err := r.JSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verdict, KeyID string
		Now            time.Time
		Header         map[string]string
		Attributes     map[string]any
		Times          map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Verdict != "verified" || !got.Now.Equal(epoch) || got.Header["kid"] != "EC384_0" || got.Attributes["aws_token.account.id"] != "123456789012" ||
		got.Attributes["aws_token.exp"] != "2026-11-01T12:01:48Z" || got.Times["expires_in_seconds"] != 108.0 || got.Times["issued_in_seconds"] != -192.0 ||
		got.Times["lifetime_seconds"] != 300.0 {
		t.Errorf("got %s", b.String())
	}
	if _, there := got.Attributes["aws_token.account_id"]; there {
		t.Error("the alias is there")
	}
}
