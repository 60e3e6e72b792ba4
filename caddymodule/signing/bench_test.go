package signing

import "testing"

// The baselines are the signatures alone.
func BenchmarkSign(b *testing.B) {
	payload := []byte(`{"iss":"https://gateway.example","sub":"spiffe://corp.example/aws/123456789012/production","aud":"https://orders.example","iat":1800000000,"exp":1800000060}`)
	for _, algorithm := range []Algorithm{ES256, RS256} {
		keys := gateway(b, newMemory(), newClock(), 0)
		sign(b, keys, algorithm)
		b.Run(string(algorithm), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := keys.Sign(b.Context(), algorithm, payload); err != nil {
					b.Fatal(err)
				}
			}
		})
		k := keys.current.Load().document.keys[0]
		b.Run(string(algorithm)+"/signature-alone", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := algorithm.sign(k.private, payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
