package attack

import (
	"slices"
	"strings"
	"testing"
)

// earlyRequestProbes: a request in the body of one that is refused, whose body
// nobody reads. It bears a good token, so it would pass if anybody took it for a
// request.
func earlyRequestProbes() []probe {
	good := strings.Replace(smuggled, "X-Aws-Token-Sub: evil", "Authorization: Bearer TOKEN", 1)
	var probes []probe
	for name, head := range map[string]string{
		"no token": "", "expired token": "Authorization: Bearer EXPIRED\r\n", "two credentials": "Authorization: Bearer TOKEN\r\nAuthorization: Bearer TOKEN\r\n",
		"an upgrade": "Authorization: Bearer TOKEN\r\nUpgrade: x\r\n", "expect: 100-continue": "Expect: 100-continue\r\n", "an unknown expectation": "Expect: x\r\n",
	} {
		for kind, framing := range map[string]string{
			"with a length": "Content-Length: LENGTH\r\n\r\nBODY", "in a chunk": "Transfer-Encoding: chunked\r\n\r\nSIZE\r\nBODY\r\n0\r\n\r\n",
			"in a body that is longer": "Content-Length: 100000\r\n\r\nBODY", "in a chunk that is longer": "Transfer-Encoding: chunked\r\n\r\nfffff\r\nBODY",
		} {
			probes = append(probes, probe{name: "early in " + name + ", " + kind, script: func(t *testing.T) {
				earlyRequest(t, head+framing, good, until(name, kind))
			}})
		}
	}
	return probes
}

// until is when the client is done. A gateway that waits for the rest of a body
// takes a second to refuse, which one probe is enough to see.
func until(name, kind string) moment {
	if strings.Contains(kind, "longer") && name+", "+kind != "no token, in a body that is longer" {
		return atOnce
	}
	return never
}

func earlyRequest(t *testing.T, rest, smuggled string, sendsNoMore moment) {
	token := mint(nil)
	expired := mint(func(p *parts) { p.claims["iat"], p.claims["exp"] = 1, 2 })
	for site, may := range map[string]int{unfinished: 0, onErrors(unfinished): 1} {
		g := gateOf(t, site)
		for _, p := range onlyH1 {
			body := strings.NewReplacer("TOKEN", token, "HOST", g.address(p)).Replace(smuggled)
			raw := strings.NewReplacer("TOKEN", token, "EXPIRED", expired, "LENGTH", itoa(len(body)), "SIZE", hex(len(body)), "BODY", body).Replace(rest)
			if statuses := g.exchange(t, p, "POST /orders HTTP/1.1\r\nHost: HOST\r\n"+raw, sendsNoMore); len(statuses) > 1 {
				t.Errorf("%s: answered %v", p, statuses)
			}
			control := strings.NewReplacer("TOKEN", token, "/smuggled", "/orders").Replace(smuggled)
			g.balance(t, p, may, carries(nobody), request{raw: control})
		}
	}
}

// pipelineProbes: requests in one packet are judged one by one.
func pipelineProbes() []probe {
	const good = "GET /orders HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer TOKEN\r\n\r\n"
	const full = "POST /orders HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer TOKEN\r\nContent-Length: 4\r\n\r\nbody"
	const bad = "GET /bad HTTP/1.1\r\nHost: HOST\r\nX-Aws-Token-Sub: evil\r\n\r\n"
	const spoilt = "GET /bad HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer TOKENx\r\n\r\n"
	upgrade := strings.Replace(good, "\r\n\r\n", "\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", 1)
	return []probe{
		judged("good, then bad", good+bad, orders),
		judged("bad, then good", bad+good, orders),
		judged("good, bad, good", good+bad+good, orders, orders),
		judged("good, spoilt, good", good+spoilt+good, orders, orders),
		judged("bodies between", full+bad+full+spoilt+good, posted, posted, orders),
		judged("behind a refused upgrade", upgrade+good),
		judged("behind connection: close", strings.Replace(good, "Host", "Connection: close\r\nHost", 1)+good, orders),
		judged("a hundred by turns", strings.Repeat(good+bad, 50), slices.Repeat([]string{orders}, 50)...),
	}
}
