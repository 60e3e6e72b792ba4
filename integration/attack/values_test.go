package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// templated has templates of several kinds, and a directive that reads a field
// which ours has set.
var templated = strings.Replace(inside(plain, `
		header X-Mixed "{http.request.method}/{aws_token.principal_tags.team}/{aws_token.principal_tags.none}"
		header X-Units {aws_token.org.ou_path}
		header X-Tags {aws_token.principal_tags}
		header X-Query {http.request.uri.query.q}`), "reverse_proxy UPSTREAM", `reverse_proxy UPSTREAM {
		header_up X-Up {http.request.header.X-Team}
	}`, 1)

// valueProbes: whoever may write IAM tags, or choose a session's, writes into a
// header. Nothing that is written there may end the field, be expanded, or make
// the proxy fail, and what AWS said can be read back.
func valueProbes() []probe {
	return slices.Concat(tagValueProbes(), claimValueProbes(), sizeProbes(), brokenTextProbes(), templateProbes())
}

func tags(tags map[string]any) string {
	return mint(func(p *parts) { p.aws["principal_tags"] = tags })
}

func team(value string) string { return tags(map[string]any{"team": value}) }

// decodes says what is wrong unless a field is one line of printable ASCII, and
// reads back as the value.
func decodes(name, value string) func(stack.Arrival) string {
	return func(a stack.Arrival) string {
		got := readAs(a, name)
		if len(got) != 1 {
			return fmt.Sprintf("%s reads %q", name, got)
		}
		if strings.ContainsFunc(got[0], func(c rune) bool { return c < ' ' || c > '~' }) {
			return fmt.Sprintf("%s is %q", name, got[0])
		}
		if decoded, err := url.PathUnescape(got[0]); err != nil || decoded != value {
			return fmt.Sprintf("%s is %q, which says %q, %v; want %q", name, got[0], decoded, err, value)
		}
		return ""
	}
}

// decodesTags says so of all tags, which are one JSON object.
func decodesTags(team string) func(stack.Arrival) string {
	return func(a stack.Arrival) string {
		var tags map[string]string
		decoded, err := url.PathUnescape(strings.Join(readAs(a, "X-Tags"), "|"))
		if err == nil {
			err = json.Unmarshal([]byte(decoded), &tags)
		}
		if err != nil || len(tags) != 1 || tags["team"] != team {
			return fmt.Sprintf("X-Tags says %q, %v", decoded, err)
		}
		return ""
	}
}

// harmless is the value without what is peculiar in it.
func harmless(value string) string {
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
			return c
		}
		return '-'
	}, value)
}

