package policytest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// head is a file that has all but its cases.
const head = `config: Caddyfile
claims:
  iss: https://abc12345-def4-5678-90ab-cdef12345678.tokens.sts.global.api.aws
  aud: https://orders.example.com
  sub: arn:aws:iam::123456789012:role/orders-lambda
  aws: {principal_tags: {team: orders, environment: production}}
`

// oneCase is a file with one case, which has a line of its own.
func oneCase(line string) string {
	return head + "cases:\n  - name: a\n    want: {outcome: allowed}\n    " + line + "\n"
}

// oneWant is a file with one case, whose want is in line 9.
func oneWant(want string) string {
	return head + "cases:\n  - name: a\n    want: " + want + "\n"
}

// Each bad input stands beside one that differs in one property and is read.
var inputs = []struct {
	name      string
	bad       string
	line      int
	problem   string // a part of the fault's text
	good      string
	whole     bool // the fault is the file's own
	moreLines bool // the fault has others in its wake
}{
	// The document.
	{name: "empty", bad: "", line: 1, problem: "empty", good: oneCase(""), whole: true},
	{name: "a comment alone", bad: "# nothing\n", line: 1, problem: "empty", good: "# more\n" + oneCase(""), whole: true},
	{name: "a list", bad: "- a\n", line: 1, problem: "a list, an object is wanted", good: oneCase(""), whole: true, moreLines: true},
	{name: "two documents", bad: oneCase("") + "---\na: b\n", line: 11, problem: "second document", good: "---\n" + oneCase(""), whole: true},
	{name: "a tab", bad: head + "cases:\n\t- name: a\n", line: 8, problem: "tab", good: head + "cases:\n    - name: a\n      want: {outcome: allowed}\n", whole: true},
	{name: "an open bracket", bad: oneWant("{outcome: allowed"), line: 9, problem: "reading YAML", good: oneWant("{outcome: allowed}"), whole: true},
	{name: "a fault in the first line", bad: "config: a: b\n", line: 1, problem: "reading YAML", good: oneCase(""), whole: true},
	{name: "a control character", bad: oneCase("request: {path: /\x01}"), line: 10, problem: "control characters", good: oneCase(`request: {path: "/\x31"}`), whole: true},
	{name: "an unknown anchor", bad: oneCase("claims: *a"), line: 10, problem: "anchors and aliases", good: oneCase(`claims: {jti: "*a"}`), whole: true},
	{name: "an anchor", bad: oneCase("claims: &a {jti: b}"), line: 10, problem: "anchors and aliases", good: oneCase("claims: {jti: b}"), whole: true},
	{name: "a merge key", bad: oneCase("claims: {<<: {jti: b}}"), line: 10, problem: "merge key", good: oneCase(`claims: {"<<": {jti: b}}`), whole: true},
	{name: "a tag", bad: oneCase("claims: {jti: !!str 5}"), line: 10, problem: "quotes make a string", good: oneCase(`claims: {jti: "5"}`), whole: true},
	{name: "too deep", bad: oneCase("claims: {a: " + strings.Repeat("[", 30) + strings.Repeat("]", 30) + "}"), line: 10, problem: "nests deeper", good: oneCase("claims: {a: " + strings.Repeat("[", 28) + strings.Repeat("]", 28) + "}"), whole: true},
	{name: "too large", bad: oneCase("") + strings.Repeat("#", MaxFileSize), line: 1, problem: "larger than 4194304 bytes", good: oneCase("") + "#" + strings.Repeat(" ", MaxFileSize-len(oneCase(""))-1), whole: true},

	// The file.
	{name: "an unknown key", bad: "confg: b\n" + oneCase(""), line: 1, problem: `no key "confg"; did you mean "config"?`, good: "now: 2026-04-21T08:00:00Z\n" + oneCase(""), whole: true},
	{name: "a key twice", bad: oneCase("") + "config: b\n", line: 11, problem: "first in line 1", good: oneCase("") + "now: 2026-04-21T08:00:00Z\n", whole: true},
	{name: "a key that is a list", bad: oneCase("") + "? [a]\n: b\n", line: 11, problem: "a key is a list", good: oneCase("") + "? now\n: 2026-04-21T08:00:00Z\n", whole: true},
	{name: "no cases", bad: head, line: 1, problem: "at least one case", good: oneCase(""), whole: true},
	{name: "an empty list of cases", bad: head + "cases: []\n", line: 7, problem: "at least one case", good: oneCase(""), whole: true},
	{name: "an odd now", bad: "now: yesterday\n" + oneCase(""), line: 1, problem: "now: it is not a time", good: "now: 2026-04-21T08:00:00+02:00\n" + oneCase(""), whole: true},
	{name: "a config that is an object", bad: strings.Replace(oneCase(""), "Caddyfile", "{a: b}", 1), line: 1, problem: "config: it is an object", good: oneCase(""), whole: true},
	{name: "a claims_file that is not there", bad: "claims_file: missing.json\n" + oneCase(""), line: 1, problem: "claims_file", good: "claims_file: token.json\n" + oneCase(""), whole: true},
	{name: "a claims_file that is no JSON", bad: "claims_file: bad.json\n" + oneCase(""), line: 1, problem: "strict JSON", good: "claims_file: token.json\n" + oneCase(""), whole: true},
	{name: "a claims_file with an odd time", bad: "claims_file: times.json\n" + oneCase(""), line: 1, problem: "exp: it is neither", good: "claims_file: token.json\n" + oneCase(""), whole: true},

	// A case.
	{name: "a case that is a string", bad: head + "cases: [a]\n", line: 7, problem: "a case is an object", good: head + "cases: [{name: a, want: {outcome: allowed}}]\n"},
	{name: "no name", bad: head + "cases:\n  - want: {outcome: allowed}\n", line: 8, problem: "no name", good: oneCase("")},
	{name: "an empty name", bad: strings.Replace(oneCase(""), "name: a", `name: " "`, 1), line: 8, problem: "no name", good: strings.Replace(oneCase(""), "name: a", `name: " a"`, 1)},
	{name: "a name that is null", bad: strings.Replace(oneCase(""), "name: a", "name:", 1), line: 8, problem: "no name", good: strings.Replace(oneCase(""), "name: a", `name: "null"`, 1)},
	{name: "a name twice", bad: oneCase("") + "  - {name: a, want: {outcome: allowed}}\n", line: 11, problem: `"a" occurs twice, first in line 8`, good: oneCase("") + "  - {name: b, want: {outcome: allowed}}\n"},
	{name: "no want", bad: head + "cases:\n  - name: a\n", line: 8, problem: "no want", good: oneCase("")},
	{name: "a key that a case lacks", bad: oneCase("claim: {jti: b}"), line: 10, problem: `did you mean "claims"?`, good: oneCase("claims: {jti: b}")},
	{name: "a key far from all", bad: oneCase("quux-zyzzy: {jti: b}"), line: 10, problem: "; there are name, now", good: oneCase("claims: {jti: b}")},
	{name: "an authorization without a token", bad: oneCase("authorization: Basic a\n    no_token: true"), line: 10, problem: "has no_token", good: oneCase("authorization: Basic a\n    no_token: false")},
	{name: "claims without a token", bad: oneCase("claims: {jti: b}\n    no_token: true"), line: 10, problem: "no token of its own", good: oneCase("claims: {jti: b}\n    no_token: false")},
	{name: "a header beside authorization", bad: oneCase("header: {kid: b}\n    authorization: Basic a"), line: 10, problem: "no token of its own", good: oneCase("header: {kid: b}")},
	{name: "a no_token that is a word", bad: oneCase("no_token: indeed"), line: 10, problem: "true or false", good: oneCase("no_token: false")},
	{name: "a line end in authorization", bad: oneCase(`authorization: "a\nb"`), line: 10, problem: "control characters", good: oneCase(`authorization: "a b"`)},
	{name: "a kid that is a number", bad: oneCase("header: {kid: 0}"), line: 10, problem: "write it in quotes", good: oneCase(`header: {kid: "0"}`)},

	// The request.
	{name: "a key that a request lacks", bad: oneCase("request: {methd: GET}"), line: 10, problem: `did you mean "method"?`, good: oneCase("request: {method: GET}")},
	{name: "a method with a space", bad: oneCase("request: {method: GE T}"), line: 10, problem: "no method", good: oneCase("request: {method: PURGE}")},
	{name: "a method in lower case", bad: oneCase("request: {method: get}"), line: 10, problem: "write GET", good: oneCase("request: {method: GET}")},
	{name: "an empty method", bad: oneCase(`request: {method: ""}`), line: 10, problem: "it is empty", good: oneCase("request: {method: }")},
	{name: "an empty path", bad: oneCase(`request: {path: ""}`), line: 10, problem: "it is empty", good: oneCase("request: {path: }")},
	{name: "a host with a scheme", bad: oneCase("request: {host: 'http://a'}"), line: 10, problem: "write a", good: oneCase("request: {host: a}")},
	{name: "an empty host", bad: oneCase(`request: {host: ""}`), line: 10, problem: "it is empty", good: oneCase("request: {host: a}")},
	{name: "a host with a space", bad: oneCase("request: {host: a b}"), line: 10, problem: "no host", good: oneCase("request: {host: 'a:8080'}")},
	{name: "a path without a slash", bad: oneCase("request: {path: orders}"), line: 10, problem: "begin with a slash", good: oneCase("request: {path: /orders}")},
	{name: "a path with a space", bad: oneCase("request: {path: /a b}"), line: 10, problem: "%20", good: oneCase("request: {path: '/a%20b'}")},
	{name: "a path that is broken", bad: oneCase("request: {path: '/%zz'}"), line: 10, problem: "cannot read", good: oneCase("request: {path: '/%7a/../?a=b'}")},
	{name: "a path in a list", bad: oneCase("request: {path: [/]}"), line: 10, problem: "a list, a string is wanted", good: oneCase("request: {path: '*'}"), moreLines: true},
	{name: "an address with a port", bad: oneCase("request: {remote_ip: '203.0.113.9:1'}"), line: 10, problem: "no IP address", good: oneCase("request: {remote_ip: '2001:db8::1'}")},
	{name: "a field name with a space", bad: oneCase("request: {headers: {X Team: a}}"), line: 10, problem: "no field name", good: oneCase("request: {headers: {x_team: a}}")},
	{name: "a field in two spellings", bad: oneCase("request: {headers: {X-Team: a, x-team: b}}"), line: 10, problem: "occurs twice", good: oneCase("request: {headers: {X-Team: a, x_team: b}}")},
	{name: "a field with a line end", bad: oneCase(`request: {headers: {X-Team: "a\r\nb"}}`), line: 10, problem: "control characters", good: oneCase(`request: {headers: {X-Team: "a\tb"}}`)},
	{name: "a credential among the fields", bad: oneCase("request: {headers: {authorization: a}}"), line: 10, problem: `has "authorization"`, good: oneCase("request: {headers: {proxy-authorization: a}}")},
	{name: "a host among the fields", bad: oneCase("request: {headers: {host: a}}"), line: 10, problem: `"request.host"`, good: oneCase("request: {headers: {x-host: a}}")},

	// Claims.
	{name: "an account that is a number", bad: oneCase("claims: {aws: {aws_account: 123456789012}}"), line: 10, problem: "claims.aws.aws_account: 123456789012 is a number", good: oneCase(`claims: {aws: {aws_account: "123456789012"}}`)},
	{name: "an account in digits of octal", bad: oneCase("claims: {aws: {aws_account: 012345678901}}"), line: 10, problem: "in quotes", good: oneCase(`claims: {aws: {aws_account: "012345678901"}}`), moreLines: true},
	{name: "a tag that is a number", bad: oneCase("claims: {aws: {principal_tags: {cost: 7}}}"), line: 10, problem: "claims.aws.principal_tags.cost: 7 is a number", good: oneCase(`claims: {aws: {principal_tags: {cost: "7"}}}`)},
	{name: "a tag that is a boolean", bad: oneCase("claims: {aws: {request_tags: {a: true}}}"), line: 10, problem: "is a boolean", good: oneCase("claims: {aws: {request_tags: {a: yes}}}")},
	{name: "an audience that is a number", bad: oneCase("claims: {aud: [a, 5]}"), line: 10, problem: "is a number", good: oneCase(`claims: {aud: [a, "5"]}`)},
	{name: "a claim of AWS at the top", bad: oneCase("claims: {principal_tags: {team: a}}"), line: 10, problem: `belongs into the object "aws"`, good: oneCase("claims: {aws: {principal_tags: {team: a}}}")},
	{name: "the object of AWS twice", bad: oneCase(`claims: {aws: {}, "https://sts.amazonaws.com/": {}}`), line: 10, problem: "are the same", good: oneCase(`claims: {"https://sts.amazonaws.com/": {}}`)},
	{name: "a claim twice", bad: oneCase("claims: {jti: a, jti: b}"), line: 10, problem: "first in line 10", good: oneCase("claims: {jti: a, sub: b}")},
	{name: "a number that JSON lacks", bad: oneCase("claims: {a: 0x1F}"), line: 10, problem: "JSON has no number", good: oneCase("claims: {a: 31}")},
	{name: "no number at all", bad: oneCase("claims: {a: .nan}"), line: 10, problem: "JSON has no number", good: oneCase("claims: {a: '.nan'}")},
	{name: "an odd time", bad: oneCase("claims: {exp: tomorrow}"), line: 10, problem: "claims.exp: it is neither", good: oneCase("claims: {exp: 2026-04-22T08:00:00Z}")},
	{name: "a time of half a second", bad: oneCase("claims: {exp: 1.5s}"), line: 10, problem: "whole seconds", good: oneCase("claims: {exp: 1m30s}")},
	{name: "a time that is a boolean", bad: oneCase("claims: {iat: true}"), line: 10, problem: "claims.iat: it is neither", good: oneCase("claims: {iat: 1.5}")},
	{name: "the end of a session that is a number", bad: oneCase("claims: {aws: {original_session_exp: 5}}"), line: 10, problem: "is a number", good: oneCase("claims: {aws: {original_session_exp: 5h}}")},

	// Wants.
	{name: "a want without an outcome", bad: oneWant("{rule: partners}"), line: 9, problem: "no outcome", good: oneWant("{outcome: refused, rule: partners}")},
	{name: "a want that is a string", bad: oneWant("allowed"), line: 9, problem: "an object is wanted", good: oneWant("{outcome: allowed}")},
	{name: "a want with another key", bad: oneWant("{outcome: allowed, roul: a}"), line: 9, problem: `did you mean "rule"?`, good: oneWant("{outcome: allowed, rule: orders-team}")},
	{name: "an outcome that is none", bad: oneWant("{outcome: denied}"), line: 9, problem: `no outcome "denied"`, good: oneWant("{outcome: refused}")},
	{name: "an outcome that nobody wants", bad: oneWant("{outcome: unknown}"), line: 9, problem: `no outcome "unknown"`, good: oneWant("{outcome: anonymous}")},
	{name: "a reason for allowing", bad: oneWant("{outcome: allowed, reason: expired}"), line: 9, problem: "has no reason", good: oneWant("{outcome: audited, reason: expired}")},
	{name: "a reason that is none", bad: oneWant("{outcome: refused, reason: expierd}"), line: 9, problem: `did you mean "expired"?`, good: oneWant("{outcome: refused, reason: expired}")},
	{name: "a status of the upstream", bad: oneWant("{outcome: unprotected, status: 403}"), line: 9, problem: "answered by the upstream", good: oneWant("{outcome: answered, status: 403}")},
	{name: "a status that is none", bad: oneWant("{outcome: refused, status: 0403}"), line: 9, problem: "not the status of a refusal", good: oneWant(`{outcome: refused, status: "403"}`)},
	{name: "a status of success", bad: oneWant("{outcome: refused, status: 200}"), line: 9, problem: "not the status of a refusal", good: oneWant("{outcome: refused, status: 503}")},
	{name: "headers of a refusal", bad: oneWant("{outcome: refused, headers: {X-Team: a}}"), line: 9, problem: "does not reach the upstream", good: oneWant("{outcome: unprotected, headers: {X-Team: a}}")},
	{name: "a rule for a stranger", bad: oneWant("{outcome: anonymous, rule: partners}"), line: 9, problem: "not asked about", good: oneWant("{outcome: allowed, rule: partners}")},
	{name: "a shadow of nothing", bad: oneWant("{outcome: unprotected, would_refuse: root}"), line: 9, problem: "not asked about", good: oneWant("{outcome: refused, would_refuse: root}")},
	{name: "a rule that the configuration lacks", bad: oneWant("{outcome: allowed, rule: order-team}"), line: 9, problem: `did you mean "orders-team"?`, good: oneWant(`{outcome: allowed, rule: ""}`)},
	{name: "a requirement that the configuration lacks", bad: oneWant("{outcome: refused, rule: account}"), line: 9, problem: "has no rule", good: oneWant("{outcome: refused, rule: principal_tag.environment}")},
	{name: "a shadow rule that the configuration lacks", bad: oneWant("{outcome: allowed, would_allow: roof}"), line: 9, problem: `did you mean "root"?`, good: oneWant("{outcome: allowed, would_allow: root}")},
}

