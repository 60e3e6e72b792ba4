package devsts

import "testing"

func TestTrusts(t *testing.T) {
	p := OIDCProvider{URL: "https://gateway.example/issuer"}
	token := webToken{audience: "sts.amazonaws.com", subject: "spiffe://example/ns/prod/orders"}
	const aud, sub = "gateway.example/issuer:aud", "gateway.example/issuer:sub"
	type block = map[string]map[string][]string
	for name, tt := range map[string]struct {
		good, bad block
	}{
		"equal":                  {block{"StringEquals": {sub: {token.subject}}}, block{"StringEquals": {sub: {token.subject + "s"}}}},
		"equal by letters":       {block{"StringEquals": {aud: {"sts.amazonaws.com"}}}, block{"StringEquals": {aud: {"STS.amazonaws.com"}}}},
		"equal has no wildcards": {block{"StringLike": {sub: {"spiffe://*"}}}, block{"StringEquals": {sub: {"spiffe://*"}}}},
		"one of several values":  {block{"StringEquals": {aud: {"a", "sts.amazonaws.com"}}}, block{"StringEquals": {aud: {"a", "b"}}}},
		"every key":              {block{"StringEquals": {aud: {"sts.amazonaws.com"}, sub: {token.subject}}}, block{"StringEquals": {aud: {"sts.amazonaws.com"}, sub: {"x"}}}},
		"every operator":         {block{"StringEquals": {aud: {"sts.amazonaws.com"}}, "StringLike": {sub: {"*"}}}, block{"StringEquals": {aud: {"a"}}, "StringLike": {sub: {"*"}}}},
		"an unknown operator":    {block{"StringLike": {sub: {"*"}}}, block{"StringLikes": {sub: {"*"}}}},
		"an unknown key":         {block{"StringLike": {sub: {"*"}}}, block{"StringLike": {"gateway.example:sub": {"*"}}}},
		"no condition":           {block{"StringLike": {sub: {"*"}}}, nil},
	} {
		policy := func(b block) []TrustStatement { return []TrustStatement{{Provider: p.URL, Condition: b}} }
		if !trusts(policy(tt.good), p, token) || trusts(policy(tt.bad), p, token) {
			t.Errorf("%s: %v and %v", name, trusts(policy(tt.good), p, token), trusts(policy(tt.bad), p, token))
		}
		other := []TrustStatement{{Provider: "https://gateway.example", Condition: tt.good}}
		if trusts(other, p, token) || !trusts(append(other, policy(tt.good)...), p, token) {
			t.Errorf("%s: the provider is not looked at, or a second statement is not", name)
		}
	}
	if trusts(nil, p, token) {
		t.Error("no policy trusts")
	}
}

func TestLike(t *testing.T) {
	for _, tt := range []struct {
		text, pattern string
		want          bool
	}{
		{"", "", true}, {"a", "", false}, {"", "*", true}, {"", "?", false}, {"a", "?", true}, {"ab", "?", false},
		{"abc", "a*", true}, {"abc", "*c", true}, {"abc", "a*c", true}, {"abc", "a*b", false}, {"abcbd", "a*b?", true},
		{"aXbXc", "a*b*c", true}, {"aaa", "*a?a", true}, {"A", "a", false}, {"größe", "gr??e", true}, {"a/b:c", "a*c", true},
		{"a*c", "a*c", true}, {"abc", "abc**", true}, {"abc", "abcd", false},
	} {
		if got := like(tt.text, tt.pattern); got != tt.want {
			t.Errorf("%q like %q: %v", tt.text, tt.pattern, got)
		}
	}
}
