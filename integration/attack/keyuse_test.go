package attack

import (
	"net/http"
	"strings"
)

// c3: AWS's keys used for other algorithms than they are for. AWS's RSA key says
// nothing of its algorithm (RFC 7517, section 4.4 leaves that open), so a
// verifier that goes by the key's kind takes whatever RSA can do.
func c3() []probe { return append(append(otherAlgorithms(), crossedKeys()...), algorithmsOfSites()...) }

// otherAlgorithms are signed as their header says, with the right private key.
func otherAlgorithms() (probes []probe) {
	payload := goodPayload()
	for _, each := range []struct{ alg, signedAs, kid string }{
		{"RS384", "RS384", "RSA_0"},
		{"RS512", "RS512", "RSA_0"},
		{"PS256", "PS256", "RSA_0"},
		{"PS384", "PS384", "RSA_0"},
		{"PS512", "PS512", "RSA_0"},
		{"RSA1_5", "RS256", "RSA_0"},
		{"RS1", "RS256", "RSA_0"}, // SHA-1 by its name alone
		{"ES256", "ES256", "EC384_0"},
		{"ES512", "ES512", "EC384_0"},
		{"ES256K", "ES256", "EC384_0"},
		{"EdDSA", "ES384", "EC384_0"},
	} {
		right := rightAlgorithm(each.kid)
		probes = append(probes, probe{
			name: strings.ToLower(each.alg), status: http.StatusUnauthorized, reason: "algorithm_not_allowed",
			attack:  call(mintRaw(each.signedAs, headerOf(each.alg, each.kid), payload)),
			control: call(mintRaw(right, headerOf(right, each.kid), payload)),
		})
	}
	return probes
}

func rightAlgorithm(kid string) string {
	if strings.HasPrefix(kid, "RSA") {
		return "RS256"
	}
	return "ES384"
}

// crossedKeys have a header that is allowed, and a signature by another rule or
// another of the issuer's keys.
func crossedKeys() (probes []probe) {
	payload := goodPayload()
	for _, each := range []struct{ name, header, signedAs, reason string }{
		{"rs256 signed as rs384", headerOf("RS256", "RSA_0"), "RS384", "bad_signature"},
		{"rs256 signed as rs512", headerOf("RS256", "RSA_0"), "RS512", "bad_signature"},
		{"rs256 signed as ps256", headerOf("RS256", "RSA_0"), "PS256", "bad_signature"},
		{"rs256 signed as es384", headerOf("RS256", "RSA_0"), "ES384", "bad_signature"},
		{"es384 signed as es256", headerOf("ES384", "EC384_0"), "ES256", "bad_signature"},
		{"es384 signed as es512", headerOf("ES384", "EC384_0"), "ES512", "bad_signature"},
		{"es384 signed as rs256", headerOf("ES384", "EC384_0"), "RS256", "bad_signature"},
		{"rs256 with the ec kid", headerOf("RS256", "EC384_0"), "RS256", "unknown_key"},
		{"rs256 with the ec kid and key", headerOf("RS256", "EC384_0"), "ES384", "unknown_key"},
		{"es384 with the rsa kid", headerOf("ES384", "RSA_0"), "ES384", "unknown_key"},
		{"es384 with the rsa kid and key", headerOf("ES384", "RSA_0"), "RS256", "unknown_key"},
	} {
		header := each.header
		right := "ES384"
		if strings.Contains(header, "RS256") {
			right = "RS256"
		}
		if each.reason == "unknown_key" {
			header = headerOf(right, map[string]string{"RS256": "RSA_0", "ES384": "EC384_0"}[right])
		}
		probes = append(probes, probe{
			name: each.name, status: http.StatusUnauthorized, reason: each.reason,
			attack: call(mintRaw(each.signedAs, each.header, payload)), control: call(mintRaw(right, header, payload)),
		})
	}
	return probes
}

// algorithmsOfSites: an algorithm that the operator took away stays away.
func algorithmsOfSites() []probe {
	rs256, es384 := mint(func(p *parts) { p.header["alg"] = "RS256" }), mint(nil)
	only := func(algorithm string) string {
		return strings.Replace(plain, "audience orders.internal", "audience orders.internal\n\t\talgorithm "+algorithm, 1)
	}
	issuerOnly := strings.Replace(only("RS256 ES384"), "ISSUER 111122223333", "ISSUER 111122223333 {\n\t\t\talgorithm ES384\n\t\t}", 1)
	return []probe{
		atSites("rs256 where es384 is wanted", rs256, only("ES384"), plain, http.StatusUnauthorized, "algorithm_not_allowed"),
		atSites("es384 where rs256 is wanted", es384, only("RS256"), plain, http.StatusUnauthorized, "algorithm_not_allowed"),
		atSites("rs256 where the issuer has es384", rs256, issuerOnly, plain, http.StatusUnauthorized, "algorithm_not_allowed"),
	}
}
