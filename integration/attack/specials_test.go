package attack

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/specials"
)

// c9: signatures that are almost right, round claims that are. Wycheproof's own
// payloads would be refused for what they say; so these are made anew with the
// issuer's private key, and where one is valid after all it must pass: whoever
// refuses it has other rules than the issuer.
func c9() []probe {
	es384, rs256 := goodSigningInput("ES384"), goodSigningInput("RS256")
	ec := signerOf("ES384").(*ecdsa.PrivateKey)
	key := signerOf("RS256").(*rsa.PrivateKey)
	probes := specialProbes("es384: ", plain, es384, specials.ECDSA(ec, []byte(es384)))
	probes = append(probes, specialProbes("rs256: ", plain, rs256, specials.RSA(key, []byte(rs256)))...)
	probes = append(probes, cubeProbes(rs256)...)
	return append(probes, otherSignatures()...)
}

func signerOf(algorithm string) any {
	key, err := issuers().SigningKey(ordersAccount, algorithm)
	if err != nil {
		panic(err)
	}
	return key.Signer
}

func goodSigningInput(algorithm string) string {
	return encode(strings.NewReplacer("ES384", algorithm, "EC384_0", keyIDOf(algorithm)).Replace(goodHeader())) + "." + encode(goodPayload())
}

func keyIDOf(algorithm string) string {
	key, err := issuers().SigningKey(ordersAccount, algorithm)
	if err != nil {
		panic(err)
	}
	return key.KeyID
}

// specialProbes are of one protocol each, in turn: what a signature is like does
// not depend on it, and there are many.
func specialProbes(prefix, site, input string, all []specials.Special) (probes []probe) {
	spelt := func(s specials.Special) string {
		// The signature is no canary: some are what is public, such as the modulus.
		return canaries.note(input) + "." + base64.RawURLEncoding.EncodeToString(s.Signature)
	}
	valid := slices.IndexFunc(all, func(s specials.Special) bool { return s.Valid })
	control := call(spelt(all[valid]))
	for n, each := range all {
		p := probe{name: prefix + each.Name, site: site, by: every[n%len(every) : n%len(every)+1], attack: call(spelt(each)), control: control}
		switch {
		case each.Valid:
			p.disarmed = has("X-Aws-Token-Sub", ordersRole)
		case len(each.Signature) == 0:
			p.status, p.reason = http.StatusUnauthorized, "malformed_token"
		default:
			p.status, p.reason = http.StatusUnauthorized, "bad_signature"
		}
		probes = append(probes, p)
	}
	return probes
}

// cubeKey has the exponent 3, with which a lax reader of the padding lets
// signatures be forged without the private key (CVE-2006-4339).
var cubeKey = sync.OnceValue(specials.CubeKey)

// cubeProbes are of a site that trusts such a key for our issuer.
func cubeProbes(input string) []probe {
	set, err := json.Marshal(map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "kid": keyIDOf("RS256"), "use": "sig",
		"n": base64.RawURLEncoding.EncodeToString(cubeKey().N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(3).Bytes()),
	}}})
	if err != nil {
		panic(err)
	}
	file := filepath.Join(binaries, "cube.json")
	if err := os.WriteFile(file, set, 0o600); err != nil {
		panic(err)
	}
	site := strings.Replace(plain, "issuer ISSUER 111122223333", "issuer ISSUER 111122223333 {\n\t\t\tjwks_file "+file+"\n\t\t}", 1)
	return specialProbes("rs256, exponent 3: ", site, input, specials.RSA(cubeKey(), []byte(input)))
}

// otherSignatures are whole signatures, of something else or by somebody else.
func otherSignatures() []probe {
	good := goodParts(ordersAccount)
	token := good.signedBy(ordersAccount)
	dot := strings.LastIndexByte(token, '.')
	input, signature := token[:dot], token[dot+1:]
	admin := good.clone()
	admin.claims["sub"] = adminRole
	changed := admin.signedBy(ordersAccount)
	segments := strings.Split(token, ".")
	foreign := good.signedBy(strangerAccount)
	billing := good.signedBy(billingAccount)
	random := make([]byte, 96)
	if _, err := rand.Read(random); err != nil {
		panic(err)
	}
	refused := func(name, token, reason string) probe {
		return probe{name: name, attack: call(token), control: call(input + "." + signature), status: http.StatusUnauthorized, reason: reason}
	}
	return []probe{
		refused("of another token", input+"."+changed[strings.LastIndexByte(changed, '.')+1:], "bad_signature"),
		refused("claims changed after signing", segments[0]+"."+encode(text(admin.claims))+"."+signature, "bad_signature"),
		refused("by a stranger", foreign, "bad_signature"),
		refused("by another trusted account", billing, "bad_signature"),
		refused("random", input+"."+base64.RawURLEncoding.EncodeToString(random), "bad_signature"),
		refused("zeros", input+"."+strings.Repeat("A", 128), "bad_signature"),
		refused("cut by a byte", input+"."+encode(decoded(signature)[:95]), "bad_signature"),
		refused("empty", input+".", "malformed_token"),
		refused("twice", input+"."+signature+signature, "bad_signature"),
		refused("of the payload alone", segments[0]+"."+segments[1]+"."+strings.Split(seal("ES384", segments[1]), ".")[1], "bad_signature"),
		{name: "every bit counts", script: everyBitCounts},
	}
}

func decoded(segment string) string {
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// everyBitCounts turns a bit in each byte of the signature.
func everyBitCounts(t *testing.T) {
	g := gateOf(t, plain)
	token := mint(nil)
	dot := strings.LastIndexByte(token, '.')
	signature := decoded(token[dot+1:])
	for i := range signature {
		turned := []byte(signature)
		turned[i] ^= 1 << (i % 8)
		g.refuses(t, h1, call(token[:dot+1]+encode(string(turned))), http.StatusUnauthorized, "bad_signature")
	}
	g.passes(t, h1, call(token))
}
