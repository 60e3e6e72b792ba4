package awstoken

import (
	"encoding/json"
	"strings"
	"testing"
)

// usual is the payload of a token of 1.5 kB: the good one with some tags more.
var usual = strings.NewReplacer(
	"\n", "", "  ", "", `"new_claim":{"n":7}`, `"source_identity":"jane.doe@example.com","identity_store_user_id":"11112222-3333-4444-5555-666677778888",`+
		`"identity_store_arn":"arn:aws:identitystore::123456789012:identitystore/d-abc1234567"`,
	`{"environment":"production"}`, `{"environment":"production","team":"orders","cost-center":"cc-4711-emea","owner":"payments@example.com"}`,
	`{"job-id":"job-2024-001"}`, `{"job-id":"job-2024-001","stage":"settlement"}`,
).Replace(good)

// The floor: encoding/json on the same payload, without a look at what it says.
func BenchmarkFloor(b *testing.B) {
	b.Run("unmarshal", func(b *testing.B) {
		payload := []byte(usual)
		b.ReportAllocs()
		for b.Loop() {
			var claims map[string]any
			if err := json.Unmarshal(payload, &claims); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecodeUsual(b *testing.B) {
	payload := []byte(usual)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(payload); err != nil {
			b.Fatal(err)
		}
	}
}
