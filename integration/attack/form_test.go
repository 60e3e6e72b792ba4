package attack

import (
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
)

// formRows are about the token's form and signature.
var formRows = []row{
	{"C1", c1}, {"C2", c2}, {"C3", c3}, {"C4", c4}, {"C5", c5}, {"C6", c6}, {"C7", c7}, {"C8", c8}, {"C9", c9},
}

// serialised is a token that was valid, to be written in the forms that RFC 7515
// has beside the compact one, with claims around it that nobody signed.
type serialised struct {
	protected, payload, signature string
	outer                         map[string]any
}

const adminRole = "arn:aws:iam::111122223333:role/admin"

func newSerialised() serialised {
	p := goodParts(ordersAccount)
	segments := strings.Split(p.signedBy(ordersAccount), ".")
	outer := p.clone()
	outer.claims["sub"], outer.aws["principal_id"] = adminRole, adminRole
	return serialised{segments[0], segments[1], segments[2], outer.claims}
}

func (s serialised) compact() string { return s.protected + "." + s.payload + "." + s.signature }

// around is the JSON of an object in front of the unsigned claims.
func (s serialised) around(members map[string]any) string {
	all := maps.Clone(s.outer)
	maps.Copy(all, members)
	return text(all)
}

// flattened is RFC 7515, section 7.2.2.
func (s serialised) flattened() map[string]any {
	return map[string]any{"protected": s.protected, "payload": s.payload, "signature": s.signature}
}

// general is RFC 7515, section 7.2.1; signatures that do not fit stand in front.
func (s serialised) general(misfits int) map[string]any {
	signatures := []any{map[string]any{"protected": s.protected, "signature": s.signature}}
	for range misfits {
		misfit := map[string]any{"protected": s.protected, "signature": strings.Repeat("A", len(s.signature))}
		signatures = append([]any{misfit}, signatures...)
	}
	return map[string]any{"payload": s.payload, "signatures": signatures}
}

// c1: a JSON-serialised JWS that was once valid, with claims in its outer object
// that nobody signed: a library that takes all three forms verifies the inner
// payload and may read the outer object. The control is the same three strings
// in compact form, whose signed sub is what arrives.
func c1() []probe {
	s := newSerialised()
	withHeader := s.flattened()
	withHeader["header"] = map[string]any{"alg": "ES384", "kid": "EC384_0"}
	flattened := s.around(s.flattened())
	probes := []probe{}
	for _, each := range []struct {
		name, token string
		status      int
		reason      string
	}{
		{"flattened", flattened, 400, "malformed_request"},
		{"flattened, claims signed alone", text(s.flattened()), 400, "malformed_request"},
		{"flattened with a header", s.around(withHeader), 400, "malformed_request"},
		{"general", s.around(s.general(0)), 400, "malformed_request"},
		{"general, second signature fits", s.around(s.general(1)), 400, "malformed_request"},
		{"a polyglot", s.polyglot(), 400, "malformed_request"},
		{"in quotes", text(s.compact()), 400, "malformed_request"},
		{"in an array", text([]string{s.compact()}), 400, "malformed_request"},
		{"flattened in base64url", encode(flattened), 401, "malformed_token"},
		{"flattened in base64", base64.StdEncoding.EncodeToString([]byte(flattened)), 401, "malformed_token"},
		{"flattened behind the token", s.compact() + "." + encode(flattened), 401, "malformed_token"},
		{"flattened before the token", encode(flattened) + "." + s.compact(), 401, "malformed_token"},
		{"flattened for a payload", s.protected + "." + encode(flattened) + "." + s.signature, 401, "bad_signature"},
		{"a dot behind", s.compact() + ".", 401, "malformed_token"},
		{"a dot before", "." + s.compact(), 401, "malformed_token"},
		{"the token twice", s.compact() + "." + s.compact(), 401, "malformed_token"},
		{"no signature part", s.protected + "." + s.payload, 401, "malformed_token"},
	} {
		probes = append(probes, probe{
			name: each.name, attack: call(each.token), control: call(s.compact()), intact: has("X-Aws-Token-Sub", ordersRole),
			status: each.status, reason: each.reason,
		})
	}
	return append(append(probes, c1Bodies(s)...), c1Segments(s)...)
}

// polyglot is compact and JSON at once: one reader cuts it at the dots, another
// verifies the object (CVE-2022-39227).
func (s serialised) polyglot() string {
	return `{"` + s.protected + "." + encode(text(s.outer)) + `.":"","protected":"` + s.protected +
		`","payload":"` + s.payload + `","signature":"` + s.signature + `"}`
}

// c1Bodies are tokens of which a part, or all, is in the body (RFC 7515,
// appendix F, and its media type).
func c1Bodies(s serialised) []probe {
	detached := call(s.protected + ".." + s.signature)
	detached.method, detached.body = http.MethodPost, s.payload
	control := call(s.compact())
	control.method, control.body = detached.method, detached.body
	inBody := request{method: http.MethodPost, body: s.around(s.flattened())}.with(field{"Content-Type", "application/jose+json"})
	return []probe{
		{name: "detached payload", attack: detached, control: control, status: 401, reason: "malformed_token"},
		{name: "in the body alone", attack: inBody, control: inBody.with(call(s.compact()).fields...), status: 401, reason: "missing_token"},
	}
}

// c1Segments have the JSON form inside a segment that the right key signed. The
// controls have the same members beside those that are asked for, and what is
// read is what stands at the top.
func c1Segments(s serialised) []probe {
	members := text(map[string]any{"protected": s.protected, "header": map[string]any{"alg": "ES384", "kid": "EC384_0"}})
	inHeader := textTwins("flattened for a header, signed", "malformed_token",
		func(t *texts) { t.header = members[:len(members)-1] + "," + t.header[1:] },
		func(t *texts) { t.header = members })
	flattened := text(s.flattened())
	inPayload := textTwins("flattened for a payload, signed", "invalid_claims",
		func(t *texts) { t.payload = flattened[:len(flattened)-1] + "," + t.payload[1:] },
		func(t *texts) { t.payload = flattened })
	inPayload.intact = has("X-Aws-Token-Sub", ordersRole)
	return []probe{inHeader, inPayload}
}