func openTestFile(name string) ([]byte, error) {
	switch name {
	case "token.json":
		return []byte(`{"jti":"a","exp":"+5m"}`), nil
	case "times.json":
		return []byte(`{"exp":"soon"}`), nil
	case "bad.json":
		return []byte(`{"jti":"a","jti":"b"}`), nil
	}
	return nil, errors.New("there is no such file")
}

// readSuite reads a text as Run does, with the rules of the fake gateway.
func readSuite(text string) *suite {
	s := parseSuite([]byte(text), reasons(), openTestFile)
	var names []string
	for _, rule := range fakeRules() {
		names = append(names, rule.Name)
	}
	for _, c := range s.cases {
		before := s.count
		s.inCase = c.name
		s.checkRules(c.want, names)
		c.faulty = c.faulty || s.count > before
	}
	return s
}

func TestBadInput(t *testing.T) {
	for _, tt := range inputs {
		t.Run(tt.name, func(t *testing.T) {
			s := readSuite(tt.bad)
			faults := s.sorted()
			if len(faults) == 0 || len(faults) > 1 && !tt.moreLines {
				t.Fatalf("%d faults: %v", len(faults), faults)
			}
			if first := faults[0]; first.Line != tt.line || !strings.Contains(fmt.Sprint(faults), tt.problem) {
				t.Errorf("got %v, want line %d: …%s…", faults, tt.line, tt.problem)
			}
			if s.broken != tt.whole || !s.broken && !s.cases[len(s.cases)-1].faulty {
				t.Errorf("broken: %t, want %t", s.broken, tt.whole)
			}
			if good := readSuite(tt.good); good.count > 0 || good.broken || len(good.cases) == 0 || good.cases[0].faulty {
				t.Errorf("the control has faults: %v", good.faults)
			}
		})
	}
}

// A file shows a bounded number of its faults, and says how many there are.
func TestManyFaults(t *testing.T) {
	var text strings.Builder
	text.WriteString(head + "cases:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  - {name: a%d, want: {outcome: denied}}\n", i)
	}
	text.WriteString("confg: a\n")
	s := readSuite(text.String())
	faults := s.sorted()
	if last := faults[len(faults)-1]; len(faults) != maxFaults+1 || last.Text != "and 51 faults more" {
		t.Errorf("%d faults, the last is %v", len(faults), last)
	}
	if !s.broken {
		t.Error("the fault of the file itself is lost")
	}
}

// A small file does not become a large one, nor take long.
func TestHostileDocuments(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9))
	}
	for name, text := range map[string]string{
		"aliases":  bomb.String(),
		"brackets": strings.Repeat("[", 1<<16),
		"dashes":   strings.Repeat("- ", 1<<16),
		"itself":   "a: &a [*a]\n",
		"keys":     strings.Repeat("? ", 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			if s := readSuite(text); !s.broken || len(s.cases) > 0 {
				t.Errorf("it is read: %v", s.faults)
			}
		})
	}
}
