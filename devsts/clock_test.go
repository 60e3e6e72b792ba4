package devsts

import (
	"encoding/json"
	"testing"
	"time"
)

// TestClockOffset compares a call under an offset with the same call without
// one. The signature of each is of the true time.
func TestClockOffset(t *testing.T) {
	e := start(t, DefaultConfig())
	for _, offset := range []time.Duration{0, -10 * time.Minute, 48 * time.Hour, 0} {
		e.SetClockOffset(offset)
		if e.ClockOffset() != offset {
			t.Errorf("offset %v, want %v", e.ClockOffset(), offset)
		}
		then := testClock().Add(offset)
		a := e.call(t, orders, goodCall())
		wantToken(t, a)
		_, claims, ok := verified(t, a.Token)
		session := claims[awsNamespace].(map[string]any)["original_session_exp"]
		if !ok || number(t, claims["iat"]) != then.Unix() || number(t, claims["exp"]) != then.Unix()+300 ||
			session != then.Add(time.Hour).Format(time.RFC3339) {
			t.Errorf("%v: verified %v, claims %v", offset, ok, claims)
		}
		if want := then.Add(5 * time.Minute).Format("2006-01-02T15:04:05.000Z"); a.Expiry != want {
			t.Errorf("%v: Expiration %s, want %s", offset, a.Expiry, want)
		}
		good, err := e.GoodClaims("orders-lambda", "a")
		if err != nil || good["iat"] != then.Unix() {
			t.Errorf("%v: GoodClaims has iat %v, %v", offset, good["iat"], err)
		}
	}
	// A client whose own clock stands where the tokens' does is still refused.
	e.SetClockOffset(-20 * time.Minute)
	s := e.signer(orders)
	s.at = testClock().Add(-20 * time.Minute)
	wantCode(t, do(t, s.request(t, e.url, goodCall())), 403, "SignatureDoesNotMatch", "Signature expired")
}

func number(t *testing.T, v any) int64 {
	t.Helper()
	n, err := v.(json.Number).Int64()
	if err != nil {
		t.Fatal(err)
	}
	return n
}
