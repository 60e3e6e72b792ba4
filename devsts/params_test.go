package devsts

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func audiences(n int, each string) url.Values {
	v := goodCall("Audience.member.1", "-")
	for i := 1; i <= n; i++ {
		v.Set(fmt.Sprintf("Audience.member.%d", i), fmt.Sprintf("%s%d", each, i))
	}
	return v
}

func tagged(pairs ...string) url.Values {
	v := goodCall()
	for i := 0; i < len(pairs); i += 2 {
		v.Set(fmt.Sprintf("Tags.member.%d.Key", i/2+1), pairs[i])
		v.Set(fmt.Sprintf("Tags.member.%d.Value", i/2+1), pairs[i+1])
	}
	return v
}

func manyTags(n int) url.Values {
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprintf("k%d", i), "v")
	}
	return tagged(pairs...)
}

// TestLimits has each limit beside the nearest call that keeps it.
func TestLimits(t *testing.T) {
	e := start(t, DefaultConfig())
	long := func(n int, s string) string { return strings.Repeat(s, n) }
	cases := []struct {
		name      string
		good, bad url.Values
		text      string
	}{
		{"no audience", goodCall(), goodCall("Audience.member.1", "-"),
			"1 validation error detected: Value null at 'audience' failed to satisfy constraint: Member must not be null"},
		{"an empty list of audiences", goodCall(), goodCall("Audience.member.1", "-", "Audience", ""),
			"Value '[]' at 'audience' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"11 audiences", audiences(10, "a"), audiences(11, "a"),
			"at 'audience' failed to satisfy constraint: Member must have length less than or equal to 10"},
		{"an empty audience", goodCall("Audience.member.1", "a"), goodCall("Audience.member.1", ""),
			"Value '[]' at 'audience' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1000"},
		{"an audience of 1001", goodCall("Audience.member.1", long(1000, "a")), goodCall("Audience.member.1", long(1001, "a")),
			"Member must have length less than or equal to 1000"},
		{"an audience of 1001 characters of two bytes", goodCall("Audience.member.1", long(1000, "ä")), goodCall("Audience.member.1", long(1001, "ä")),
			"Member must have length less than or equal to 1000"},
		{"an audience that is not UTF-8", goodCall("Audience.member.1", "a\u00ff"), goodCall("Audience.member.1", "a\xff"), "at 'audience'"},
		{"an index of 0", goodCall("Audience.member.2", "b"), goodCall("Audience.member.0", "b"), "'Audience.member.0' at 'audience'"},
		{"an index with a leading zero", goodCall("Audience.member.2", "b"), goodCall("Audience.member.02", "b"), "'Audience.member.02' at 'audience'"},
		{"no algorithm", goodCall(), goodCall("SigningAlgorithm", "-"), "Value null at 'signingAlgorithm'"},
		{"another algorithm", goodCall("SigningAlgorithm", "RS256"), goodCall("SigningAlgorithm", "RS512"),
			"Value 'RS512' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RS256, ES384]"},
		{"an algorithm in lower case", goodCall("SigningAlgorithm", "ES384"), goodCall("SigningAlgorithm", "es384"), "'es384' at 'signingAlgorithm'"},
		{"59 seconds", goodCall("DurationSeconds", "60"), goodCall("DurationSeconds", "59"),
			"Value '59' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60"},
		{"3601 seconds", goodCall("DurationSeconds", "3600"), goodCall("DurationSeconds", "3601"),
			"Value '3601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 3600"},
		{"a duration in words", goodCall("DurationSeconds", "300"), goodCall("DurationSeconds", "5m"), "'5m' at 'durationSeconds'"},
		{"an empty tag key", tagged("k", "v"), tagged("", "v"), "at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a tag key of 129", tagged(long(128, "k"), "v"), tagged(long(129, "k"), "v"), "at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128"},
		{"a tag key of 129 letters of two bytes", tagged(long(128, "ж"), "v"), tagged(long(129, "ж"), "v"), "less than or equal to 128"},
		{"a tag value of 257", tagged("k", long(256, "v")), tagged("k", long(257, "v")), "at 'tags.1.member.value' failed to satisfy constraint: Member must have length less than or equal to 256"},
		{"a character in a tag key", tagged("a_.:/=+-@ \u2028ж9", "v"), tagged("a,b", "v"),
			`Value 'a,b' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`},
		{"a control character in a tag value", tagged("k", ""), tagged("k", "a\nb"),
			`Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`},
		{"a tag without a value", tagged("k", ""), goodCall("Tags.member.1.Key", "k"), "Value null at 'tags.1.member.value'"},
		{"a tag without a key", tagged("k", "v"), goodCall("Tags.member.1.Value", "v"), "Value null at 'tags.1.member.key'"},
		{"51 tags", manyTags(50), manyTags(51), "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50"},
		{"a tag key twice", tagged("k", "v", "K", "w"), tagged("k", "v", "k", "w"), "Duplicate tag keys found."},
		{"two faults", goodCall(), goodCall("SigningAlgorithm", "none", "DurationSeconds", "1"), "2 validation errors detected: "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			wantToken(t, e.call(t, orders, c.good))
			a := e.call(t, orders, c.bad)
			wantCode(t, a, 400, "ValidationError", c.text)
			if a.Type != "Sender" || a.Token != "" {
				t.Fatalf("got %s", a.raw)
			}
		})
	}
}

func TestParameterTwice(t *testing.T) {
	e := start(t, DefaultConfig())
	params := goodCall()
	params.Add("SigningAlgorithm", "ES384")
	wantCode(t, e.call(t, orders, params), 400, "ValidationError", "SigningAlgorithm stands in the request more than once")
	wantToken(t, e.call(t, orders, goodCall("SomethingNew", "ignored, as at AWS")))
}

// TestListOrder: the numbers give the order, not the text of the parameters.
func TestListOrder(t *testing.T) {
	e := start(t, DefaultConfig())
	_, claims, _ := verified(t, e.call(t, orders, audiences(10, "a")).Token)
	got := fmt.Sprint(claims["aud"])
	if got != "[a1 a2 a3 a4 a5 a6 a7 a8 a9 a10]" {
		t.Fatalf("got %s", got)
	}
}

func TestPayloadSize(t *testing.T) {
	e := start(t, DefaultConfig())
	var pairs []string
	for i := range 50 {
		pairs = append(pairs, fmt.Sprintf("key%d", i), strings.Repeat("v", 256))
	}
	wantToken(t, e.call(t, orders, tagged(pairs[:60]...)))
	wantCode(t, e.call(t, orders, tagged(pairs...)), 400, "JWTPayloadSizeExceededException", "payload size")

	small := DefaultConfig()
	small.MaxPayloadBytes = 300
	wantCode(t, start(t, small).call(t, orders, goodCall()), 400, "JWTPayloadSizeExceededException", "payload size")
}

// TestLargestTokenFitsAHeader holds the reason that DefaultMaxPayloadBytes gives.
func TestLargestTokenFitsAHeader(t *testing.T) {
	g, err := newGeneration(0, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := signCompact(g, RS256, []byte(`{"kid":"RSA_0","typ":"JWT","alg":"RS256"}`), make([]byte, DefaultMaxPayloadBytes))
	if err != nil || len(token) >= 16*1024 {
		t.Fatalf("%d bytes, %v", len(token), err)
	}
}
