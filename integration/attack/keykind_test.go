package attack

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// k3: an issuer's keys are judged one by one. The bad one never verifies, even
// what its own private key has signed; the good one beside it does.
func k3() []probe {
	a := archive()
	var probes []probe
	for n, each := range a.kinds {
		issuer := a.publisher.issuer(strconv.Itoa(n))
		status, reason := http.StatusUnauthorized, "unknown_key"
		if each.reason != "" {
			reason = each.reason
		}
		if reason == "keys_unavailable" {
			status = http.StatusServiceUnavailable
		}
		control := each.control
		if control.sign == nil {
			control = signing{each.attack.algorithm, "right", each.attack.sign}
		}
		twin := issuer
		if each.mended != "" {
			twin = a.publisher.issuer(fmt.Sprintf("mended-%d", n))
		}
		probes = append(probes, probe{
			name: each.name, site: a.site, by: inClear, status: status, reason: reason,
			attack:  call(tokenBy(issuer, each.attack.algorithm, each.attack.kid, each.attack.sign)),
			control: call(tokenBy(twin, control.algorithm, control.kid, control.sign)),
		})
	}
	return probes
}

// signing is what makes a token.
type signing struct {
	algorithm, kid string
	sign           signer
}

// keyKind is a key document with the token that it must not verify.
type keyKind struct {
	name     string
	document string
	attack   signing
	reason   string  // default: unknown_key
	control  signing // default: the attack's, with the kid "right"
	mended   string  // the document of the control, if it is another
}

// filedKeys are issuers, one for each kind.
type filedKeys struct {
	publisher *publisher
	kinds     []keyKind
	site      string
}

var archive = sync.OnceValue(func() *filedKeys {
	a := &filedKeys{publisher: newPublisher(nil)}
	for _, each := range [][]keyKind{rsaKinds(), ecKinds(), mixedKinds(), keySetKinds()} {
		a.kinds = append(a.kinds, each...)
	}
	lines := []string{"aws_jwt {", "audience orders.internal", "jwks {", "timeout 20s", "persist off", "}"}
	add := func(name, document string) {
		lines = append(lines, "issuer "+a.publisher.publish(name, document)+" 111122223333")
	}
	for n, each := range a.kinds {
		add(strconv.Itoa(n), each.document)
		if each.mended != "" {
			add(fmt.Sprintf("mended-%d", n), each.mended)
		}
	}
	a.site = strings.Join(append(lines, "}", "reverse_proxy UPSTREAM"), "\n")
	return a
})

// rsaKinds are an RSA key, spoilt and not spoilt.
func rsaKinds() (kinds []keyKind) {
	good := rsaJWK("right", &freshRSA().PublicKey)
	bad := good.with("kid", "bad")
	signed := signing{"RS256", "bad", withRSA(freshRSA())}
	add := func(name string, spoilt jwk) {
		kinds = append(kinds, keyKind{name: "rsa " + name, document: keySet(spoilt, good), attack: signed})
	}
	for _, each := range []struct {
		name, member string
		value        any
	}{
		{"for encryption", "use", "enc"}, {"for two uses", "use", []string{"sig", "enc"}}, {"use in capitals", "use", "SIG"},
		{"private, d", "d", number(freshRSA().D, 256)}, {"private, p", "p", number(freshRSA().Primes[0], 128)}, {"private, qi", "qi", "AQ"},
		{"private, oth", "oth", []any{}}, {"with a secret", "k", "c2VjcmV0"},
		{"key_ops sign", "key_ops", []string{"sign"}}, {"key_ops encrypt", "key_ops", []string{"encrypt", "wrapKey"}},
		{"key_ops none", "key_ops", []string{}}, {"key_ops text", "key_ops", "verify"}, {"key_ops in capitals", "key_ops", []string{"VERIFY"}},
		{"alg rs384", "alg", "RS384"}, {"alg rs512", "alg", "RS512"}, {"alg ps256", "alg", "PS256"}, {"alg es384", "alg", "ES384"},
		{"alg hs256", "alg", "HS256"}, {"alg none", "alg", "none"}, {"alg in lower case", "alg", "rs256"}, {"alg number", "alg", 256},
		{"kty in lower case", "kty", "rsa"}, {"kty list", "kty", []string{"RSA"}}, {"kty missing", "kty", nil},
		{"kid number", "kid", 5}, {"kid list", "kid", []string{"bad"}}, {"kid missing", "kid", nil}, {"kid empty", "kid", ""},
		{"n missing", "n", nil}, {"n empty", "n", ""}, {"n negative", "n", -1}, {"e missing", "e", nil},
		{"e 0", "e", "AA"}, {"e 2", "e", "Ag"}, {"e even", "e", "AQAA"}, {"e of 65 bits", "e", "AQAAAAAAAAAB"},
	} {
		add(each.name, bad.with(each.member, each.value))
	}
	add("kty in other case", bad.with("kty", nil).with("KTY", "RSA"))
	small := rsaJWK("bad", &smallRSA().PublicKey)
	kinds = append(kinds,
		keyKind{name: "rsa 1024", document: keySet(small, good), attack: signing{"RS256", "bad", withRSA(smallRSA())}, control: signing{"RS256", "right", signed.sign}},
		keyKind{name: "rsa 16384", document: keySet(rsaJWK("bad", &rsa.PublicKey{N: large(), E: 3}), good), attack: signing{"RS256", "bad", fixed(make([]byte, 2048))},
			control: signing{"RS256", "right", signed.sign}},
		keyKind{name: "rsa e 1", document: keySet(bad.with("e", "AQ"), good), attack: signing{"RS256", "bad", unpowered}, control: signing{"RS256", "right", signed.sign}},
		keyKind{name: "rsa two kids", document: `{"keys":[` + strings.Replace(text(bad), `"kid":"bad"`, `"kid":"x","kid":"bad"`, 1) + "," + text(good) + `]}`, attack: signed},
	)
	return kinds
}

