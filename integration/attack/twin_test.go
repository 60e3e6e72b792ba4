package attack

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"testing"
)

// raw is JSON that is signed as it is written here, such as 1e10 or null.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

// clone copies the parts, so that two tokens can have the same jti and times.
func (p *parts) clone() *parts {
	claims, aws := maps.Clone(p.claims), maps.Clone(p.aws)
	claims[namespace] = aws
	return &parts{maps.Clone(p.header), claims, aws}
}

// signedBy signs the parts with an account's key.
func (p *parts) signedBy(account string) string {
	token, err := issuers().Mint(account, p.header, p.claims)
	if err != nil {
		panic(err)
	}
	return canaries.note(token)
}

// pairOf is one protocol of each version. What a token says does not depend on how
// it travels, so its probes go two ways and not four, by their names.
func pairOf(name string) []protocol {
	return [][]protocol{{h1, h2}, {h1TLS, h2c}}[len(name)%2]
}

// twins is a probe of two tokens that are the same but for what spoils one.
func twins(name, reason string, spoil func(*parts)) probe {
	return unlikeTwins(name, reason, nil, spoil)
}

// unlikeTwins gives the control a change of its own, which is as near to the
// attack's as one can be that passes.
func unlikeTwins(name, reason string, keep, spoil func(*parts)) probe {
	good := goodParts(ordersAccount)
	bad := good.clone()
	if keep != nil {
		keep(good)
	}
	spoil(bad)
	return probe{
		name: name, by: pairOf(name), status: http.StatusUnauthorized, reason: reason,
		attack: call(bad.signedBy(ordersAccount)), control: call(good.signedBy(ordersAccount)),
	}
}

// texts are a token's header and payload as they are signed.
type texts struct{ header, payload string }

// textTwins does the same with the text of the header and payload. Both are
// signed with the right key.
func textTwins(name, reason string, keep, spoil func(*texts)) probe {
	good := texts{goodHeader(), goodPayload()}
	bad := good
	if keep != nil {
		keep(&good)
	}
	spoil(&bad)
	return probe{
		name: name, by: pairOf(name), status: http.StatusUnauthorized, reason: reason,
		attack: call(mintRaw("ES384", bad.header, bad.payload)), control: call(mintRaw("ES384", good.header, good.payload)),
	}
}

// atSites is a probe of one token that a site refuses and another, which
// differs in a line, lets pass.
func atSites(name, token, closed, open string, status int, reason string) probe {
	return probe{name: name, script: func(t *testing.T) {
		refusing, passing := gateOf(t, closed), gateOf(t, open)
		for _, p := range every {
			t.Run(string(p), func(t *testing.T) {
				refusing.refuses(t, p, call(token), status, reason)
				passing.passes(t, p, call(token))
			})
		}
	}}
}

// publishedKeys is an account's key set as it is served.
func publishedKeys(account string) string {
	response, err := http.Get(issuerURL(account) + "/.well-known/jwks.json")
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	document, err := io.ReadAll(response.Body)
	if err != nil {
		panic(err)
	}
	return string(document)
}

// publishedKey is one of its keys.
func publishedKey(account, kid string) string {
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal([]byte(publishedKeys(account)), &set); err != nil {
		panic(err)
	}
	for _, key := range set.Keys {
		if strings.Contains(string(key), `"`+kid+`"`) {
			return string(key)
		}
	}
	panic("account " + account + " publishes no key " + kid)
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// seal signs a token's first two segments as they are spelt (RFC 7515, section
// 5.1), so that the signature of an odd spelling fits.
func seal(algorithm, input string) string {
	key, err := issuers().SigningKey(ordersAccount, algorithm)
	if err != nil {
		panic(err)
	}
	var signature []byte
	if algorithm == "RS256" {
		digest := sha256.Sum256([]byte(input))
		signature, err = key.Signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	} else {
		digest := sha512.Sum384([]byte(input))
		if signature, err = key.Signer.Sign(rand.Reader, digest[:], crypto.SHA384); err == nil {
			signature, err = fixedLength(signature, key.Signer.Public().(*ecdsa.PublicKey))
		}
	}
	if err != nil {
		panic(err)
	}
	return canaries.note(input + "." + base64.RawURLEncoding.EncodeToString(signature))
}

// fixedLength turns the DER of an ECDSA signature into the form of RFC 7518,
// section 3.4.
func fixedLength(der []byte, key *ecdsa.PublicKey) ([]byte, error) {
	var numbers struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &numbers); err != nil {
		return nil, err
	}
	size := (key.Params().BitSize + 7) / 8
	signature := make([]byte, 2*size)
	numbers.R.FillBytes(signature[:size])
	numbers.S.FillBytes(signature[size:])
	return signature, nil
}
