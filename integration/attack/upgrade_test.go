package attack

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// upgradeProbes: behind an upgrade a client owns a connection to the upstream
// on which nobody looks at anything: h2c smuggling, CVE-2026-40575, and
// CVE-2025-64527 (Envoy passed on what came early behind a CONNECT). By default
// there are none.
func upgradeProbes() []probe {
	return slices.Concat(refusedUpgradeProbes(), pathUpgradeProbes(), connectProbes(), extendedConnectProbes(), earlyBytesProbes())
}

func refusedUpgradeProbes() []probe {
	token := mint(nil)
	bearer := "Authorization: Bearer " + token
	const settings = "HTTP2-Settings: AAMAAABkAAQAAP__"
	var probes []probe
	for name, lines := range map[string][]string{
		"h2c":                    {"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", settings},
		"h2c without settings":   {"Connection: Upgrade", "Upgrade: h2c"},
		"h2c that upgrade lacks": {"Connection: HTTP2-Settings", "Upgrade: h2c", settings},
		"websocket": {"Connection: keep-alive, Upgrade", "Upgrade: websocket",
			"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="},
		"anything":               {"Connection: Upgrade", "Upgrade: anything"},
		"tls":                    {"Connection: Upgrade", "Upgrade: TLS/1.0"},
		"http/3":                 {"Connection: Upgrade", "Upgrade: HTTP/3.0"},
		"connect-udp":            {"Connection: Upgrade", "Upgrade: connect-udp", "Capsule-Protocol: ?1"},
		"several in one field":   {"Connection: Upgrade", "Upgrade: foo/2, websocket, h2c"},
		"several fields":         {"Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"},
		"an empty one first":     {"Connection: Upgrade", "Upgrade:", "Upgrade: h2c"},
		"empty":                  {"Connection: Upgrade", "Upgrade:"},
		"in capitals":            {"CONNECTION: UPGRADE", "UPGRADE: H2C", settings},
		"in lower case":          {"connection: upgrade", "upgrade: websocket"},
		"no connection":          {"Upgrade: websocket"},
		"connection: close":      {"Connection: close", "Upgrade: websocket"},
		"connection twice":       {"Connection: close", "Connection: Upgrade", "Upgrade: websocket"},
		"odd white space":        {"Connection:\t Upgrade \t", "Upgrade:\t websocket\t"},
		"folded":                 {"Connection:", " Upgrade", "Upgrade:", "\twebsocket"},
		"behind a bare lf":       {"X-Kept: kept\nUpgrade: websocket", "Connection: Upgrade"},
		"beside a hundred names": {"Connection: " + strings.Repeat("x, ", 100) + "upgrade", "Upgrade: websocket"},
	} {
		probes = append(probes, probe{
			name: name, by: onlyH1, attack: rawGet(append(lines, bearer)...), status: http.StatusForbidden, reason: "upgrade_refused",
			control: rawGet("Connection: Upgrade", bearer), intact: all(carries(whole), has("Upgrade", ""), has("Connection", "")),
		})
	}
	probes = append(probes, probe{
		name: "http/1.0", by: onlyH1,
		attack: rawRequest("GET /orders HTTP/1.0", bearer, "Connection: Upgrade", "Upgrade: websocket"), status: http.StatusForbidden, reason: "upgrade_refused",
		control: rawRequest("GET /orders HTTP/1.0", bearer, "Connection: Upgrade"), intact: carries(whole),
	}, probe{
		name: "with a body", by: onlyH1,
		attack: request{raw: "POST /orders HTTP/1.1\r\nHost: HOST\r\n" + bearer + "\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\nbody"},
		status: http.StatusForbidden, reason: "upgrade_refused",
		control: request{method: "POST", body: "body", fields: call(token).fields}, intact: all(carries(whole), hasBody),
	}, probe{
		name: "without a token", by: onlyH1,
		attack: rawGet("Connection: Upgrade", "Upgrade: websocket"), status: http.StatusUnauthorized, reason: "missing_token",
		control: rawGet("Connection: Upgrade", bearer), intact: carries(whole),
	})
	// HTTP/2 has no such field (RFC 9113, section 8.2.2).
	for _, value := range []string{"websocket", "h2c", ""} {
		probes = append(probes, probe{
			name: "in http/2: " + value, by: onlyH2, attack: call(token, field{"upgrade", value}), status: http.StatusBadRequest,
			control: call(token, field{"x-upgrade", value}), intact: carries(whole),
		})
	}
	return probes
}

// pathUpgradeProbes: also where no token is asked for, and where an error route
// would proxy.
func pathUpgradeProbes() []probe {
	token := mint(nil)
	upgrade := []field{{"Connection", "Upgrade"}, {"Upgrade", "h2c"}, {"HTTP2-Settings", "AAMAAABkAAQAAP__"}}
	open := request{target: "/open"}
	admin := request{target: "/admin/x", fields: call(token).fields}
	return []probe{{
		name: "open path", site: matched, by: onlyH1, attack: open.with(upgrade...), status: http.StatusForbidden, reason: "upgrade_refused",
		control: open.with(upgrade[:1]...), intact: carries(nobody),
	}, {
		name: "two handlers", site: nested, by: onlyH1, attack: admin.with(upgrade...), status: http.StatusForbidden, reason: "upgrade_refused",
		control: admin.with(upgrade[:1]...), intact: carries(whole.but("x-team")),
	}, {
		name: "error route", site: onErrors(plain), by: onlyH1,
		attack: call(token, upgrade...), disarmed: all(carries(nobody), has("Upgrade", ""), has("Connection", ""), has("HTTP2-Settings", "")),
		control: call(token, upgrade[:1]...), intact: all(carries(whole), has("Upgrade", "")),
	}, {
		name: "error route without a token", site: onErrors(plain), by: onlyH1,
		attack: request{fields: upgrade}, disarmed: all(carries(nobody), has("Upgrade", ""), has("Connection", ""), has("HTTP2-Settings", "")),
		control: request{fields: upgrade[:1]}, intact: all(carries(nobody), has("Upgrade", "")),
	}}
}

