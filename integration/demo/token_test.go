package main

import (
	"encoding/base64"
	"strings"
	"testing"
)

func tokenOf(payload string) string {
	return "aGVhZGVy." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2lnbmF0dXJl"
}

const goodPayload = `{"iss":"https://i.example","sub":"arn:aws:iam::111122223333:role/r","aud":"a","exp":1767225600,
	"https://sts.amazonaws.com/":{"aws_account":"111122223333","principal_tags":{"team":"reports","other":"kept"}}}`

// TestForge: one claim is another, and the header and the signature are not.
func TestForge(t *testing.T) {
	good := tokenOf(goodPayload)
	forged, err := forge(good, "team", "orders")
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(forged, "."), strings.Split(good, ".")
	if len(got) != 3 || got[0] != want[0] || got[1] == want[1] || got[2] != want[2] {
		t.Fatalf("got %s", forged)
	}
	before, err := readClaims(good)
	if err != nil {
		t.Fatal(err)
	}
	after, err := readClaims(forged)
	if err != nil {
		t.Fatal(err)
	}
	if before.AWS.PrincipalTags["team"] != "reports" || after.AWS.PrincipalTags["team"] != "orders" {
		t.Errorf("team was %q and is %q", before.AWS.PrincipalTags["team"], after.AWS.PrincipalTags["team"])
	}
	after.AWS.PrincipalTags["team"] = "reports"
	if strings.Join(before.lines(), "\n") != strings.Join(after.lines(), "\n") || after.AWS.PrincipalTags["other"] != "kept" {
		t.Errorf("got %+v, want %+v", after, before)
	}
	payload, err := payloadOf(forged)
	if err != nil || !strings.Contains(string(payload), `"exp":1767225600`) {
		t.Errorf("got %s %v", payload, err)
	}
}

func TestForgeNeedsTheTag(t *testing.T) {
	for _, token := range []string{
		tokenOf(goodPayload), tokenOf(`{}`), tokenOf(`[]`), tokenOf(`{"https://sts.amazonaws.com/":1}`), "a.b", "a.$.c",
	} {
		if forged, err := forge(token, "team", "reports"); err == nil {
			t.Errorf("%s became %s", token, forged)
		}
	}
}
