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
	return judgeJWKS(text, nil)
}

// judgeJWKS is parseJWKS, which also tells r, unless it is nil, what became of
// each key.
func judgeJWKS(text []byte, r *fetchRecord) (usable map[string]Key, err error) {
	defer func() {
		if p := recover(); p != nil {
			usable, err = nil, fmt.Errorf("reading JWKS: panic: %v", p)
		}
	}()
	if len(text) > maxDocument {
		return nil, faulty(ProbeTooLarge, fmt.Errorf("reading JWKS: it is over %d bytes", maxDocument))
	}
	var set map[string]json.RawMessage
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, faulty(ProbeNotJSON, errors.New("reading JWKS: it is not a JSON object"))
	}
	var members []json.RawMessage
	if err := json.Unmarshal(set["keys"], &members); err != nil || set["keys"] == nil {
		return nil, faulty(ProbeNotJWKS, errors.New("reading JWKS: it has no array \"keys\""))
	}
	keys := make(map[string]Key)
	void := make(map[string]bool)
	for _, member := range members {
		k, err := parseJWK(member)
		r.judged(member, k, err)
		if err != nil {
			continue
		}
		if _, twice := keys[k.id]; twice {
			void[k.id] = true
		}
		if keys[k.id] = k; len(keys) > maxKeys {
			return nil, faulty(ProbeTooManyKeys, fmt.Errorf("reading JWKS: it has over %d usable keys", maxKeys))
		}
	}
	for id := range void {
		delete(keys, id)
	}
	if len(keys) == 0 {
		return nil, faulty(ProbeNoUsableKey, fmt.Errorf("reading JWKS: none of its %d keys is a signing key with an ID of its own, RSA of %d bits or more or P-384",
			len(members), minRSABits))
	}
	return keys, nil
}

// privateMembers betray a key that should never have been published.
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

var errPrivateKey = errors.New("a private key, which should never have been published")

// parseJWK reads one member of a JWK Set. The error says why it is not used.
func parseJWK(text []byte) (Key, error) {
	member, err := awstoken.ParseObject(text)
	if err != nil {
		return Key{}, err
	}
	id, _ := member["kid"].(string)
	if id == "" {
		return Key{}, errors.New("it has no ID (kid)")
	}
	id = strings.Clone(id) // it would hold the memory of the whole JWK
	for _, name := range privateMembers {
		if _, there := member[name]; there {
			return Key{}, fmt.Errorf("it has the member %q of %w", name, errPrivateKey)
		}
	}
	if use, there := member["use"]; there && use != "sig" {
		return Key{}, fmt.Errorf("its use is %s, \"sig\" is wanted", told(use))
	}
	if !mayVerify(member["key_ops"]) {
		return Key{}, errors.New("its key_ops do not have \"verify\"")
	}
	switch {
	case member["kty"] == "RSA" && isShortExponent(member["e"]):
	case member["kty"] == "EC" && member["crv"] == "P-384":
	default:
		return Key{}, otherKind(member)
	}
	k, err := publicKey(id, text)
	if err != nil {
		return Key{}, err
	}
	// AWS's RSA key has no alg; its EC key has one.
	if alg, there := member["alg"]; there && alg != string(k.algorithm) {
		return Key{}, fmt.Errorf("its alg is %s, such a key is for %s", told(alg), k.algorithm)
	}
	return k, nil
}

// otherKind says what is wrong with the kind of a JWK.
func otherKind(member map[string]any) error {
	switch kty := member["kty"]; kty {
	case "RSA":
		return errors.New("its exponent e is missing or over 48 bits")
	case "EC":
		return fmt.Errorf("its curve (crv) is %s, P-384 is wanted", told(member["crv"]))
	default:
		return fmt.Errorf("its kind (kty) is %s, RSA or EC is wanted", told(kty))
	}
}

// told shows a member of a JWK.
func told(value any) string {
	switch value := value.(type) {
	case nil:
		return "missing or null"
	case string:
		return quote(value)
	}
	return "not a string"
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