func connectProbes() []probe {
	token := mint(nil)
	bearer := "Authorization: Bearer " + token
	var probes []probe
	for name, first := range map[string]string{
		"connect": "CONNECT HOST HTTP/1.1", "connect elsewhere": "CONNECT 127.0.0.1:22 HTTP/1.1", "connect with a path": "CONNECT /orders HTTP/1.1",
	} {
		for _, tt := range []struct {
			name, site string
			attack     request
			status     int
			reason     string
		}{
			{name, plain, rawRequest(first, bearer), http.StatusForbidden, "upgrade_refused"},
			{name + " without a token", plain, rawRequest(first), http.StatusUnauthorized, "missing_token"},
			{name + " before an error route", onErrors(plain), rawRequest(first, bearer), http.StatusForbidden, "upgrade_refused"},
		} {
			probes = append(probes, probe{
				name: tt.name, site: tt.site, by: onlyH1, attack: tt.attack, status: tt.status, reason: tt.reason,
				control: rawRequest(strings.Replace(strings.Replace(first, "CONNECT", "GET", 1), first[8:], "/orders HTTP/1.1", 1), bearer), intact: carries(whole),
			})
		}
	}
	smuggled := "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, site := range map[string]string{"connect in http/2": plain, "connect in http/2 before an error route": onErrors(plain)} {
		probes = append(probes, probe{
			name: name, site: site, by: onlyH2,
			attack: request{method: http.MethodConnect, body: smuggled, chunked: true, fields: call(token).fields}, status: http.StatusForbidden, reason: "upgrade_refused",
			control: request{method: http.MethodPost, body: smuggled, chunked: true, fields: call(token).fields}, intact: all(carries(whole), line("POST /orders")),
		}, probe{
			name: name + " without a token", site: site, by: onlyH2,
			attack: request{method: http.MethodConnect, body: smuggled, chunked: true}, status: http.StatusUnauthorized, reason: "missing_token",
			control: call(token), intact: carries(whole),
		})
	}
	return probes
}

// extendedConnectProbes: RFC 8441 opens a websocket on a stream. Whether the
// server knows of it or ends the stream, no upstream hears of it.
func extendedConnectProbes() []probe {
	var probes []probe
	for _, protocolName := range []string{"websocket", "WebSocket", "connect-udp", "h2c", ""} {
		for name, site := range map[string]string{"": plain, ", error route": onErrors(plain), ", open path": matched} {
			probes = append(probes, probe{name: "extended connect " + protocolName + name, script: func(t *testing.T) {
				g := gateOf(t, site)
				token := mint(nil)
				r := request{method: http.MethodConnect, fields: call(token, field{":protocol", protocolName}).fields, body: "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", chunked: true}
				for _, p := range onlyH2 {
					g.arrivals(t, p, r, 0, nil)
					control := r
					control.method, control.fields = http.MethodPost, call(token).fields
					arrives(t, "the control", g.passes(t, p, control), line("POST /orders"))
				}
			}})
		}
	}
	return probes
}

// earlyBytesProbes: a client that does not wait for the answer to its upgrade.
// What it sends is neither handed on nor read as a request of its own.
func earlyBytesProbes() []probe {
	var probes []probe
	for name, early := range map[string]string{
		"a request":            "GET /smuggled HTTP/1.1\r\nHost: x\r\nX-Aws-Token-Sub: evil\r\n\r\n",
		"a request with token": "GET /smuggled HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer TOKEN\r\n\r\n",
		"http/2":               "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
		"a websocket's frame":  "\x81\x85\x00\x00\x00\x00hello",
	} {
		for _, upgrade := range []string{"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", "Upgrade: websocket", "Upgrade: anything"} {
			kind, _, _ := strings.Cut(strings.TrimPrefix(upgrade, "Upgrade: "), "\r\n")
			probes = append(probes, probe{name: "early behind " + kind + ": " + name, script: func(t *testing.T) {
				token := mint(nil)
				head := "GET /orders HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer " + token + "\r\nConnection: Upgrade, HTTP2-Settings\r\n"
				early := strings.Replace(early, "TOKEN", token, 1)
				for site, arrivals := range map[string]int{plain: 0, onErrors(plain): 1} {
					g := gateOf(t, site)
					for _, p := range onlyH1 {
						g.forget()
						if answers := g.exchange(t, p, head+upgrade+"\r\n\r\n"+early, never); len(answers) != 1 || arrivals == 0 && answers[0] != http.StatusForbidden {
							t.Errorf("%s: answered %v", p, answers)
						}
						g.onlyLines(t, slices.Repeat([]string{"GET /orders HTTP/1.1"}, arrivals)...)
						arrives(t, "the control", g.passes(t, p, request{raw: head + "\r\n"}), carries(whole))
					}
				}
			}})
		}
	}
	return probes
}
