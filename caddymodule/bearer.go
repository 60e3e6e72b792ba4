package caddymodule

import (
	"net/http"
	"strings"
)

// credential is what a request's Authorization fields hold, to whoever takes
// tokens from some sources.
type credential struct {
	fields    []string // all of them, as they came
	field     string   // the only one: of a token, or of another scheme
	token     string   // a b64token (RFC 6750, section 2.1); "" when there is none
	malformed string   // what is wrong, when something is
}

// takeCredential reads the Authorization fields and removes them.
func takeCredential(header http.Header, from sources) credential {
	return readFields(takeFields(header), from)
}

// takeFields removes the Authorization fields, and returns them.
func takeFields(header http.Header) []string {
	const field = "Authorization"
	fields := header[field]
	for name, values := range header {
		if len(name) != len(field) || !strings.EqualFold(name, field) {
			continue
		}
		if name != field {
			fields = append(fields[:len(fields):len(fields)], values...)
		}
		delete(header, name)
	}
	return fields
}

func readFields(fields []string, from sources) credential {
	c := credential{malformed: "the request has several Authorization fields"}
	switch len(fields) {
	case 0:
		return credential{}
	case 1:
		c = readCredential(fields[0], from)
	}
	c.fields = fields
	return c
}

func readCredential(field string, from sources) credential {
	end := 0
	for end < len(field) && isTokenByte(field[end]) {
		end++
	}
	scheme, rest := field[:end], field[end:]
	switch {
	case scheme == "":
		return credential{malformed: "the Authorization field is empty or does not begin with a scheme"}
	case from.has(basicTokens) && strings.EqualFold(scheme, "Basic"):
		return readBasic(field, rest)
	case !from.has(bearerTokens) || !strings.EqualFold(scheme, "Bearer"):
		if joined := joinsSource(rest, from); joined != "" {
			return credential{malformed: "the Authorization field has a " + joined + " behind another scheme"}
		}
		return credential{field: field}
	case rest == "":
		return credential{malformed: "the Authorization field is Bearer without a token"}
	case rest[0] != ' ' || !isB64Token(rest[1:]):
		return credential{malformed: "the Authorization field is not Bearer, one space and a token"}
	}
	return credential{field: field, token: rest[1:]}
}

// joinsSource returns the scheme of a second credential behind a comma, which an
// upstream could read where another scheme's is let through; "" is none.
func joinsSource(rest string, from sources) string {
	if !strings.Contains(rest, ",") {
		return ""
	}
	for element := range strings.SplitSeq(rest, ",") {
		words := strings.Fields(element)
		switch {
		case len(words) == 0:
		case from.has(bearerTokens) && strings.EqualFold(words[0], "Bearer"):
			return "Bearer"
		case from.has(basicTokens) && strings.EqualFold(words[0], "Basic"):
			return "Basic"
		}
	}
	return ""
}

// isTokenByte is tchar of RFC 9110, section 5.6.2.
func isTokenByte(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// isB64Token is b64token of RFC 6750, section 2.1.
func isB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	if s == "" {
		return false
	}
	// Eight at a time, since every request has its token looked at.
	var other byte
	for len(s) >= 8 {
		other |= outside[s[0]] | outside[s[1]] | outside[s[2]] | outside[s[3]] |
			outside[s[4]] | outside[s[5]] | outside[s[6]] | outside[s[7]]
		s = s[8:]
	}
	for i := range len(s) {
		other |= outside[s[i]]
	}
	return other == 0
}

// outside is 1 for what is no character of a b64token.
var outside = func() (outside [256]byte) {
	for c := range outside {
		if !isAlphanumeric(byte(c)) && strings.IndexByte("-._~+/", byte(c)) < 0 {
			outside[c] = 1
		}
	}
	return outside
}()

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
