package attack

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// onward hands requests on in every way that Caddy has.
const onward = `
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		deny closed ` + "`request.path.startsWith(\"/denied\")`" + `
		header X-Team {aws_token.principal_tags.team}
		header X-Echo {http.request.header.Authorization}
	}
	handle /copied {
		request_header X-Copied {http.request.header.Authorization}
		reverse_proxy UPSTREAM {
			header_up X-Last {http.request.header.Authorization}
		}
	}
	handle /retried {
		reverse_proxy 127.0.0.1:1 127.0.0.1:2 UPSTREAM {
			lb_policy round_robin
			lb_retries 2
		}
	}
	handle /broken {
		reverse_proxy UPSTREAM {
			lb_retries 3
		}
	}
	handle /again {
		reverse_proxy UPSTREAM {
			@ok status 200
			handle_response @ok {
				reverse_proxy UPSTREAM
			}
		}
	}
	handle /intercepted {
		intercept {
			@ok status 200
			handle_response @ok {
				reverse_proxy UPSTREAM
			}
		}
		reverse_proxy UPSTREAM
	}
	handle /asked {
		forward_auth UPSTREAM {
			uri /auth
		}
		reverse_proxy UPSTREAM
	}
	handle /failing {
		reverse_proxy 127.0.0.1:1
	}
	handle {
		reverse_proxy UPSTREAM
	}
	handle_errors {
		reverse_proxy UPSTREAM
	}`

// onwardForwarding also hands the token on.
var onwardForwarding = inside(onward, "forward_token")

// leakProbes: who holds a token is the caller, until it ends. An upstream that
// sees one can be the caller elsewhere, so it sees none unless it was asked for.
func leakProbes() []probe {
	return slices.Concat(passedTokenProbes(), refusedTokenProbes(), []probe{brokenUpstream()}, nestedTokenProbes())
}

// hides says which token, or part of one, arrived.
func hides(tokens ...string) func(stack.Arrival) string {
	return func(a stack.Arrival) string {
		seen := fmt.Sprint(a)
		for _, token := range tokens {
			for i, part := range strings.Split(token, ".") {
				if len(part) > pieceLength && strings.Contains(seen, part) {
					return fmt.Sprintf("part %d of a token arrived", i)
				}
			}
		}
		return ""
	}
}

// arrivals sends a request, and asserts how many requests it makes upstream and
// what is right with each.
func (g *gate) arrivals(t *testing.T, p protocol, r request, want int, right func(stack.Arrival) string) {
	t.Helper()
	g.forget()
	a := g.send(t, p, r)
	seen := g.upstream.Seen()
	if len(seen) != want {
		t.Errorf("%s: status %d, the upstream saw %d requests, want %d: %+v", p, a.status, len(seen), want, seen)
	}
	for _, each := range seen {
		arrives(t, string(p), each, right)
	}
}

// passedTokenProbes: each control is the same request where forward_token
// stands, which shows the token once.
func passedTokenProbes() []probe {
	var probes []probe
	for _, tt := range []struct {
		name, target string
		arrivals     int
	}{
		{"upstream", "/orders", 1},
		{"copied by directives and templates", "/copied", 1},
		{"tried again", "/retried", 1},
		{"a response's route", "/again", 2},
		{"an intercepted response's route", "/intercepted", 2},
		{"forward_auth", "/asked", 2},
		{"an error route behind a dead upstream", "/failing", 1},
		{"the query beside it", "/orders?access_token=none", 1},
	} {
		probes = append(probes, probe{name: tt.name, script: func(t *testing.T) {
			g, control := gateOf(t, onward), gateOf(t, onwardForwarding)
			for _, p := range every {
				token := mint(nil)
				r := request{target: tt.target, fields: call(token).fields}
				g.arrivals(t, p, r, tt.arrivals, all(hides(token), carries(whole), has("Authorization", ""),
					has("X-Echo", ""), has("X-Copied", ""), has("X-Last", "")))
				if tt.target == "/copied" {
					continue // there the token would be copied into logs, too
				}
				control.arrivals(t, p, r, tt.arrivals, all(has("Authorization", "Bearer "+token), carries(whole), has("X-Echo", "")))
			}
		}})
	}
	return probes
}

