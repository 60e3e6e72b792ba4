package inspection

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func textOf(r *Report) string {
	var b bytes.Buffer
	if err := r.Text(&b, nil); err != nil {
		panic(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	p := good()
	p.set(p.aws, "request_tags", map[string]any{"job-id": "two words", "team": "a"})
	p.set(p.aws, "original_session_exp", "2026-11-01T14:03:00Z")
	p.set(p.aws, "new_claim", map[string]any{"a": 1})
	p.set(p.aws, "ou_path", []string{"o-abc1234567/r-ab12/ou-ab12-11111111/", "o-abc1234567/r-ab12/ou-ab12-22222222/"})
	p.set(p.top, "azp", "x")
	const want = `not verified: nobody has checked the signature, and anybody can write what follows

header
  alg  ES384
  kid  EC384_0
  typ  JWT

attributes
  aws_token.iss                         https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws
  aws_token.sub                         arn:aws:iam::123456789012:role/MyAppRole
  aws_token.jti                         5488e298-0a47-4c5b-80d7-6b4ab8a4cede
  aws_token.aud                         my-app
  aws_token.iat                         2026-11-01T11:56:48Z
  aws_token.exp                         2026-11-01T12:01:48Z
  aws_token.account.id                  123456789012
  aws_token.org.id                      o-abc1234567
  aws_token.org.ou_path                 o-abc1234567/r-ab12/ou-ab12-11111111/
  aws_token.org.ou_path                 o-abc1234567/r-ab12/ou-ab12-22222222/
  aws_token.source_region               eu-central-1
  aws_token.principal_id                arn:aws:iam::123456789012:role/MyAppRole
  aws_token.principal_tags.environment  production
  aws_token.request_tags["job-id"]      "two words"
  aws_token.request_tags.team           a
  aws_token.original_session_exp        2026-11-01T14:03:00Z
  aws_token.principal.partition         aws
  aws_token.principal.account_id        123456789012
  aws_token.principal.type              role
  aws_token.principal.path              /
  aws_token.principal.name              MyAppRole
  aws_token.claims["new_claim"]         {"a":1}

times
  issued 3 m 12 s ago
  expires in 1 m 48 s
  lives 5 m
  session ends in 2 h 3 m

notes
  AWS's claim "new_claim" has no path of its own here; a policy reads it as aws_token.claims["new_claim"]
  the claim "azp" is not one of those that AWS sends, and is not read
  request_tags are what the caller chose to write into the call: AWS signs them and vouches for none of them
`
	if got := textOf(Inspect(p.token(), epoch)); got != want {
		t.Errorf("got\n%s", got)
	}
	later := textOf(Inspect(p.token(), epoch.Add(2*time.Hour+3*time.Minute+108*time.Second)))
	if !strings.Contains(later, "what follows\nexpired: the token ended 2 h 3 m ago; ask STS for a new one\n\nheader\n") {
		t.Errorf("that it is expired does not stand out in\n%s", later)
	}
	for _, line := range []string{"issued 2 h 8 m ago", "expired 2 h 3 m ago", "session ended 1 m 48 s ago"} {
		if !strings.Contains(later, "\n  "+line+"\n") {
			t.Errorf("%q is not in\n%s", line, later)
		}
	}
}

// What does not make a token unreadable is a note. The first says that it has
// ended.
func TestNotes(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(p parts)
		want   []string
	}{
		"the control":   {func(parts) {}, nil},
		"two audiences": {func(p parts) { p.set(p.top, "aud", []string{"a", "b"}) }, []string{"the token is made out to 2 audiences"}},
		"expired":       {func(p parts) { p.set(p.top, "exp", epoch.Unix()-60) }, []string{"the token ended 1 m ago"}},
		"expired now":   {func(p parts) { p.set(p.top, "exp", epoch.Unix()) }, []string{"the token ended 0 s ago"}},
		"a second left": {func(p parts) { p.set(p.top, "exp", epoch.Unix()+1) }, nil},
		"both, and an unknown claim": {func(p parts) {
			p.set(p.top, "aud", []string{"a", "b"})
			p.set(p.top, "exp", epoch.Unix()-60)
			p.set(p.top, "azp", "x")
		}, []string{"the token ended", `the claim "azp"`, "the token is made out to 2"}},
	} {
		p := good()
		tt.change(p)
		r := Inspect(p.token(), epoch)
		if !slices.EqualFunc(r.Notes, tt.want, strings.HasPrefix) || len(r.Problems) > 0 {
			t.Errorf("%s: notes %q, problems %v; want %q", name, r.Notes, r.Problems, tt.want)
		}
		if text := textOf(r); strings.Count(text, "the token ended") != strings.Count(strings.Join(tt.want, " "), "the token ended") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// full is a place where nothing fits any more.
type full struct{ writes int }

var errFull = errors.New("no space left on device")

func (f *full) Write([]byte) (int, error) { f.writes++; return 0, errFull }

// What cannot be written is an error, after one try.
func TestTextSaysWhatFailed(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"a token": func(w io.Writer) error { return Inspect(good().token(), epoch).Text(w, nil) },
		"probes":  func(w io.Writer) error { return sampleProbes().Text(w, nil) },
	} {
		f := new(full)
		if err := write(f); !errors.Is(err, errFull) || f.writes != 1 {
			t.Errorf("%s: error %v after %d writes", name, err, f.writes)
		}
		if err := write(io.Discard); err != nil {
			t.Errorf("%s: the control: %v", name, err)
		}
	}
}

func TestHeadlines(t *testing.T) {
	result := &verifier.Result{KeyID: "EC384_0"}
	refusal := &verifier.Error{Reason: verifier.WrongAudience, Hint: `audience "x" is not one of [my-app]`}
	ours := &verifier.Error{Reason: verifier.KeysUnavailable, Hint: "no answer"}
	for name, tt := range map[string]struct {
		result *verifier.Result
		err    error
		want   string
	}{
		"nobody asked":    {nil, nil, "not verified: nobody"},
		"verified":        {result, nil, "verified: by " + issuer + "'s key EC384_0\n"},
		"refused":         {nil, fmt.Errorf("x: %w", refusal), `refused: wrong_audience: audience "x" is not one of [my-app]` + "\n"},
		"ours":            {nil, ours, "not verified: it could not be told whether the token is genuine: keys_unavailable: no answer\n"},
		"another error":   {nil, context.Canceled, "not verified: it could not be told whether the token is genuine: context canceled\n"},
		"a hostile error": {nil, errors.New("\x1b[2J\nx"), `not verified: it could not be told whether the token is genuine: \x1b[2J\nx` + "\n"},
	} {
		r := Inspect(good().token(), epoch)
		r.SetVerdict(tt.result, tt.err)
		if got := textOf(r); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: got %q", name, got[:min(len(got), 200)])
		}
	}
}

// Each token changes one thing of the good one. What is wrong is said, and the
// rest is shown.
func TestProblems(t *testing.T) {
	if r := Inspect(good().token(), epoch); len(r.Problems) != 0 || len(r.Notes) != 0 {
		t.Fatalf("the control: %+v %v", r.Problems, r.Notes)
	}
	for name, tt := range map[string]struct {
		change func(p parts)
		want   []string // where: a part of the text
		gone   string   // the path that is not shown
	}{
		"no iss":               {func(p parts) { p.set(p.top, "iss", nil) }, []string{"iss: it is missing"}, "aws_token.iss"},
		"iss a number":         {func(p parts) { p.set(p.top, "iss", 7) }, []string{"iss: it is not a string"}, "aws_token.iss"},
		"no sub":               {func(p parts) { p.set(p.top, "sub", nil) }, []string{"sub: it is missing"}, "aws_token.sub"},
		"sub no ARN":           {func(p parts) { p.set(p.top, "sub", "alice") }, []string{"sub: an ARN has the form"}, "aws_token.principal.name"},
		"no aud":               {func(p parts) { p.set(p.top, "aud", nil) }, []string{"aud: it is missing or empty"}, "aws_token.aud"},
		"aud of numbers":       {func(p parts) { p.set(p.top, "aud", []int{1}) }, []string{"aud: an element is a number"}, "aws_token.aud"},
		"several audiences":    {func(p parts) { p.set(p.top, "aud", []string{"a", "b"}) }, nil, ""},
		"no iat":               {func(p parts) { p.set(p.top, "iat", nil) }, []string{"iat: it is missing"}, "aws_token.iat"},
		"no exp":               {func(p parts) { p.set(p.top, "exp", nil) }, []string{"exp: it is missing"}, "aws_token.exp"},
		"exp a string":         {func(p parts) { p.set(p.top, "exp", "1") }, []string{"exp: it is not a whole number"}, "aws_token.exp"},
		"exp before iat":       {func(p parts) { p.set(p.top, "exp", epoch.Unix()-999) }, []string{"exp: it is not later than iat"}, ""},
		"a long life":          {func(p parts) { p.set(p.top, "exp", epoch.Unix()-192+3601) }, []string{"exp: the token lives for 1h0m1s, AWS's live for 1h0m0s"}, ""},
		"an hour":              {func(p parts) { p.set(p.top, "exp", epoch.Unix()-192+3600) }, nil, ""},
		"iat ahead":            {func(p parts) { p.set(p.top, "iat", epoch.Unix()+40) }, []string{"iat: it lies 40 s ahead"}, ""},
		"nbf ahead":            {func(p parts) { p.set(p.top, "nbf", epoch.Unix()+40) }, []string{"nbf: it lies 40 s ahead"}, ""},
		"no AWS object":        {func(p parts) { clear(p.aws); p.set(p.top, "x", 1) }, []string{"aws_account: it is missing"}, "aws_token.account.id"},
		"another account":      {func(p parts) { p.set(p.aws, "aws_account", "999999999999") }, []string{"sub: it is of account 123456789012, aws_account is 999999999999"}, ""},
		"a short account":      {func(p parts) { p.set(p.aws, "aws_account", "1234") }, []string{"aws_account: it is not 12 digits", "sub: it is of account 123456789012, aws_account is 1234"}, ""},
		"an account number":    {func(p parts) { p.set(p.aws, "aws_account", 123456789012) }, []string{"aws_account: it is a number"}, "aws_token.account.id"},
		"tags of numbers":      {func(p parts) { p.set(p.aws, "principal_tags", map[string]any{"a": 1}) }, []string{"principal_tags: a value is a number"}, "aws_token.principal_tags"},
		"a bad timestamp":      {func(p parts) { p.set(p.aws, "original_session_exp", "soon") }, []string{"original_session_exp: it is not an RFC 3339"}, "aws_token.original_session_exp"},
		"a name in other case": {func(p parts) { p.set(p.top, "Exp", 1) }, []string{`payload: a name differs from "exp" in case`}, ""},
		"the same, AWS's":      {func(p parts) { p.set(p.aws, "ORG_ID", "o") }, []string{`payload: a name differs from "org_id" in case`}, ""},
		"exp in AWS's object":  {func(p parts) { p.set(p.aws, "exp", 1); p.set(p.top, "exp", nil) }, []string{"exp: it is missing"}, "aws_token.exp"},
		"two faults":           {func(p parts) { p.set(p.top, "exp", "1"); p.set(p.aws, "org_id", 7) }, []string{"exp: it is not a whole", "org_id: it is a number"}, "aws_token.org.id"},
		"typ":                  {func(p parts) { p.set(p.header, "typ", "at+jwt") }, []string{"header: typ is not JWT"}, ""},
		"alg none":             {func(p parts) { p.set(p.header, "alg", "none") }, []string{`header: alg "none" is not one of [RS256 ES384]`}, ""},
		"no alg":               {func(p parts) { p.set(p.header, "alg", nil) }, []string{"header: alg is missing"}, ""},
		"no kid":               {func(p parts) { p.set(p.header, "kid", nil) }, []string{"header: kid is missing"}, ""},
		"a key in the header":  {func(p parts) { p.set(p.header, "jwk", map[string]any{}) }, []string{`header: "jwk" is not accepted`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := good()
			tt.change(p)
			r := Inspect(p.token(), epoch)
			var got []string
			for _, problem := range r.Problems {
				got = append(got, problem.Where+": "+problem.Text)
			}
			if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if _, there := r.Attributes[tt.gone]; there {
				t.Errorf("%s is %v", tt.gone, r.Attributes[tt.gone])
			}
			if _, there := r.Attributes["aws_token.jti"]; !there {
				t.Error("the rest is not shown")
			}
		})
	}
}

// leftOver is a payload whose last character has bits that are left over.
func leftOver() string {
	text := segment(good().payload())
	for len(text)%4 != 2 {
		decoded, _ := base64.RawURLEncoding.DecodeString(text)
		text = segment(string(decoded) + " ")
	}
	return text[:len(text)-1] + string(text[len(text)-1]+1)
}

// Wherever a verifier refuses what can be seen without keys, a problem says so.
func TestProblemsAreThoseOfTheVerifier(t *testing.T) {
	v := trusting(t)
	tokens := map[string]string{
		"good":                good().token(),
		"padding":             strings.Replace(good().token(), ".", "=.", 1),
		"a line end":          strings.Replace(good().token(), ".", "\n.", 1),
		"two parts":           strings.TrimSuffix(good().token(), "."+signature),
		"four parts":          good().token() + ".x",
		"an encrypted token":  "a.b.c.d.e",
		"nothing":             "",
		"no signature":        strings.TrimSuffix(good().token(), signature),
		"a short signature":   strings.TrimSuffix(good().token(), signature[4:]),
		"not base64":          strings.Replace(good().token(), ".", "!.", 1),
		"header no JSON":      segment("x") + "." + segment(good().payload()) + "." + signature,
		"payload no JSON":     segment(good().header) + "." + segment("x") + "." + signature,
		"payload an array":    segment(good().header) + "." + segment("[]") + "." + signature,
		"a name twice":        segment(good().header) + "." + segment(`{"iss":"a","iss":"b"}`) + "." + signature,
		"trailing bits":       segment(good().header) + "." + leftOver() + "." + signature,
		"not UTF-8":           segment(good().header) + "." + segment("{\"iss\":\"\xff\"}") + "." + signature,
		"too large":           segment(good().header) + "." + segment(good().payload()) + "." + strings.Repeat("A", verifier.MaxTokenSize),
		"too deep":            segment(good().header) + "." + segment(`{"a":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+`}`) + "." + signature,
		"two JSON documents":  segment(good().header) + "." + segment("{}{}") + "." + signature,
		"a string for header": segment(`"x"`) + "." + segment(good().payload()) + "." + signature,
	}
	long := good()
	tokens["a long header"] = long.set(long.header, "x", strings.Repeat("x", 1024)).token()
	for _, name := range []string{"crit", "b64", "jku", "x5u", "x5c", "jwk", "zip", "cty", "JWK", "Alg", "KID"} {
		p := good()
		tokens["header "+name] = p.set(p.header, name, "x").token()
	}
	for name, token := range tokens {
		_, err := v.Verify(t.Context(), token)
		var refusal *verifier.Error
		if !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		problems := Inspect(token, epoch).Problems
		if onlySignature := name == "good"; onlySignature != (len(problems) == 0) {
			t.Errorf("%s: %+v, the verifier says %v", name, problems, err)
		}
		if name == "good" && refusal.Reason != verifier.BadSignature {
			t.Errorf("the control: %v", err)
		}
	}
}
