package identity

import (
	"errors"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

func TestNewRefusesFields(t *testing.T) {
	for _, test := range []struct{ field, fault string }{
		{"X-Team", ""},
		{"x_team", ""},
		{"X!#$%&'*+.^`|~", ""},
		{"X-Aws-Token-Team", ""},
		{"Content-Type", ""},
		{"X-Authorization", ""},
		{"", "it is empty"},
		{"X Team", "is not the name of a field"},
		{"X-Team:", "is not the name of a field"},
		{"X-Téam", "is not the name of a field"},
		{"X-Team\r\nX-Other", "is not the name of a field"},
		{"Authorization", "connections or credentials"},
		{"authorization", "connections or credentials"},
		{"Host", "connections or credentials"},
		{"HOST", "connections or credentials"},
		{"Connection", "connections or credentials"},
		{"Content-Length", "connections or credentials"},
		{"content.length", "connections or credentials"},
		{"Transfer_Encoding", "connections or credentials"},
		{"Keep-Alive", "connections or credentials"},
		{"Proxy-Authenticate", "connections or credentials"},
		{"Proxy-Authorization", "connections or credentials"},
		{"Proxy-Connection", "connections or credentials"},
		{"TE", "connections or credentials"},
		{"Trailer", "connections or credentials"},
		{"Trailers", "connections or credentials"},
		{"Upgrade", "connections or credentials"},
		{"HTTP2-Settings", "connections or credentials"},
		{"Expect", "connections or credentials"},
	} {
		_, err := New(Config{Headers: []Header{{"X-First", "a"}, {test.field, "a"}}})
		switch {
		case test.fault == "" && err != nil:
			t.Errorf("%q: %v", test.field, err)
		case test.fault != "" && err == nil:
			t.Errorf("%q was accepted", test.field)
		case test.fault != "" && (!strings.HasPrefix(err.Error(), "headers[1].field: ") || !strings.Contains(err.Error(), test.fault)):
			t.Errorf("%q: %v", test.field, err)
		}
	}
}

func TestNewRefusesTheSameFieldTwice(t *testing.T) {
	for _, test := range []struct {
		first, second string
		defaults, bad bool
	}{
		{"X-Team", "X-Teams", false, false},
		{"X-Team", "X-Team", false, true},
		{"X-Team", "x-team", false, true},
		{"X-Team", "X_Team", false, true},
		{"X-Team", "X.Team", false, true},
		{"X.team", "x_TEAM", false, true},
		{"X-Team", "X-Aws-Token-Sub", false, false},
		{"X-Team", "X-Aws-Token-Sub", true, true},
		{"X-Team", "x_aws_token_sub", true, true},
		{"X-Team", "X-Aws-Token-Principal", true, false},
	} {
		cfg := Config{Headers: []Header{{test.first, "a"}, {test.second, "a"}}, DefaultHeaders: test.defaults}
		_, err := New(cfg)
		if (err != nil) != test.bad {
			t.Errorf("%s, %s, defaults %t: %v", test.first, test.second, test.defaults, err)
		}
		if err != nil && test.defaults && !strings.Contains(err.Error(), "default_headers off") {
			t.Errorf("the fault does not say what to do: %v", err)
		}
	}
}

func TestNewNamesEveryFault(t *testing.T) {
	_, err := New(Config{Headers: []Header{
		{"X-A", "{aws_token.acount.id} {} {aws_token.nothing_like_it_at_all_here}"},
		{"x_a", "ok"},
		{"Host", "{"},
	}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`headers[0].value: there is no attribute "aws_token.acount.id"; did you mean "aws_token.account.id"?`,
		`headers[0].value: it holds an empty placeholder`,
		`headers[0].value: there is no attribute "aws_token.nothing_like`,
		`headers[1].field: `,
		`headers[2].field: `,
		`headers[2].value: it opens a brace`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%v", want, err)
		}
	}
	if lines := strings.Count(err.Error(), "\n") + 1; lines != 6 {
		t.Errorf("%d lines, want one for each of 6 faults:\n%v", lines, err)
	}
	var unknown *awstoken.UnknownPathError
	if !errors.As(err, &unknown) {
		t.Error("the cause is lost")
	}
}

func TestNewLeavesTheConfigurationAlone(t *testing.T) {
	list := make([]Header, 1, 8)
	list[0] = Header{"X-Team", "a"}
	mustNew(t, Config{Headers: list, DefaultHeaders: true})
	if list[:2][1] != (Header{}) {
		t.Error("New wrote into the caller's array")
	}
}
