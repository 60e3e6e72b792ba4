package devsts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha512"
	"slices"
	"strings"
	"testing"
)

func TestMint(t *testing.T) {
	e := start(t, DefaultConfig())
	claims, err := e.GoodClaims("arn:aws:iam::111122223333:role/orders-lambda", "https://orders.example")
	if err != nil {
		t.Fatal(err)
	}
	mint := func(header map[string]any) (map[string]any, bool) {
		t.Helper()
		token, err := e.Mint(ordersAcc, header, claims)
		if err != nil {
			t.Fatal(err)
		}
		got, _, ok := verified(t, token)
		return got, ok
	}
	if got, ok := mint(nil); !ok || got["kid"] != "EC384_0" || got["alg"] != "ES384" || got["typ"] != "JWT" {
		t.Errorf("got %v %v", got, ok)
	}
	if got, ok := mint(map[string]any{"alg": "RS256"}); !ok || got["kid"] != "RSA_0" {
		t.Errorf("got %v %v", got, ok)
	}
	got, ok := mint(map[string]any{"typ": nil, "crit": []string{"b64"}})
	if _, has := got["typ"]; !ok || has || got["crit"] == nil {
		t.Errorf("got %v %v", got, ok)
	}
	if got, ok := mint(map[string]any{"kid": "RSA_7"}); ok || got["kid"] != "RSA_7" {
		t.Errorf("got %v %v", got, ok)
	}
	if _, err := e.Mint("000000000000", nil, claims); err == nil {
		t.Error("an unknown account must be an error")
	}
}

// TestGoodClaims: what GoodClaims gives is what a call gives.
func TestGoodClaims(t *testing.T) {
	e := start(t, DefaultConfig())
	_, called, _ := verified(t, e.call(t, orders, goodCall("Audience.member.2", "b")).Token)
	good, err := e.GoodClaims(orders, "https://orders.example", "b")
	if err != nil {
		t.Fatal(err)
	}
	good[awsNamespace].(map[string]any)["source_region"] = "eu-central-1"
	good["jti"] = called["jti"]
	raw, err := compactJSON(called)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, good, string(raw))

	// The map is the caller's: changing it must not reach the configuration.
	good[awsNamespace].(map[string]any)["principal_tags"].(map[string]any)["team"] = "other"
	again, err := e.GoodClaims("orders-lambda", "a")
	if err != nil || again[awsNamespace].(map[string]any)["principal_tags"].(map[string]any)["team"] != "orders" {
		t.Errorf("got %v %v", again, err)
	}
	for _, role := range []string{"nobody", "", "arn:aws:iam::111122223333:role/reports-batch"} {
		if _, err := e.GoodClaims(role, "a"); err == nil {
			t.Errorf("role %q must be an error", role)
		}
	}
	if _, err := e.GoodClaims(orders); err == nil {
		t.Error("no audience must be an error")
	}
}

// TestSignRaw: the bytes stay as they are, and every algorithm really signs.
func TestSignRaw(t *testing.T) {
	e := start(t, DefaultConfig())
	token, err := e.SignRaw(ordersAcc, "ES384", []byte(`{"no json`), []byte{0xff, 0})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	if string(unb64(t, parts[0])) != `{"no json` || string(unb64(t, parts[1])) != "\xff\x00" {
		t.Fatalf("got %s", token)
	}
	for _, alg := range []string{"RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES512"} {
		if _, err := e.SignRaw(ordersAcc, alg, []byte("{}"), []byte("{}")); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
	for _, alg := range []string{"", "none", "HS256", "RS257", "XX256"} {
		if _, err := e.SignRaw(ordersAcc, alg, []byte("{}"), []byte("{}")); err == nil {
			t.Errorf("%q must be an error", alg)
		}
	}
	key, err := e.SigningKey("11112222-3333-4111-8111-111122223333", RS256)
	if err != nil {
		t.Fatal(err)
	}
	token, err = e.SignRaw(ordersAcc, "RS512", []byte("{}"), []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	parts = strings.Split(token, ".")
	digest := sha512.Sum512([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(key.Signer.Public().(*rsa.PublicKey), crypto.SHA512, digest[:], unb64(t, parts[2])); err != nil {
		t.Error(err)
	}
}

func TestSigningKey(t *testing.T) {
	e := start(t, DefaultConfig())
	issuer, err := e.IssuerURL(ordersAcc)
	if err != nil || issuer != e.url+"/11112222-3333-4111-8111-111122223333" {
		t.Fatalf("%s %v", issuer, err)
	}
	key, err := e.SigningKey(issuer, ES384)
	if err != nil {
		t.Fatal(err)
	}
	published := keySet(t, issuer)[1]
	point := slices.Concat([]byte{4}, unb64(t, published["x"].(string)), unb64(t, published["y"].(string)))
	want, err := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), point)
	if err != nil {
		t.Fatal(err)
	}
	if key.KeyID != "EC384_0" || key.Algorithm != ES384 || !want.Equal(key.Signer.Public()) {
		t.Errorf("got %+v", key)
	}
	if err := e.Rotate(issuer, false); err != nil {
		t.Fatal(err)
	}
	if key, err := e.SigningKey(issuer, RS256); err != nil || key.KeyID != "RSA_1" {
		t.Errorf("%+v %v", key, err)
	}
	if _, err := e.SigningKey(issuer, "HS256"); err == nil {
		t.Error("HS256 must be an error")
	}
}

func TestBaseURL(t *testing.T) {
	s, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.IssuerURL(ordersAcc); err == nil {
		t.Error("no base URL must be an error")
	}
	if _, err := s.SigningKey("", ES384); err == nil {
		t.Error("an empty name must not find an account whose issuer is not known")
	}
	for base, ok := range map[string]bool{
		"http://127.0.0.1:8010": true, "https://sts.example/base": true,
		"http://127.0.0.1:8010/": false, "127.0.0.1:8010": false, "ftp://a": false, "http://": false,
		"http://a?b": false, "http://a#b": false, "http://u@a": false, "http://a b": false,
	} {
		if err := s.SetBaseURL(base); (err == nil) != ok {
			t.Errorf("%q: %v", base, err)
		}
	}
}
