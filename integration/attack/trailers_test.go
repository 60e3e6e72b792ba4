package attack

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// buffering has the proxy read the body to its end first, and tries again.
var buffering = strings.Replace(plain, "reverse_proxy UPSTREAM", `request_body {
		max_size 1MB
	}
	reverse_proxy 127.0.0.1:1 127.0.0.1:2 UPSTREAM {
		request_buffers 1MB
		lb_policy round_robin
		lb_retries 2
	}`, 1)

// trailerProbes: what follows a chunked body, or the DATA of a stream, is put
// beside the fields by proxies, and read as one of them by upstreams that merge
// the two (RFC 9110, section 6.5.1). Caddy drops no name with "_" there. Each
// control sends the same under a name that is nobody's.
func trailerProbes() []probe {
	return slices.Concat(trailerNameProbes(), trailerFormProbes(), trailerPathProbes(), trailedTokenProbes(), trailersToErrorRoutes())
}

// trailed is a request with a body and trailers. It announces the harmless one,
// since Caddy hands on no trailer when none is announced, and if asked the
// others, too.
func trailed(r request, announced bool, trailer ...field) request {
	names := []string{"X-Kept"}
	if announced {
		for _, f := range trailer {
			names = append(names, f.name)
		}
	}
	r = r.with(field{"Trailer", strings.Join(names, ", ")})
	trailer = append(trailer, field{"X-Kept", "kept"})
	r.method, r.body, r.chunked, r.trailer = http.MethodPost, "body", true, trailer
	return r
}

// announces says which name of ours is announced as a trailer.
func announces(a stack.Arrival) string {
	for name := range strings.SplitSeq(strings.Join(a.Get("Trailer"), ","), ",") {
		if name = folded(strings.TrimSpace(name)); name == "x-team" || strings.HasPrefix(name, "x-aws-token-") {
			return name + " is announced"
		}
	}
	return ""
}

// clean says what is wrong unless the true identity arrived and, of the
// trailers, the harmless one.
func clean(who identity) func(stack.Arrival) string {
	return all(carries(who), unforged, announces, has("X-Kept", "kept"), hasBody)
}

func hasBody(a stack.Arrival) string {
	if a.Body != "body" {
		return fmt.Sprintf("the body is %q", a.Body)
	}
	return ""
}

func trailerNameProbes() []probe {
	token := bareToken()
	var probes []probe
	for _, tt := range []struct{ name, forged, neighbour string }{
		{"an attribute that the token lacks", "X-Aws-Token-Org-Id", "X-Aws-Tokens-Org-Id"},
		{"an attribute that the token has", "X-Aws-Token-Sub", "X-Aws-Tokens-Sub"},
		{"a configured field", "X-Team", "X-Teams"},
		{"in lower case", "x-aws-token-org-id", "x-aws-tokens-org-id"},
		{"in capitals", "X-AWS-TOKEN-ORG-ID", "X-AWS-TOKENS-ORG-ID"},
		{"underscores", "x_aws_token_org_id", "x_aws_tokens_org_id"},
		{"a configured field with an underscore", "x_team", "x_teams"},
		{"dots", "X.Aws.Token.Org.Id", "X.Aws.Tokens.Org.Id"},
		{"underscores and dots", "x_aws.token_org.id", "x_aws.tokens_org.id"},
		{"other bytes", "X~Aws!Token+Org*Id", "X~Aws!Tokens+Org*Id"},
		{"the namespace alone", "X-Aws-Token-", "X-Aws-Token"},
	} {
		probes = append(probes, probe{
			name:   tt.name,
			attack: trailed(call(token), true, field{tt.forged, evil}), disarmed: clean(bare),
			control: trailed(call(token), true, field{tt.neighbour, evil}), intact: all(carries(bare), has(tt.neighbour, evil)),
		}, probe{
			name: tt.name + ", not announced", by: onlyH1, // HTTP/2 drops such by itself
			attack: trailed(call(token), false, field{tt.forged, evil}), disarmed: clean(bare),
			control: trailed(call(token), false, field{tt.neighbour, evil}), intact: all(carries(bare), has(tt.neighbour, evil)),
		})
	}
	return probes
}