// large is an odd number of 16384 bits.
func large() *big.Int {
	bytes := make([]byte, 2048)
	_, _ = rand.Read(bytes)
	bytes[0], bytes[len(bytes)-1] = bytes[0]|0x80, bytes[len(bytes)-1]|1
	return new(big.Int).SetBytes(bytes)
}

// unpowered is what an exponent of 1 verifies: the padding itself (RFC 8017,
// section 9.2), which takes no key.
func unpowered(input string) []byte {
	digest := sha256.Sum256([]byte(input))
	info := append([]byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}, digest[:]...)
	padding := bytes.Repeat([]byte{0xff}, 256-3-len(info))
	return append(append(append([]byte{0, 1}, padding...), 0), info...)
}

// ecKinds are a key on P-384, spoilt and not spoilt.
func ecKinds() (kinds []keyKind) {
	good := ecJWK("right", &freshEC().PublicKey)
	bad := good.with("kid", "bad")
	signed := signing{"ES384", "bad", withEC(freshEC())}
	for _, each := range []struct {
		name, member string
		value        any
	}{
		{"for encryption", "use", "enc"}, {"private", "d", encode(strings.Repeat("d", 48))}, {"key_ops derive", "key_ops", []string{"deriveKey"}},
		{"alg rs256", "alg", "RS256"}, {"alg es256", "alg", "ES256"}, {"alg es512", "alg", "ES512"}, {"alg ecdh", "alg", "ECDH-ES"},
		{"crv p-256", "crv", "P-256"}, {"crv p-521", "crv", "P-521"}, {"crv in lower case", "crv", "p-384"}, {"crv missing", "crv", nil},
		{"kty okp", "kty", "OKP"}, {"kty rsa", "kty", "RSA"}, {"y missing", "y", nil}, {"x is y", "x", good["y"]},
		{"off the curve", "y", next(good["y"].(string))}, {"x of 49 bytes", "x", "AQ" + good["x"].(string)[2:] + "AA"}, {"y empty", "y", ""},
	} {
		kinds = append(kinds, keyKind{name: "ec " + each.name, document: keySet(bad.with(each.member, each.value), good), attack: signed})
	}
	zero := number(new(big.Int), 48)
	small := ecJWK("bad", &smallEC().PublicKey)
	right := signing{"ES384", "right", signed.sign}
	one := make([]byte, 96)
	one[47], one[95] = 1, 1
	return append(kinds,
		keyKind{name: "ec at infinity", document: keySet(bad.with("x", zero).with("y", zero), good), attack: signing{"ES384", "bad", fixed(one)}, control: right},
		keyKind{name: "ec p-256", document: keySet(small, good), attack: signing{"ES384", "bad", fixed(one)}, control: right},
		keyKind{name: "ec p-256 called p-384", document: keySet(small.with("crv", "P-384"), good), attack: signing{"ES384", "bad", fixed(one)}, control: right},
	)
}

// next is the number after one in base64url.
func next(encoded string) string {
	bytes, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		panic(err)
	}
	return number(new(big.Int).Add(new(big.Int).SetBytes(bytes), big.NewInt(1)), len(bytes))
}

// byMAC signs as HS256 has it.
func byMAC(secret string) signer {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}
