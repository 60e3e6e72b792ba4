// Package specials makes signatures that are right or almost right: the form, a
// number or the padding is wrong in one place. Whoever verifies signatures must
// take the valid ones and refuse the others. They are made with the private key,
// round any signing input, so that nothing but the signature can be why a token
// is refused.
package specials

// Special is one signature.
type Special struct {
	// Name says in which place it is special.
	Name      string
	Signature []byte
	// Valid is whether it is the key's signature of the input by RFC 7518,
	// section 3.3 (RS256) or 3.4 (ES384).
	Valid bool
}

// joined is a new slice of the parts, in a row.
func joined(parts ...[]byte) []byte {
	var whole []byte
	for _, part := range parts {
		whole = append(whole, part...)
	}
	return whole
}
