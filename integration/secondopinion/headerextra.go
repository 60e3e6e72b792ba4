package main

import (
	"bytes"
	"compress/flate"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"math/big"
	mathrand "math/rand/v2"
	"slices"
	"time"
)

// extraMutations add header parameters: those that would let the token choose
// how it is verified, others of the register, and unknown ones.
func extraMutations() []mutation {
	return slices.Concat(
		values(inHeader, "crit", "crit b64",
			variant{"empty", `[]`}, variant{"null", `null`}, variant{"a string", `"exp"`}, variant{"b64, which is absent", `["b64"]`},
			variant{"alg", `["alg"]`}, variant{"exp, which is absent", `["exp"]`}, variant{"unknown", `["https://example.com/x"]`}),
		values(inHeader, "b64", "crit b64", variant{"false", `false`}, variant{"true", `true`}, variant{"null", `null`}, variant{"a string", `"false"`}),
		values(inHeader, "jku", "jku", variant{"the issuer's", `"{other}/.well-known/jwks.json"`}, variant{"a stranger's", `"{stranger}/.well-known/jwks.json"`}, variant{"null", `null`}),
		values(inHeader, "x5u", "x5u", variant{"a stranger's", `"{stranger}/cert.pem"`}, variant{"empty", `""`}),
		values(inHeader, "x5c", "x5c", variant{"empty", `[]`}, variant{"no certificate", `["MIIB"]`}, variant{"null", `null`}),
		values(inHeader, "jwk", "jwk", variant{"null", `null`}, variant{"no key", `{}`}, variant{"a string", `"k"`}),
		values(inHeader, "zip", "zip", variant{"DEF, and nothing compressed", `"DEF"`}, variant{"null", `null`}),
		values(inHeader, "cty", "cty", variant{"JWT", `"JWT"`}, variant{"JSON", `"application/json"`}, variant{"null", `null`}),
		values(inHeader, "x5t", "x5t", variant{"a string", `"qqqq"`}, variant{"null", `null`}),
		values(inHeader, "x5t#S256", "x5t256", variant{"a string", `"qqqq"`}),
		values(inHeader, "enc", "enc", variant{"of a JWE", `"A256GCM"`}),
		values(inHeader, "url", "url", variant{"a string", `"https://orders.example.com"`}),
		values(inHeader, "iss", "header-iss", variant{"in the header", `"{stranger}"`}),
		values(inHeader, "exp", "header-exp", variant{"in the header", `{now-3600}`}),
		values(inHeader, "nonce", "nonce", variant{"in the header", `"n"`}),
		values(inHeader, "unknown", "unknown-parameter",
			variant{"a string", `"x"`}, variant{"an object", `{"alg":"none","kid":[1,{"x":null}]}`}, variant{"a large number", `123456789012345678901234567890`},
			variant{"null", `null`}, variant{"a list", `[[],{}]`}),
		values(inHeader, "__proto__", "proto", variant{"in the header", `{"alg":"none"}`}),
		[]mutation{
			rename(inHeader, "typ", "typ jku", "as JKU", `"JKU"`),
			rename(inHeader, "typ", "typ crit b64", "as Crit", `"Crit"`),
			{name: "crit: b64, which is true", on: "crit b64", change: unencoded("true")},
			{name: "crit: b64, which is false", on: "crit b64", change: unencoded("false")},
			{name: "b64: false, and the payload as it is", on: "crit b64 payload-text payload-segment", change: bare},
			{name: "zip: DEF, and the payload compressed", on: "zip payload-text payload-segment", change: compressed},
			{name: "jwk: a forger's, who signs", on: "jwk signature", change: embedded(true)},
			{name: "jwk: the right one", on: "jwk", change: embedded(false)},
			{name: "x5c: a forger's, who signs", on: "x5c signature", change: certified},
		},
	)
}

func unencoded(b64 string) func(*draft, *mathrand.Rand) {
	return func(d *draft, _ *mathrand.Rand) {
		d.header.set("crit", `["b64"]`)
		d.header.set("b64", b64)
	}
}

// bare is the unencoded payload of RFC 7797.
func bare(d *draft, r *mathrand.Rand) {
	unencoded("false")(d, r)
	d.payloadSegment = append(d.payloadSegment, func(segment string) string {
		text, _ := base64.RawURLEncoding.DecodeString(segment) // it was just encoded
		return string(text)
	})
}

func compressed(d *draft, _ *mathrand.Rand) {
	d.header.set("zip", `"DEF"`)
	d.payloadText = append(d.payloadText, func(text string) string {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.DefaultCompression) // the level is a known one
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.String()
	})
}

// embedded puts a key into the header.
func embedded(forged bool) func(*draft, *mathrand.Rand) {
	return func(d *draft, _ *mathrand.Rand) {
		k := d.world.keys[d.account]
		if forged {
			k = d.world.forger
			d.sign = signWith(k, d.alg)
		}
		d.header.set("jwk", jwk(k, d.alg, d.keyID()))
	}
}

// jwk writes a public key (RFC 7518, section 6).
func jwk(k keys, alg, id string) string {
	word := base64.RawURLEncoding.EncodeToString
	switch public := publicOf(k, alg).(type) {
	case *rsa.PublicKey:
		e := binary.BigEndian.AppendUint32(nil, uint32(public.E))
		return `{"kty":"RSA","kid":` + quote(id) + `,"e":"` + word(bytes.TrimLeft(e, "\x00")) + `","n":"` + word(public.N.Bytes()) + `"}`
	case *ecdsa.PublicKey:
		point, _ := public.Bytes() // a point that was generated is on its curve
		half := (len(point) - 1) / 2
		return `{"kty":"EC","crv":"P-384","kid":` + quote(id) + `,"x":"` + word(point[1:1+half]) + `","y":"` + word(point[1+half:]) + `"}`
	}
	return "{}"
}

func publicOf(k keys, alg string) any {
	if alg == "RS256" {
		return k.rsa.Public()
	}
	return k.ec.Public()
}

// certified puts a forger's certificate into the header, and has the forger sign.
func certified(d *draft, _ *mathrand.Rand) {
	k := d.world.forger.ec
	if d.alg == "RS256" {
		k = d.world.forger.rsa
	}
	d.sign = signWith(d.world.forger, d.alg)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "forger"},
		NotBefore: d.world.now.Add(-time.Hour), NotAfter: d.world.now.Add(time.Hour),
	}
	der, _ := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k) // a template of this form never fails
	d.header.set("x5c", `["`+base64.StdEncoding.EncodeToString(der)+`"]`)
}