func trailerFormProbes() []probe {
	token := bareToken()
	forged := field{"X-Team", evil}
	kept := trailed(call(token), true)
	head := "POST /orders HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer " + token + "\r\nTransfer-Encoding: chunked\r\nTrailer: X-Kept\r\n"
	const harmless = "X-Kept: kept\r\n"
	var probes []probe
	add := func(name string, by []protocol, attack request) {
		probes = append(probes, probe{
			name: name, by: by, attack: attack, disarmed: clean(bare), control: kept, intact: clean(bare),
		})
	}
	add("a hundred times", every, trailed(call(token), true, slices.Repeat([]field{forged}, 100)...))
	add("the announcement in several lines", onlyH1, trailed(call(token, field{"Trailer", "X-Team"}, field{"Trailer", "x_team"}), false, forged))
	add("the announcement through connection", onlyH1, trailed(call(token, field{"Connection", "Trailer, X-Team"}), true, forged))
	add("the announcement beside ours in one line", onlyH1, trailed(call(token, field{"Trailer", "X-Other,X-Team ,\tX-Aws-Token-Sub"}), false, forged))
	add("with a length", onlyH2, trailed(call(token, field{"content-length", "4"}), true, forged))
	add("te: trailers", every, trailed(call(token, field{"TE", "trailers"}), true, forged))
	add("the same name as a field, too", every, trailed(call(token, forged), true, forged))
	add("folded", onlyH1, request{raw: head + "\r\n4\r\nbody\r\n0\r\nX-Team: a,\r\n evil\r\n" + harmless + "\r\n"})
	add("behind a bare line feed", onlyH1, request{raw: head + "\r\n4\r\nbody\r\n0\r\nX-Other: x\nX-Team: evil\n" + harmless + "\r\n"})
	add("behind a chunk extension", onlyH1, request{raw: head + "\r\n4;a=b\r\nbody\r\n0;X-Team=evil\r\nX-Team: evil\r\n" + harmless + "\r\n"})
	add("expect: 100-continue", onlyH1, request{raw: head + "Expect: 100-continue\r\n\r\n4\r\nbody\r\n0\r\nX-Team: evil\r\n" + harmless + "\r\n"})
	return probes
}

// trailerPathProbes: wherever the body is read, its end is scrubbed.
func trailerPathProbes() []probe {
	token := bareToken()
	forged := []field{{"X-Team", evil}, {"x_aws_token_sub", evil}, {"X-Aws-Token-Org-Id", evil}}
	var probes []probe
	add := func(name, site string, r request, who identity) {
		probes = append(probes, probe{
			name: name, site: site,
			attack: trailed(r, true, forged...), disarmed: clean(who),
			control: trailed(r, true, field{"X-Teams", evil}), intact: all(carries(who), has("X-Teams", evil)),
		})
	}
	at := func(target string) request { return request{target: target, fields: call(token).fields} }
	add("a proxy that buffers and tries again", buffering, call(token), bare)
	add("an open path", matched, request{target: "/open"}, nobody)
	add("two handlers", nested, at("/admin/x"), bare)
	add("a handler and a firewall", nested, at("/orders"), bare)
	add("default headers off", inside(plain, "default_headers off"), call(token), nobody)
	return probes
}

// trailedTokenProbes: a credential in a trailer is none, and joins no other.
func trailedTokenProbes() []probe {
	token, other := mint(nil), mint(nil)
	trailer := field{"Authorization", "Bearer " + other}
	return []probe{{
		name: "authorization beside a token", by: onlyH1, // HTTP/2 refuses to read it
		attack: trailed(call(token), true, trailer), disarmed: all(clean(whole), has("Authorization", "")),
		control: trailed(call(token), true), intact: all(clean(whole), has("Authorization", "")),
	}, {
		name: "authorization beside a forwarded token", site: forwarding, by: onlyH1,
		attack: trailed(call(token), true, trailer), disarmed: all(clean(whole), has("Authorization", "Bearer "+token)),
		control: trailed(call(token), true), intact: all(clean(whole), has("Authorization", "Bearer "+token)),
	}, {
		name: "authorization in place of a token", by: onlyH1, attack: trailed(request{}, true, trailer),
		status: http.StatusUnauthorized, reason: "missing_token", control: trailed(call(token), true), intact: clean(whole),
	}, {name: "authorization in http/2", script: func(t *testing.T) {
		g := gateOf(t, forwarding)
		for _, p := range onlyH2 {
			for _, r := range []request{{}, call(token)} {
				g.forget()
				g.send(t, p, trailed(r, true, trailer))
				for _, a := range g.upstream.Seen() {
					arrives(t, string(p), a, all(carries(whole), has("Authorization", "Bearer "+token)))
				}
			}
			arrives(t, "the control", g.passes(t, p, trailed(call(token), true)), clean(whole))
		}
	}}}
}

// trailersToErrorRoutes: an error route that proxies would hand a refused
// request's trailers on, so it is not asked; behind a dead upstream it is, and
// gets none that is ours.
func trailersToErrorRoutes() []probe {
	token := bareToken()
	forged := field{"X-Team", evil}
	refused := func(name, site string) probe {
		return probe{
			name: name, site: site, attack: trailed(request{}, true, forged),
			status: http.StatusUnauthorized, reason: "missing_token",
			control: trailed(call(token), true), intact: clean(bare),
		}
	}
	behind := func(name, site string) probe {
		return probe{name: name, script: func(t *testing.T) {
			g := gateOf(t, site)
			for _, p := range every {
				g.forget()
				g.send(t, p, trailed(call(token), true, forged, field{"x_aws_token_org_id", evil}))
				for _, a := range g.upstream.Seen() {
					arrives(t, string(p), a, all(carries(bare), unforged, announces))
				}
				arrives(t, "the control", g.passes(t, p, call(token)), carries(bare))
			}
		}}
	}
	return []probe{
		refused("error route", onErrors(plain)),
		refused("error route with tracing", onErrors("\ttracing\n"+plain)),
		behind("error route behind a dead upstream", onErrors(dead)),
		behind("error route with tracing behind a dead upstream", onErrors("\ttracing\n"+dead)),
	}
}
