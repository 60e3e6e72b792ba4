package attack

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"hash"
	"io"
	"net/http"
	"strings"
)

// c2: algorithms that ask for no secret. The header is signed with the right key
// where it says nothing else; the control has the same header with the right
// algorithm.
func c2() []probe {
	return append(append(algNone(), algSpellings()...), keyedWithPublic()...)
}

func headerOf(algorithm, kid string) string {
	return text(map[string]any{"alg": algorithm, "kid": kid, "typ": "JWT"})
}

// algNone: RFC 7515, appendix A.5, in any case (CVE-2018-1000531, CVE-2022-23540).
func algNone() (probes []probe) {
	header, payload := goodHeader(), goodPayload()
	good := mintRaw("ES384", header, payload)
	signature := good[strings.LastIndexByte(good, '.')+1:]
	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		unsigned := encode(headerOf(alg, "EC384_0")) + "." + encode(payload) + "."
		probes = append(probes,
			probe{name: alg + ", signed", attack: call(mintRaw("ES384", headerOf(alg, "EC384_0"), payload)), control: call(good), status: 401, reason: "algorithm_not_allowed"},
			probe{name: alg + ", no signature", attack: call(unsigned), control: call(good), status: 401, reason: "malformed_token"},
			probe{name: alg + ", another signature", attack: call(unsigned + signature), control: call(good), status: 401, reason: "algorithm_not_allowed"},
		)
	}
	// The header is good, and there is no signature all the same.
	return append(probes, probe{
		name: "es384, no signature", attack: call(encode(header) + "." + encode(payload) + "."), control: call(good),
		status: 401, reason: "malformed_token",
	})
}

// algSpellings are near to an algorithm's name, or no name. Each is signed with
// the right key, as if it were ES384.
func algSpellings() (probes []probe) {
	for _, each := range []struct{ name, alg, reason string }{
		{"lower case", `"es384"`, "algorithm_not_allowed"},
		{"a space behind", `"ES384 "`, "algorithm_not_allowed"},
		{"a space before", `" ES384"`, "algorithm_not_allowed"},
		{"nul behind", `"ES384\u0000"`, "algorithm_not_allowed"},
		{"full-width", `"ＥＳ384"`, "algorithm_not_allowed"},
		{"two", `"ES384,RS256"`, "algorithm_not_allowed"},
		{"empty", `""`, "algorithm_not_allowed"},
		{"array", `["ES384"]`, "malformed_token"},
		{"object", `{"alg":"ES384"}`, "malformed_token"},
		{"number", `384`, "malformed_token"},
		{"true", `true`, "malformed_token"},
		{"null", `null`, "malformed_token"},
	} {
		probes = append(probes, textTwins("alg "+each.name, each.reason,
			// The name may be spelt with escapes, which JSON gives no meaning to.
			func(t *texts) { t.header = strings.Replace(t.header, `"ES384"`, `"\u0045S384"`, 1) },
			func(t *texts) { t.header = strings.Replace(t.header, `"ES384"`, each.alg, 1) }))
	}
	return append(probes, textTwins("no alg", "malformed_token",
		func(t *texts) { t.header = strings.Replace(t.header, `"alg"`, `"alk":"x","alg"`, 1) },
		func(t *texts) { t.header = strings.Replace(t.header, `"alg"`, `"alk"`, 1) }))
}

// keyedWithPublic: HS256 keyed with the public key, as text or as bytes, which a
// verifier takes that lets the token choose what the key is for (CVE-2015-9235,
// CVE-2016-10555). The control is signed as the key's own algorithm has it.
func keyedWithPublic() (probes []probe) {
	payload := goodPayload()
	for _, each := range publicSpellings() {
		for _, mac := range each.macs {
			input := encode(headerOf(mac, each.kid)) + "." + encode(payload)
			h := hmac.New(macs[mac], each.key)
			_, _ = io.WriteString(h, input)
			token := canaries.note(input + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil)))
			probes = append(probes, probe{
				name: strings.ToLower(mac) + ", " + each.name, status: http.StatusUnauthorized, reason: "algorithm_not_allowed",
				attack: call(token), control: call(mintRaw(each.algorithm, headerOf(each.algorithm, each.kid), payload)),
			})
		}
	}
	return probes
}

var macs = map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}

type publicSpelling struct {
	name, kid, algorithm string
	key                  []byte
	macs                 []string
}

// publicSpellings are the ways in which programs hold the public keys.
func publicSpellings() []publicSpelling {
	rsaKey, ecKey := publicKeyOf("RS256").(*rsa.PublicKey), publicKeyOf("ES384").(*ecdsa.PublicKey)
	point, err := ecKey.Bytes()
	if err != nil {
		panic(err)
	}
	modulus, pkcs1 := rsaKey.N.Bytes(), x509.MarshalPKCS1PublicKey(rsaKey)
	rsaPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkixOf(rsaKey)})
	ecPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkixOf(ecKey)})
	one, three := []string{"HS256"}, []string{"HS256", "HS384", "HS512"}
	return []publicSpelling{
		{"rsa pem", "RSA_0", "RS256", rsaPEM, three},
		{"rsa pem, no line end", "RSA_0", "RS256", []byte(strings.TrimSpace(string(rsaPEM))), one},
		{"rsa der", "RSA_0", "RS256", pkixOf(rsaKey), one},
		{"pkcs1 pem", "RSA_0", "RS256", pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}), one},
		{"pkcs1 der", "RSA_0", "RS256", pkcs1, one},
		{"modulus", "RSA_0", "RS256", modulus, one},
		{"modulus in base64url", "RSA_0", "RS256", []byte(base64.RawURLEncoding.EncodeToString(modulus)), one},
		{"key set", "RSA_0", "RS256", []byte(publishedKeys(ordersAccount)), one},
		{"ec pem", "EC384_0", "ES384", ecPEM, three},
		{"ec der", "EC384_0", "ES384", pkixOf(ecKey), one},
		{"ec point", "EC384_0", "ES384", point, one},
		{"ec x", "EC384_0", "ES384", point[1:49], one},
		{"ec jwk", "EC384_0", "ES384", []byte(publishedKey(ordersAccount, "EC384_0")), one},
		{"rsa jwk", "RSA_0", "RS256", []byte(publishedKey(ordersAccount, "RSA_0")), one},
		{"no key", "EC384_0", "ES384", nil, one},
	}
}

func publicKeyOf(algorithm string) any {
	key, err := issuers().SigningKey(ordersAccount, algorithm)
	if err != nil {
		panic(err)
	}
	return key.Signer.Public()
}

func pkixOf(key any) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err)
	}
	return der
}
