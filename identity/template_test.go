package identity

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

func TestTemplates(t *testing.T) {
	token := testToken()
	token.PrincipalTags = map[string]string{
		"team": "x", "a.b": "dots", "Équipe": "é", "{": "brace", "evil": "{env.HOME}", "nested": "{aws_token.sub}",
		"pad": "  a b ", "inject": "a\r\nX-Admin: 1",
	}
	token.OUPath = []string{"a,b%", " c ", "d"}
	token.OriginalSessionExpiry = time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	lookup := func(name string) string {
		return map[string]string{"env.HOME": "/root", "loop": "{env.HOME}", "http.request.id": "7\n"}[name]
	}
	for _, test := range []struct{ name, value, want string }{
		{"literal", "edge", "edge"},
		{"attribute", "{aws_token.sub}", token.Subject},
		{"the other spelling", "{aws_token.account_id}", "123456789012"},
		{"literal and attributes", "a={aws_token.account.id};t={aws_token.principal_tags.team}", "a=123456789012;t=x"},
		{"key with dots", "{aws_token.principal_tags.a.b}", "dots"},
		{"key outside of ASCII", "{aws_token.principal_tags.Équipe}", "%C3%A9"},
		{"key with a brace", `{aws_token.principal_tags.\{}`, "brace"},
		{"absent tag", "{aws_token.principal_tags.none}", ""},
		{"absent beside literal", "team={aws_token.principal_tags.none}", "team="},
		{"absent at the ends", "{aws_token.source_identity} {aws_token.principal_tags.team} {aws_token.source_identity}", "x"},
		{"nothing but a space left", "{aws_token.source_identity} {aws_token.source_identity}", ""},
		{"timestamp", "{aws_token.iat}", "2027-01-15T08:00:00Z"},
		{"timestamp in UTC", "{aws_token.original_session_exp}", "2026-01-02T02:04:05Z"},
		{"list", "{aws_token.org.ou_path}", "a%2Cb%25,%20c%20,d"},
		{"map", "{aws_token.request_tags}", ""},
		{"placeholder", "{env.HOME}", "/root"},
		{"unknown placeholder", "{env.NONE}", ""},
		{"placeholder is encoded", "{http.request.id}", "7%0A"},
		{"escaped braces", `\{"t":"{aws_token.principal_tags.team}"\}`, `{"t":"x"}`},
		{"escaped placeholder", `\{env.HOME\}`, "{env.HOME}"},
		{"backslashes", `a\b\\\{`, `a\b\\{`},
		{"claim text is no template", "{aws_token.principal_tags.evil}", "{env.HOME}"},
		{"nor is it a path", "{aws_token.principal_tags.nested}", "{aws_token.sub}"},
		{"nor is another's text", "{loop}", "{env.HOME}"},
		{"braces do not nest", `{aws_token.principal_tags.{}`, "fault"},
		{"spaces at the ends", "{aws_token.principal_tags.pad}", "%20%20a b%20"},
		{"spaces at the ends beside literals", "<{aws_token.principal_tags.pad}>", "<%20%20a b%20>"},
		{"header injection", "{aws_token.principal_tags.inject}", "a%0D%0AX-Admin: 1"},
	} {
		parsed, err := parseTemplate(test.value)
		if test.want == "fault" {
			if err == nil {
				t.Errorf("%s: accepted", test.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := parsed.expand(token, lookup); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestMapsAreJSON(t *testing.T) {
	token := testToken()
	token.PrincipalTags = map[string]string{"b": "ü<>&", "a": "1%,2"}
	header := http.Header{}
	h := mustNew(t, Config{Headers: []Header{{"X-Tags", "{aws_token.principal_tags}"}, {"X-None", "{aws_token.request_tags}"}}})
	if err := h.Set(header, token, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := header.Get("X-Tags"), `{"a":"1%25,2","b":"%C3%BC<>&"}`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, there := header["X-None"]; there {
		t.Error("an empty map was set")
	}
}

func TestAbsentTimestampIsEmpty(t *testing.T) {
	parsed, err := parseTemplate("{aws_token.original_session_exp}")
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed.expand(new(awstoken.Token), nil); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestPlaceholderWithoutLookupIsEmpty(t *testing.T) {
	parsed, err := parseTemplate("{env.HOME}")
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed.expand(testToken(), nil); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestTemplateFaults(t *testing.T) {
	for _, test := range []struct{ name, good, bad, fault string }{
		{"empty", "a", "", "it is empty"},
		{"unclosed", "{a}", "{a", "does not close it"},
		{"unclosed before another", "{a}{b}", "{a{b}", "does not close it"},
		{"closing brace escaped", `{a}`, `{a\}`, "does not close it"},
		{"unopened", `a\}`, "a}", "does not open"},
		{"empty placeholder", "a{b}", "a{}", "empty placeholder"},
		{"unknown path", "{aws_token.sub}", "{aws_token.subject}", `there is no attribute "aws_token.subject"`},
		{"path in another case", "{aws_token.sub}", "{AWS_token.sub}", "there is no attribute"},
		{"no path", "{aws_token.sub}", "{aws_token}", "there is no attribute"},
		{"empty tag key", "{aws_token.request_tags.a}", "{aws_token.request_tags.}", "there is no attribute"},
		{"space in a placeholder", "{aws_token.sub}", "{ aws_token.sub}", "begins or ends with a space"},
		{"leading space", "a", " a", "begins or ends with a space"},
		{"trailing space", "a", "a ", "begins or ends with a space"},
		{"tab", "a b", "a\tb", "0x09"},
		{"CR LF", "a b", "a\r\nb", "0x0D"},
		{"NUL", "a b", "a\x00b", "0x00"},
		{"DEL", "a~", "a\x7f", "0x7F"},
		{"not ASCII", "o", "ö", "0xC3"},
	} {
		if _, err := parseTemplate(test.good); err != nil {
			t.Errorf("%s: the control %q: %v", test.name, test.good, err)
		}
		if _, err := parseTemplate(test.bad); err == nil || !strings.Contains(err.Error(), test.fault) {
			t.Errorf("%s: %q: got %v, want %q", test.name, test.bad, err, test.fault)
		}
	}
}
