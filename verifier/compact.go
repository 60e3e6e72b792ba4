package verifier

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// MaxTokenSize is the longest token that is looked at, in bytes. AWS's own
// tokens stay far below it.
const MaxTokenSize = 16 << 10

// maxHeaderSize is the longest header that is read, in bytes. AWS's have about
// sixty; a kid is all that could make one long.
const maxHeaderSize = 1 << 10

// compact is a JWS in compact form (RFC 7515, section 7.1), decoded but not
// verified.
type compact struct {
	algorithm    Algorithm
	keyID        string
	signingInput string // header, dot and payload, as they came
	payload      []byte
	signature    []byte
}

// readHeaders are the header parameters that are read.
var readHeaders = []string{"alg", "kid", "typ"}

// refusedHeaders would let the token choose how it is verified or what its
// payload means (RFC 7515 section 4.1, RFC 7516, RFC 7797).
var refusedHeaders = []string{"crit", "b64", "jku", "x5u", "x5c", "jwk", "zip", "cty"}

func parseCompact(token string) (*compact, *Error) {
	if len(token) > MaxTokenSize {
		return nil, refuse(TooLarge, "the token has %d bytes, at most %d are read", len(token), MaxTokenSize)
	}
	if n := strings.Count(token, ".") + 1; n != 3 {
		return nil, refuse(MalformedToken, "the token has %d parts, a JWT has 3", n)
	}
	parts := strings.Split(token, ".")
	header, err := decodeSegment(parts[0])
	if err != nil {
		return nil, refuse(MalformedToken, "header: %v", err)
	}
	if len(header) > maxHeaderSize {
		return nil, refuse(MalformedToken, "header: it has %d bytes, at most %d are read", len(header), maxHeaderSize)
	}
	c := compact{signingInput: token[:strings.LastIndexByte(token, '.')]}
	if c.payload, err = decodeSegment(parts[1]); err != nil {
		return nil, refuse(MalformedToken, "payload: %v", err)
	}
	if c.signature, err = decodeSegment(parts[2]); err != nil {
		return nil, refuse(MalformedToken, "signature: %v", err)
	}
	if refusal := c.readHeader(header); refusal != nil {
		return nil, refusal
	}
	return &c, nil
}

var strictBase64 = base64.RawURLEncoding.Strict()

// decodeSegment takes base64url in its one canonical form. encoding/base64
// alone would skip line ends, so two spellings would be one token.
func decodeSegment(s string) ([]byte, error) {
	if s == "" {
		return nil, errors.New("it is empty")
	}
	decoded, err := strictBase64.DecodeString(s)
	switch {
	case strings.IndexByte(s, '\r') >= 0 || strings.IndexByte(s, '\n') >= 0, err != nil && strings.ContainsFunc(s, notBase64):
		return nil, errors.New("it has a character outside of base64url")
	case err != nil:
		return nil, errors.New("it is not canonical base64url")
	}
	return decoded, nil
}

func notBase64(c rune) bool {
	return (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_'
}

func (c *compact) readHeader(text []byte) *Error {
	header, err := awstoken.ParseObject(text)
	if err != nil {
		return refuse(MalformedToken, "header: %v", err)
	}
	for name := range header {
		if known := awstoken.UnknownCase(name, readHeaders); known != "" {
			return refuse(MalformedToken, "header: a name differs from %q in case alone", known)
		}
		for _, refused := range refusedHeaders {
			if strings.EqualFold(name, refused) {
				return refuse(MalformedToken, "header: %q is not accepted", refused)
			}
		}
	}
	if typ, there := header["typ"]; there && typ != "JWT" {
		return refuse(MalformedToken, "header: typ is not JWT")
	}
	kid, ok := header["kid"].(string)
	if !ok || kid == "" {
		return refuse(MalformedToken, "header: kid is missing or not a string")
	}
	alg, ok := header["alg"].(string)
	if !ok {
		return refuse(MalformedToken, "header: alg is missing or not a string")
	}
	c.keyID, c.algorithm = kid, Algorithm(alg)
	if !c.algorithm.supported() {
		refusal := refuse(AlgorithmNotAllowed, "algorithm %s is not one of %v", quote(alg), Algorithms())
		refusal.Claimed.KeyID = kid
		return refusal
	}
	return nil
}

// maxQuoted is how much of a text from outside a hint shows, in bytes.
const maxQuoted = 128

// quote shows a text from outside, escaped and then cut.
func quote(s string) string {
	quoted := strconv.Quote(s[:min(len(s), maxQuoted)])
	if len(quoted) > maxQuoted {
		const end = "…\""
		quoted = strings.ToValidUTF8(quoted[:maxQuoted-len(end)], "") + end
	}
	return quoted
}