func tagValueProbes() []probe {
	var probes []probe
	for name, value := range map[string]string{
		"a field behind crlf":      "orders\r\nX-Aws-Token-Sub: other",
		"a request behind crlf":    "orders\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n",
		"a field behind lf":        "orders\nX-Aws-Token-Sub: other",
		"a field behind cr":        "orders\rX-Aws-Token-Sub: other",
		"crlf at the end":          "orders\r\n",
		"a fold":                   "orders\r\n other",
		"nul":                      "orders\x00other",
		"escape":                   "\x1b[31morders",
		"delete":                   "orders\x7f",
		"a tab":                    "\torders\tother\t",
		"next line":                "orders\u0085other",
		"no-break space":           "\u00a0orders\u00a0",
		"line separator":           "orders\u2028other\u2029",
		"right to left":            "orders\u202eredro",
		"a byte order mark":        "\ufefforders",
		"letters that fold to cr":  "orders\u010d\u010aX-Aws-Token-Sub: other", // their low bytes are CR and LF
		"an emoji":                 "orders \U0001F600",
		"a comma":                  "orders,admin",
		"a list":                   "orders, admin; q=1",
		"a percent sign":           "100%",
		"encoded crlf":             "orders%0d%0aX-Aws-Token-Sub:%20other",
		"encoded letters":          "%61dmin",
		"encoded twice":            "%250d%250a",
		"a broken escape":          "%zz%f",
		"encoded bad utf-8":        "%ff%fe",
		"backslashes":              `a\r\nb\x00\u000a\\`,
		"quotes":                   `"orders" 'x' ` + "`y`",
		"spaces at the ends":       "  orders  ",
		"one space":                " ",
		"an environment variable":  "{env.HOME}",
		"another spelling of it":   "{$HOME}",
		"the uri":                  "{http.request.uri}",
		"a client's field":         "{http.request.header.X-Note}",
		"the credential":           "{http.request.header.Authorization}",
		"an attribute":             "{aws_token.sub}",
		"a file":                   "{file./etc/hostname}",
		"an escaped placeholder":   `\{env.HOME\}`,
		"a placeholder in another": "{env.{env.HOME}}",
		"braces":                   "}{{}",
		"html":                     "<script>alert(1)</script>",
		"a shell":                  "$(id);`id`|id",
		"mail's encoded word":      "=?utf-8?q?=0d=0a?=",
		"256 letters":              strings.Repeat("ä", 256),
	} {
		probes = append(probes, probe{
			name: name, site: templated,
			attack: call(team(value), field{"X-Note", evil}),
			disarmed: all(carries(whole.plus("x-team", "*")), decodes("X-Team", value), decodes("X-Up", value),
				decodes("X-Mixed", "GET/"+value+"/"), decodesTags(value)),
			control: call(team(harmless(value)), field{"X-Note", evil}),
			intact:  all(carries(whole.plus("x-team", harmless(value))), reads("X-Up", harmless(value))),
		})
	}
	return probes
}

// claimValueProbes: the default fields, and lists.
func claimValueProbes() []probe {
	const hostile = "x\r\nX-Team: other\x00,100%"
	var probes []probe
	add := func(name, header, value, neighbour string, change func(p *parts, value string)) {
		minted := func(value string) string { return mint(func(p *parts) { change(p, value) }) }
		probes = append(probes, probe{
			name: name, attack: call(minted(value)), disarmed: all(reads("X-Team", "orders"), decodes(header, value)),
			control: call(minted(neighbour)), intact: reads(header, neighbour),
		})
	}
	add("in jti", "X-Aws-Token-Jti", hostile, "x", func(p *parts, value string) { p.claims["jti"] = value })
	add("in org_id", "X-Aws-Token-Org-Id", hostile, "x", func(p *parts, value string) { p.aws["org_id"] = value })
	add("in source_region", "X-Aws-Token-Source-Region", hostile, "x", func(p *parts, value string) { p.aws["source_region"] = value })
	add("in sub", "X-Aws-Token-Sub", ordersRole+hostile, ordersRole+"x", func(p *parts, value string) { p.claims["sub"] = value })

	// Splitting at commas and decoding each part gives the elements back.
	elements := []any{"o-1/r-1/ou-a,b/", " o-1/r-1/ou-\r\nc/ ", "%2c"}
	units := func(a stack.Arrival) string {
		got := strings.Split(strings.Join(a.Get("X-Units"), "|"), ",")
		for i, element := range elements {
			if decoded, err := url.PathUnescape(got[min(i, len(got)-1)]); err != nil || decoded != element || len(got) != len(elements) {
				return fmt.Sprintf("X-Units is %q", got)
			}
		}
		return ""
	}
	listed := func(elements ...any) request {
		return call(mint(func(p *parts) { p.aws["ou_path"] = elements }))
	}
	return append(probes, probe{
		name: "a list with commas", site: templated, attack: listed(elements...), disarmed: all(carries(whole), units),
		control: listed("o-1/r-1/ou-a/", "c"), intact: reads("X-Units", "o-1/r-1/ou-a/,c"),
	})
}

