package console

import (
	"slices"
	"testing"
	"time"
)

func TestReadClaims(t *testing.T) {
	const whole = `{"iss":"https://i.example","sub":"arn:aws:iam::111122223333:role/a","aud":"x","iat":1,"exp":2,
		"https://sts.amazonaws.com/":{"aws_account":"111122223333","principal_tags":{"team":"orders"}}}`
	for text, want := range map[string][]string{
		whole: nil,
		`{"sub":"arn:aws:iam::111122223333:role/a"}`:                            {"aws_account", "iss", "aud", "iat", "exp"},
		` {"https://sts.amazonaws.com/":{"aws_account":"111122223333"}}` + "\n": {"sub", "iss", "aud", "iat", "exp"},
	} {
		token, filled, err := ReadClaims(text, instant)
		if err != nil || !slices.Equal(filled, want) || token.AccountID != "111122223333" {
			t.Errorf("%s: error %v, filled in %v, want %v", text, err, filled, want)
			continue
		}
		if want != nil && (!token.IssuedAt.Equal(instant) || token.Expiry.Sub(instant) != 5*time.Minute) {
			t.Errorf("%s: from %v to %v", text, token.IssuedAt, token.Expiry)
		}
	}
	for _, text := range []string{`{}`, `{"sub":1}`, `{"sub":"x"}`, `{`, `{"sub":"arn:aws:iam::111122223333:role/a","sub":"x"}`, `{"https://sts.amazonaws.com/":1}`} {
		if _, _, err := ReadClaims(text, instant); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
	if IsToken(" {}") || !IsToken("eyJ.e30.x") {
		t.Error("claims and tokens are mistaken for each other")
	}
}
