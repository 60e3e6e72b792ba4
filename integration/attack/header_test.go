package attack

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// headerRows are about headers and proxying.
var headerRows = []row{
	{"H1", func() []probe { return slices.Concat(stripProbes(), openPaths()) }},
	{"H2", connectionProbes},
	{"H3", trailerProbes},
	{"H4", valueProbes},
	{"H5", leakProbes},
	{"H6", credentialProbes},
	{"H7", func() []probe { return slices.Concat(upgradeProbes(), webSockets(), streams()) }},
	{"H8", methodProbes},
	{"H9", pathProbes},
	{"H10", smugglingProbes},
	{"H11", basicProbes},
}

// evil is the value of whatever a client forges.
const evil = "evil"

// identity is the fields by which an upstream knows a caller, by their folded
// names; "*" is any value.
type identity map[string]string

// whole is what the orders role's good token says.
var whole = identity{
	"x-aws-token-account-id": ordersAccount, "x-aws-token-org-id": "o-devsts0001", "x-aws-token-sub": ordersRole,
	"x-aws-token-source-region": "us-east-1", "x-aws-token-jti": "*", "x-team": "orders",
}

// nobody is what an upstream knows of a caller without a token.
var nobody = identity{}

// bare is what bareToken says.
var bare = whole.but("x-aws-token-org-id", "x-team")

func (i identity) but(names ...string) identity {
	rest := maps.Clone(i)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

func (i identity) plus(name, value string) identity {
	more := maps.Clone(i)
	more[name] = value
	return more
}

// bareToken has neither an organization nor tags: the fields that a client
// could hope to fill in.
func bareToken() string {
	return mint(func(p *parts) {
		delete(p.aws, "org_id")
		delete(p.aws, "principal_tags")
	})
}

// folded is a field's name as CGI and its heirs read it (RFC 3875, section
// 4.1.18): X-Team, x_team and X.Team are all HTTP_X_TEAM.
func folded(name string) string {
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(name))
}

// readAs returns the values of all fields and trailers that an upstream might
// read under a name.
func readAs(a stack.Arrival, name string) []string {
	var values []string
	for _, fields := range []http.Header{a.Header, a.Trailer} {
		for each, those := range fields {
			if folded(each) == folded(name) {
				values = append(values, those...)
			}
		}
	}
	return values
}

// reads says what is wrong unless an upstream reads the one value under a name,
// however it is spelt; "" is none.
func reads(name, value string) func(stack.Arrival) string {
	return func(a stack.Arrival) string {
		got := readAs(a, name)
		if value == "" && len(got) == 0 || len(got) == 1 && (got[0] == value || value == "*") {
			return ""
		}
		return fmt.Sprintf("%s reads %q, want %q", name, got, value)
	}
}

// carries says what is wrong unless an upstream reads this identity and no more
// of one.
func carries(want identity) func(stack.Arrival) string {
	return func(a stack.Arrival) string {
		names := slices.Collect(maps.Keys(whole))
		for _, fields := range []http.Header{a.Header, a.Trailer} {
			for name := range fields {
				if strings.HasPrefix(folded(name), "x-aws-token-") {
					names = append(names, folded(name))
				}
			}
		}
		for _, name := range names {
			if wrong := reads(name, want[name])(a); wrong != "" {
				return wrong
			}
		}
		return ""
	}
}

// unforged says where what a client forged has arrived.
func unforged(a stack.Arrival) string {
	for _, fields := range []http.Header{a.Header, a.Trailer} {
		for name, values := range fields {
			if strings.Contains(strings.Join(values, "|"), evil) {
				return fmt.Sprintf("%s is %q", name, values)
			}
		}
	}
	return ""
}

// line says what is wrong unless the request line is this one, without the
// protocol.
func line(want string) func(stack.Arrival) string {
	return func(a stack.Arrival) string {
		if a.Line == want+" HTTP/1.1" {
			return ""
		}
		return fmt.Sprintf("the line is %q, want %q", a.Line, want)
	}
}

// rawGet is GET /orders with lines that are sent as they stand.
func rawGet(lines ...string) request { return rawRequest("GET /orders HTTP/1.1", lines...) }

func rawRequest(first string, lines ...string) request {
	lines = append([]string{first, "Host: HOST"}, lines...)
	return request{raw: strings.Join(lines, "\r\n") + "\r\n\r\n"}
}

// onErrors is a site whose refusals are answered by the upstream.
func onErrors(site string) string {
	return site + `
	handle_errors {
		reverse_proxy UPSTREAM
	}`
}

// dead is a site whose own upstream does not answer.
var dead = strings.Replace(plain, "reverse_proxy UPSTREAM", "reverse_proxy 127.0.0.1:1", 1)

// inside adds lines to the first aws_jwt of a site.
func inside(site, lines string) string {
	return strings.Replace(site, "audience orders.internal", "audience orders.internal\n"+lines, 1)
}