// sizeProbes: one field may have 4 KiB once it is encoded, and a token 16 KiB.
func sizeProbes() []probe {
	many := func(n, size int) string {
		values := map[string]any{"team": "orders"}
		for i := range n {
			values[fmt.Sprintf("tag-%02d", i)] = strings.Repeat("x", size)
		}
		return tags(values)
	}
	unsafe := func(name, site, attack, control string, intact func(stack.Arrival) string) probe {
		return probe{
			name: name, site: site, attack: call(attack), status: http.StatusForbidden, reason: "unsafe_header_value",
			control: call(control), intact: intact,
		}
	}
	x, nul := strings.Repeat("x", 4096), strings.Repeat("\x00", 1365)
	return []probe{
		unsafe("4097 letters", plain, team(x+"x"), team(x), reads("X-Team", x)),
		unsafe("4098 bytes when encoded", plain, team(nul+"\x00"), team(nul+"x"), decodes("X-Team", nul+"x")),
		unsafe("one of several fields", templated, many(40, 200), many(10, 200), carries(whole)),
		{
			// HTTP/2 servers do not take so long a field in the first place.
			name: "fifty tags of 256 letters", by: onlyH1, attack: call(many(50, 256)), status: http.StatusUnauthorized, reason: "too_large",
			control: call(many(49, 200)), intact: carries(whole),
		},
	}
}

// brokenTextProbes: text that is no Unicode ends before any header is set.
func brokenTextProbes() []probe {
	spoilt := func(value string) request {
		return call(mintRaw("ES384", goodHeader(), strings.Replace(goodPayload(), `"team":"orders"`, `"team":"`+value+`"`, 1)))
	}
	var probes []probe
	for name, value := range map[string]string{
		"half a surrogate pair": `\ud83d`, "the pair in the wrong order": `\ude00\ud83d`, "bad utf-8": "\xff", "an overlong line feed": "\xc0\x8a",
	} {
		probes = append(probes, probe{
			name: name, attack: spoilt(value), status: http.StatusUnauthorized, reason: "malformed_token",
			control: spoilt(`\ud83d\ude00`), intact: decodes("X-Team", "\U0001F600"),
		})
	}
	return probes
}

// templateProbes: what the request says goes through the same encoding, and a
// directive of Caddy's that takes a tag itself cannot be made to split a field.
func templateProbes() []probe {
	token := mint(nil)
	asked := func(query string) request { return request{target: "/orders?q=" + query, fields: call(token).fields} }
	direct := strings.Replace(plain, "reverse_proxy", "request_header X-Direct {aws_token.principal_tags.team}\n\treverse_proxy", 1)
	return []probe{{
		name: "crlf from the query", site: templated,
		attack: asked("%0d%0aX-Team:%20evil"), disarmed: all(carries(whole), decodes("X-Query", "\r\nX-Team: evil")),
		control: asked("kept"), intact: reads("X-Query", "kept"),
	}, {
		name: "a placeholder from the query", site: templated,
		attack: asked("%7Benv.HOME%7D"), disarmed: all(carries(whole), reads("X-Query", "{env.HOME}")),
		control: asked("env.HOME"), intact: reads("X-Query", "env.HOME"),
	}, {
		name: "a placeholder through another directive", site: direct,
		attack: call(team("{env.HOME}")), disarmed: reads("X-Direct", "{env.HOME}"),
		control: call(team("env.HOME")), intact: reads("X-Direct", "env.HOME"),
	}, {name: "crlf through another directive", script: func(t *testing.T) {
		g := gateOf(t, direct)
		for _, p := range every {
			g.forget()
			g.send(t, p, call(team("a\r\nX-Other: other\r\n\r\nGET /admin HTTP/1.1")))
			for _, a := range g.upstream.Seen() {
				arrives(t, string(p), a, all(line("GET /orders"), has("X-Other", "")))
			}
			arrives(t, "the control", g.passes(t, p, call(team("a"))), reads("X-Direct", "a"))
		}
	}}}
}
