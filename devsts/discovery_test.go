package devsts

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestDiscoveryDocument(t *testing.T) {
	e := start(t, DefaultConfig())
	issuer := e.url + "/11112222-3333-4111-8111-111122223333"
	want := `{"claims_supported":["sub","iss","aud","exp","iat","jti","https://sts.amazonaws.com/"],` +
		`"id_token_signing_alg_values_supported":["RS256","ES384"],"issuer":"` + issuer + `",` +
		`"jwks_uri":"` + issuer + `/.well-known/jwks.json","subject_types_supported":["public"]}` + "\n"
	if got := string(get(t, issuer+"/.well-known/openid-configuration")); got != want {
		t.Fatalf("got  %swant %s", got, want)
	}
}

func keySet(t *testing.T, issuer string) []map[string]any {
	t.Helper()
	var set map[string][]map[string]any
	raw := get(t, issuer+"/.well-known/jwks.json")
	if err := json.Unmarshal(raw, &set); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if len(set) != 1 {
		t.Fatalf("members beside keys: %s", raw)
	}
	return set["keys"]
}

// TestKeySet: the members of AWS's keys and no others; no alg in the RSA key.
func TestKeySet(t *testing.T) {
	e := start(t, DefaultConfig())
	keys := keySet(t, e.url+"/11112222-3333-4111-8111-111122223333")
	if len(keys) != 2 {
		t.Fatalf("%d keys", len(keys))
	}
	for i, want := range []string{"e kid kty n use", "alg crv kid kty use x y"} {
		if got := strings.Join(slices.Sorted(maps.Keys(keys[i])), " "); got != want {
			t.Errorf("key %d has %q, want %q", i, got, want)
		}
	}
	for name, want := range map[string]string{"e": "AQAB", "kid": "RSA_0", "kty": "RSA", "use": "sig"} {
		if keys[0][name] != want {
			t.Errorf("RSA %s is %v", name, keys[0][name])
		}
	}
	for name, want := range map[string]string{"alg": "ES384", "crv": "P-384", "kid": "EC384_0", "kty": "EC", "use": "sig"} {
		if keys[1][name] != want {
			t.Errorf("EC %s is %v", name, keys[1][name])
		}
	}
	if n := len(unb64(t, keys[0]["n"].(string))); n != 256 {
		t.Errorf("a modulus of %d bytes", n)
	}
	if x, y := len(unb64(t, keys[1]["x"].(string))), len(unb64(t, keys[1]["y"].(string))); x != 48 || y != 48 {
		t.Errorf("coordinates of %d and %d bytes", x, y)
	}
}

// TestSharedKeyIDs: two issuers have the same kids and different keys, so a
// token does not verify with the other issuer's key of the same name.
func TestSharedKeyIDs(t *testing.T) {
	e := start(t, DefaultConfig())
	ours := keySet(t, e.url+"/11112222-3333-4111-8111-111122223333")
	theirs := keySet(t, e.url+"/99998888-7777-4999-8999-999988887777")
	for i, material := range []string{"n", "x"} {
		if ours[i]["kid"] != theirs[i]["kid"] || ours[i][material] == theirs[i][material] {
			t.Errorf("key %d: kids %v and %v, or the same key", i, ours[i]["kid"], theirs[i]["kid"])
		}
	}
	claims, err := e.GoodClaims("orders-lambda", "a")
	if err != nil {
		t.Fatal(err)
	}
	for account, want := range map[string]bool{"111122223333": true, "999988887777": false} {
		token, err := e.Mint(account, nil, claims)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, ok := verified(t, token); ok != want {
			t.Errorf("signed by %s, said to be by 111122223333: verified %v", account, ok)
		}
	}
}

func TestFreshKeys(t *testing.T) {
	a, b := start(t, DefaultConfig()), start(t, DefaultConfig())
	const path = "/11112222-3333-4111-8111-111122223333"
	if keySet(t, a.url+path)[1]["x"] == keySet(t, b.url+path)[1]["x"] {
		t.Fatal("two servers have one key")
	}
}
