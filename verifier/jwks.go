package verifier

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

const (
	// maxDocument is the largest discovery or key document that is read, in
	// bytes after decompression.
	maxDocument = 512 << 10

	// maxKeys is how many usable keys one issuer may have.
	maxKeys = 64
)

// parseJWKS reads a JWK Set (RFC 7517, section 5). Keys that are not for us
// are passed over one by one, so that a kind of key that AWS adds tomorrow does
// not cost the keys of today. Two usable keys with one ID void each other. A
// panic is an error: a document from outside, fetched, stored or in a file, must
// not end the process or leave a lock held.
func parseJWKS(text []byte) (usable map[string]Key, err error) {
	defer func() {
		if p := recover(); p != nil {
			usable, err = nil, fmt.Errorf("reading JWKS: panic: %v", p)
		}
	}()
	if len(text) > maxDocument {
		return nil, fmt.Errorf("reading JWKS: it is over %d bytes", maxDocument)
	}
	var set map[string]json.RawMessage
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, errors.New("reading JWKS: it is not a JSON object")
	}
	var members []json.RawMessage
	if err := json.Unmarshal(set["keys"], &members); err != nil || set["keys"] == nil {
		return nil, errors.New("reading JWKS: it has no array \"keys\"")
	}
	keys := make(map[string]Key)
	void := make(map[string]bool)
	for _, member := range members {
		k, err := parseJWK(member)
		if err != nil {
			continue
		}
		if _, twice := keys[k.id]; twice {
			void[k.id] = true
		}
		if keys[k.id] = k; len(keys) > maxKeys {
			return nil, fmt.Errorf("reading JWKS: it has over %d usable keys", maxKeys)
		}
	}
	for id := range void {
		delete(keys, id)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("reading JWKS: none of its %d keys is a signing key with an ID of its own, RSA of %d bits or more or P-384",
			len(members), minRSABits)
	}
	return keys, nil
}

// errNotUsed says that a JWK is not one that verifies AWS's signatures.
var errNotUsed = errors.New("reading JWK: it is not a public signing key of RSA or P-384")

// privateMembers betray a key that should never have been published.
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

func parseJWK(text []byte) (Key, error) {
	member, err := awstoken.ParseObject(text)
	if err != nil {
		return Key{}, err
	}
	id, _ := member["kid"].(string)
	if id == "" {
		return Key{}, errNotUsed
	}
	for _, name := range privateMembers {
		if _, there := member[name]; there {
			return Key{}, errNotUsed
		}
	}
	if use, there := member["use"]; there && use != "sig" {
		return Key{}, errNotUsed
	}
	if !mayVerify(member["key_ops"]) {
		return Key{}, errNotUsed
	}
	switch {
	case member["kty"] == "RSA" && isShortExponent(member["e"]):
	case member["kty"] == "EC" && member["crv"] == "P-384":
	default:
		return Key{}, errNotUsed
	}
	k, err := publicKey(id, text)
	if err != nil {
		return Key{}, err
	}
	// AWS's RSA key has no alg; its EC key has one.
	if alg, there := member["alg"]; there && alg != string(k.algorithm) {
		return Key{}, errNotUsed
	}
	return k, nil
}

// isShortExponent reports whether an exponent has at most 48 bits. Of one over 64
// the JOSE library keeps the lower bits, which are another key.
func isShortExponent(e any) bool {
	text, ok := e.(string)
	return ok && len(strings.TrimRight(text, "=")) <= 8
}

func mayVerify(keyOps any) bool {
	if keyOps == nil {
		return true
	}
	operations, ok := keyOps.([]any)
	if !ok {
		return false
	}
	for _, operation := range operations {
		if operation == "verify" {
			return true
		}
	}
	return false
}