// refusedTokenProbes: an error route that proxies sees no credential, not even
// where forward_token stands: it was not verified, or not let in.
func refusedTokenProbes() []probe {
	good := mint(nil)
	expired := mint(func(p *parts) { p.claims["iat"], p.claims["exp"] = 1, 2 })
	foreign := mintAs(strangerAccount, nil)
	elsewhere := mint(func(p *parts) { p.claims["aud"] = "elsewhere" })
	long := team(strings.Repeat("x", 4097))
	at := func(target, token string) request { return request{target: target, fields: call(token).fields} }
	var probes []probe
	for _, tt := range []struct {
		name string
		r    request
	}{
		{"refused: expired", call(expired)},
		{"refused: another issuer", call(foreign)},
		{"refused: another audience", call(elsewhere)},
		{"refused: spoilt signature", call(good[:len(good)-8] + "AAAAAAAA")},
		{"refused: by policy", at("/denied", good)},
		{"refused: unsafe path", at("/denied/%2e%2e/x", good)},
		{"refused: unsafe value", call(long)},
		{"refused: two credentials", call(good, field{"Authorization", "Bearer " + good})},
		{"refused: basic beside it", call(good, field{"Authorization", "Basic " + good})},
		{"refused: another scheme", request{fields: []field{{"Authorization", "Basic " + good}}}},
		{"refused: two spaces", request{fields: []field{{"Authorization", "Bearer  " + good}}}},
		{"refused: no scheme", request{fields: []field{{"Authorization", good}}}},
	} {
		probes = append(probes, probe{name: tt.name, script: func(t *testing.T) {
			right := all(hides(good, expired, foreign, elsewhere, long), carries(nobody), has("Authorization", ""))
			for _, g := range []*gate{gateOf(t, onward), gateOf(t, onwardForwarding)} {
				for _, p := range every {
					g.arrivals(t, p, tt.r, 1, right)
				}
			}
			control := gateOf(t, onwardForwarding)
			control.arrivals(t, h1, call(good), 1, has("Authorization", "Bearer "+good))
		}})
	}
	return probes
}

// brokenUpstream: the upstream takes the request and hangs up twice, so the
// request is sent three times.
func brokenUpstream() probe {
	return probe{name: "sent again to an upstream that hangs up", script: func(t *testing.T) {
		for site, authorization := range map[string]bool{onward: false, onwardForwarding: true} {
			g := gateOf(t, site)
			for _, p := range every {
				token, times := mint(nil), new(atomic.Int32)
				g.upstream.SetAnswer(func(_ stack.Arrival, connection net.Conn, _ *bufio.Reader) error {
					if times.Add(1) <= 2 {
						return errors.New("hanging up")
					}
					_, err := connection.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
					return err
				})
				right := all(carries(whole), hides(token), has("Authorization", ""))
				if authorization {
					right = all(carries(whole), has("Authorization", "Bearer "+token))
				}
				g.arrivals(t, p, request{target: "/broken", fields: call(token).fields}, 3, right)
				g.upstream.SetAnswer(nil)
			}
		}
	}}
}

// nestedTokenProbes: of several handlers the last one says whether the token is
// handed on.
func nestedTokenProbes() []probe {
	token := mint(nil)
	at := func(target string) request { return request{target: target, fields: call(token).fields} }
	forwarded := has("Authorization", "Bearer "+token)
	return []probe{{
		name: "the first handler alone forwards", site: inside(nested, "forward_token"),
		attack: at("/admin/x"), disarmed: all(hides(token), carries(whole.but("x-team"))),
		control: at("/orders"), intact: all(forwarded, carries(whole)),
	}, {
		name: "the second handler alone forwards", site: strings.Replace(nested, "header X-Admin", "forward_token\n\t\theader X-Admin", 1),
		attack: at("/orders"), disarmed: all(hides(token), carries(whole)),
		control: at("/admin/x"), intact: all(forwarded, carries(whole.but("x-team"))),
	}}
}
