package caddymodule

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// webSocket is the one protocol that allow_upgrade lets through.
const webSocket = "websocket"

func (h *Handler) checkUpgrades(found *faults) {
	for i, protocol := range h.AllowUpgrade {
		if protocol != webSocket {
			found.add(fmt.Errorf("allow_upgrade[%d]: %q is not %s, and no other protocol can be let through", i, protocol, webSocket))
		}
	}
}

// mayUpgrade reports whether the handler lets WebSocket handshakes pass.
func (h *Handler) mayUpgrade() bool { return slices.Contains(h.AllowUpgrade, webSocket) }

// wantsUpgrade reports whether the request would leave HTTP. Whatever Upgrade
// asks for counts, since not every server holds it against Connection.
func wantsUpgrade(r *http.Request) bool {
	_, upgrade := r.Header["Upgrade"]
	_, protocol := r.Header[":protocol"] // RFC 8441, RFC 9220
	return upgrade || protocol || r.Method == http.MethodConnect
}

// isWebSocketHandshake reports whether the request is the client's handshake of
// RFC 6455, section 4.1, and nothing that could be taken for something else: no
// second protocol, no body that a proxy might send ahead.
func isWebSocketHandshake(r *http.Request) bool {
	_, offersHTTP2 := r.Header["Http2-Settings"]
	_, extended := r.Header[":protocol"]
	nonce, err := base64.StdEncoding.DecodeString(only(r.Header, "Sec-Websocket-Key"))
	return r.Method == http.MethodGet && r.ProtoMajor == 1 && r.ProtoMinor == 1 && !offersHTTP2 && !extended &&
		r.ContentLength == 0 && len(r.TransferEncoding) == 0 &&
		isWebSocket(only(r.Header, "Upgrade")) && connectionLists(r.Header, "upgrade") &&
		only(r.Header, "Sec-Websocket-Version") == "13" && err == nil && len(nonce) == 16
}

// isWebSocket compares without case. Unicode has other letters that fold to s and
// k; they are longer.
func isWebSocket(protocol string) bool {
	return len(protocol) == len(webSocket) && strings.EqualFold(protocol, webSocket)
}

// holdUpgrade makes a WebSocket handshake an ordinary request, as RFC 9110,
// section 7.8, lets any server do, for as long as nobody has verified a token:
// behind an open path nobody will.
func (v *visit) holdUpgrade(r *http.Request) {
	if isWebSocketHandshake(r) {
		v.held = r.Header["Upgrade"]
		delete(r.Header, "Upgrade")
	}
}

// offerUpgrade makes it a handshake again, for a handler that asks for a token.
func (v *visit) offerUpgrade(header http.Header) {
	if v.held != nil {
		header["Upgrade"], v.held = v.held, nil
	}
}

// only returns the value of a field that stands once, or "".
func only(header http.Header, field string) string {
	if values := header[field]; len(values) == 1 {
		return values[0]
	}
	return ""
}

func connectionLists(header http.Header, option string) bool {
	for _, list := range header["Connection"] {
		for element := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(element), option) {
				return true
			}
		}
	}
	return false
}

func refusedUpgrade(mayUpgrade bool) *refusal {
	hint := "upgrades, CONNECT and offers of HTTP/2 by Upgrade are refused"
	if mayUpgrade {
		hint = "of upgrades only the handshake of RFC 6455, section 4.1, passes, over HTTP/1.1 and with a token"
	}
	return &refusal{reason: upgradeRefused, hint: hint}
}

// dropUpgrade takes from a refused request what an error route's proxy would
// follow.
func dropUpgrade(header http.Header) {
	delete(header, "Upgrade")
	delete(header, "Http2-Settings")
	delete(header, ":protocol")
}
