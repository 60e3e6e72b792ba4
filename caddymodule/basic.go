package caddymodule

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

const (
	// maxUserName is how long a user name may be beside the longest token, in bytes.
	maxUserName = 1 << 10

	// maxBasic is how much of base64 is decoded, in bytes.
	maxBasic = (maxUserName + len(":") + verifier.MaxTokenSize + 2) / 3 * 4
)

// readBasic reads what stands behind Basic (RFC 7617, section 2): the token is
// the password, and the user name is nobody's. What is wrong is told without any
// of it.
func readBasic(field, rest string) credential {
	if len(rest) < 2 || rest[0] != ' ' {
		return credential{malformed: "the Authorization field is not Basic, one space and base64"}
	}
	if rest = rest[1:]; len(rest) > maxBasic {
		return credential{malformed: fmt.Sprintf("the Authorization field is Basic with %d bytes of base64, at most %d are read", len(rest), maxBasic)}
	}
	// Decoders skip line ends, also strict ones.
	pair, err := base64.StdEncoding.Strict().DecodeString(rest)
	if err != nil || strings.ContainsAny(rest, "\r\n") {
		return credential{malformed: "the Authorization field is Basic, and not in the one form of base64, with padding and without white space"}
	}
	user, password, found := bytes.Cut(pair, []byte(":"))
	switch token := string(password); {
	case !found:
		return credential{malformed: "the Authorization field is Basic without a colon, so it has no password"}
	case bytes.ContainsFunc(user, isControl):
		return credential{malformed: "the Authorization field is Basic with a control character in the user name"}
	case token == "":
		return credential{malformed: "the Authorization field is Basic with an empty password, where the token should be"}
	case !isB64Token(token):
		return credential{malformed: "the Authorization field is Basic, and its password has characters that no token has"}
	default:
		return credential{field: field, token: token}
	}
}

// isControl is CTL of RFC 5234, which RFC 7617 keeps out of a user name.
func isControl(r rune) bool { return r < ' ' || r == 0x7f }
