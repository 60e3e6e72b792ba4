package inspection

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// maxHeader is the longest header that a verifier reads, in bytes.
const maxHeader = 1 << 10

// split decodes the parts of a token; one that cannot be read is nil.
func (r *Report) split(token string) (header, payload, signature []byte) {
	parts := strings.Split(token, ".")
	switch len(parts) {
	case 3:
	case 5:
		r.problem("token", "it has 5 parts, a JWT has 3; five are those of an encrypted token (JWE), which AWS does not send")
		return r.segment("header", parts[0]), nil, nil
	default:
		r.problem("token", "it has %d parts, a JWT has 3", len(parts))
		if len(parts) == 1 {
			return nil, nil, nil
		}
	}
	header, payload = r.segment("header", parts[0]), r.segment("payload", parts[1])
	if len(parts) == 3 {
		signature = r.segment("signature", parts[2])
	}
	return header, payload, signature
}

// segment takes base64url in its one canonical form, as a verifier does, and
// others with a complaint.
func (r *Report) segment(where, text string) []byte {
	if text == "" {
		r.problem(where, "it is empty")
		return nil
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err == nil && !strings.ContainsAny(text, "\r\n") {
		return decoded
	}
	plain := strings.NewReplacer("+", "-", "/", "_", "=", "", " ", "", "\t", "", "\r", "", "\n", "").Replace(text)
	if decoded, err = base64.RawURLEncoding.DecodeString(plain); err != nil {
		r.problem(where, "it is not base64url; was the token cut?")
		return nil
	}
	r.problem(where, "it is not canonical base64url: another alphabet, padding, white space, or bits that are left over")
	return decoded
}

// object reads strict JSON, as a verifier does, and laxer JSON with a complaint.
func (r *Report) object(where string, text []byte) map[string]any {
	object, err := awstoken.ParseObject(text)
	if err == nil {
		return object
	}
	problem := err.Error()
	if syntax := (*awstoken.SyntaxError)(nil); errors.As(err, &syntax) {
		problem = syntax.Problem
	}
	r.problem(where, "%s", problem)
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		return nil
	}
	return object
}

// readHeader finds what a verifier would refuse.
func (r *Report) readHeader(text []byte) {
	if text == nil {
		return
	}
	if len(text) > maxHeader {
		r.problem("header", "it has %d bytes, at most %d are read", len(text), maxHeader)
	}
	header := r.object("header", text)
	if header == nil {
		return
	}
	r.Header = new(Header)
	for name, into := range map[string]*string{"alg": &r.Header.Algorithm, "kid": &r.Header.KeyID, "typ": &r.Header.Type} {
		*into, _ = header[name].(string)
	}
	for _, name := range sortedNames(header) {
		if known := awstoken.UnknownCase(name, []string{"alg", "kid", "typ"}); known != "" {
			r.problem("header", "a name differs from %q in case alone", known)
		}
		// What would let the token choose how it is verified or what it means.
		if slices.Contains([]string{"crit", "b64", "jku", "x5u", "x5c", "jwk", "zip", "cty"}, strings.ToLower(name)) {
			r.problem("header", "%s is not accepted", terminal.Quote(name))
		}
	}
	if typ, there := header["typ"]; there && typ != "JWT" {
		r.problem("header", "typ is not JWT")
	}
	if r.Header.KeyID == "" {
		r.problem("header", "kid is missing or not a string")
	}
	if _, ok := header["alg"].(string); !ok {
		r.problem("header", "alg is missing or not a string")
	} else if !slices.Contains(verifier.Algorithms(), verifier.Algorithm(r.Header.Algorithm)) {
		r.problem("header", "alg %s is not one of %v, with which AWS signs", terminal.Quote(r.Header.Algorithm), verifier.Algorithms())
	}
}

// checkSignature looks at the length alone.
func (r *Report) checkSignature(signature []byte) {
	if signature != nil && r.Header != nil && r.Header.Algorithm == string(verifier.ES384) && len(signature) != 96 {
		r.problem("signature", "one of ES384 has 96 bytes, this one has %d; was the token cut?", len(signature))
	}
}
