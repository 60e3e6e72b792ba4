package identity

import (
	"errors"
	"strings"
	"testing"
)

// Each template is wrong for one thing; those with "" are good.
func TestSubjectTemplates(t *testing.T) {
	for template, fault := range map[string]string{
		"{aws_token.sub}": "",
		"gateway":         "",
		"aws:{aws_token.account.id}:{aws_token.principal.name}":                   "",
		"spiffe://corp.example/aws/{aws_token.account.id}":                        "",
		"spiffe://corp.example/aws/env-{aws_token.principal_tags.environment}.v1": "",
		"{aws_token.subb}":                                     `did you mean "aws_token.sub"`,
		"{aws_token.aud}":                                      "aws_token.aud is no text",
		"{aws_token.exp}":                                      "aws_token.exp is no text",
		"{aws_token.principal_tags}":                           "aws_token.principal_tags is no text",
		"{http.request.header.X-Caller}":                       "is no attribute of the token",
		"{aws_token.sub":                                       "opens a brace",
		" x":                                                   "begins or ends with a space",
		"spiffe://corp.example":                                "the path is missing",
		"spiffe:///aws":                                        "the trust domain is missing",
		"spiffe://corp.example/":                               "a segment of the path is empty",
		"spiffe://corp.example/a/":                             "a segment of the path is empty",
		"spiffe://corp.example//a":                             "a segment of the path is empty",
		"spiffe://corp.example/../a":                           `the path has the segment ".."`,
		"spiffe://corp.example/a b":                            `the path has the character ' '`,
		"spiffe://corp.example/a%2Fb":                          `the path has the character '%'`,
		"spiffe://Corp.example/a":                              `the trust domain has the character 'C'`,
		"spiffe://corp.example:1/a":                            `the trust domain has the character ':'`,
		"spiffe://a@corp.example/a":                            `the trust domain has the character '@'`,
		"spiffe://" + strings.Repeat("a", 256) + "/a":          "the trust domain is over 255 bytes",
		"spiffe://corp.example/" + strings.Repeat("a", 2030):   "it is over 2048 bytes",
		"spiffe://{aws_token.account.id}.corp.example/a":       "a placeholder stands in the trust domain",
		"spiffe://corp{aws_token.account.id}/a":                "a placeholder stands in the trust domain",
		"spiffe://corp.example/{aws_token.sub}":                "aws_token.sub holds colons or slashes",
		"spiffe://corp.example{aws_token.account.id}":          "the path is missing",
		"spiffe://corp.example/{aws_token.principal.path}/a":   "aws_token.principal.path holds colons or slashes",
		"spiffe://corp.example/a?{aws_token.account.id}":       "the path has the character '?'",
		"spiffe://corp.example/{aws_token.principal_tags.a/b}": "", // the key is not the text
		// What could make one caller another.
		"spiffe://corp.example/{aws_token.principal_tags.a}-{aws_token.principal_tags.b}":            "put a slash between them",
		"spiffe://corp.example/{aws_token.principal_tags.a}/{aws_token.principal_tags.b}":            "",
		"spiffe://corp.example/{aws_token.account.id}-{aws_token.principal.name}":                    "",
		"spiffe://corp.example/{aws_token.principal.name}-{aws_token.account.id}":                    "",
		"spiffe://corp.example/{aws_token.principal.name}-{aws_token.account.id}-{aws_token.org.id}": "nothing keeps aws_token.principal.name and aws_token.org.id apart",
		"{aws_token.principal_tags.a}{aws_token.principal_tags.b}":                                   "put a character such as a colon between them",
		"{aws_token.principal_tags.a}x{aws_token.principal_tags.b}":                                  "put a character such as a colon between them",
		"{aws_token.principal_tags.a}-{aws_token.principal_tags.b}":                                  "",
		"spiffe://corp.example/job/{aws_token.request_tags.job}":                                     "it holds request tags alone",
		"{aws_token.request_tags.a}/{aws_token.request_tags.b}":                                      "it holds request tags alone",
		"spiffe://corp.example/job/{aws_token.account.id}/{aws_token.request_tags.job}":              "",
	} {
		_, err := parseSubject(template)
		if (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v, want %q", template, err, fault)
		}
	}
}

func expanded(t *testing.T, template, tag string) (string, error) {
	t.Helper()
	s, err := parseSubject(template)
	if err != nil {
		t.Fatal(err)
	}
	token := testToken()
	token.PrincipalTags["environment"] = tag
	return s.expand(token)
}

// No text of a tag leads to another path than one segment.
func TestTagsInSPIFFEIDs(t *testing.T) {
	const template = "spiffe://corp.example/aws/{aws_token.account.id}/{aws_token.principal_tags.environment}"
	for tag, hint := range map[string]string{
		"production": "", "Prod-1.2_x": "", "...": "",
		"":   "needs aws_token.principal_tags.environment, which the token lacks",
		"/":  "has the character '/'",
		"..": `the path has the segment ".."`,
		".":  `the path has the segment "."`,
		"production/../../999988887777/production": "has the character '/'",
		"a b": "has the character ' '", "a:b": "has the character ':'", "a%2Fb": "has the character '%'",
		"ü": "has the character 'ü'", "a\u2028b": "has the character", "{aws_token.sub}": "has the character '{'",
		strings.Repeat("a", 2048): "is over 2048 bytes",
	} {
		id, err := expanded(t, template, tag)
		if hint == "" {
			if want := "spiffe://corp.example/aws/123456789012/" + tag; id != want || err != nil {
				t.Errorf("%q: %q, %v", tag, id, err)
			}
			continue
		}
		unfit := new(AssertionError)
		if !errors.As(err, &unfit) || !strings.Contains(unfit.Hint, hint) {
			t.Errorf("%q: %q, %v", tag, id, err)
		}
	}
}

// Part of a segment may be fixed, and then a tag of dots is no way up.
func TestTagsInPartsOfSegments(t *testing.T) {
	if id, err := expanded(t, "spiffe://corp.example/env-{aws_token.principal_tags.environment}", ".."); id != "spiffe://corp.example/env-.." || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	if id, err := expanded(t, "spiffe://corp.example/.{aws_token.principal_tags.environment}", "."); err == nil {
		t.Errorf("%q", id)
	}
}

// In other subjects what stands between the attributes is encoded within them.
func TestTagsInOtherSubjects(t *testing.T) {
	const template = "aws:{aws_token.account.id}:{aws_token.principal_tags.environment}"
	for tag, want := range map[string]string{
		"production": "aws:123456789012:production", "a/b": "aws:123456789012:a/b", "a:b": "aws:123456789012:a%3Ab",
		"ü": "aws:123456789012:%C3%BC", "100%": "aws:123456789012:100%25",
	} {
		if got, err := expanded(t, template, tag); got != want || err != nil {
			t.Errorf("%q: %q, %v", tag, got, err)
		}
	}
	if got, err := expanded(t, template, ""); err == nil {
		t.Errorf("a tag that is absent: %q", got)
	}
	if got, err := expanded(t, "{aws_token.principal_tags.environment}", "a:b/c"); got != "a:b/c" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for tag, good := range map[string]bool{"spiffe://corp.example/a": false, "SPIFFE://corp.example/a": false, "spiffe:/corp.example/a": true} {
		if got, err := expanded(t, "{aws_token.principal_tags.environment}", tag); (err == nil) != good {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := expanded(t, template, strings.Repeat("a", 2048)); err == nil {
		t.Error("a subject of more than 2048 bytes passes")
	}
}
