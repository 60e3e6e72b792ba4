package specials

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"slices"
)

// Tags and lengths of DER, and the object identifiers of hashes.
var (
	null   = []byte{0x05, 0x00}
	sha1ID = []byte{0x2b, 0x0e, 0x03, 0x02, 0x1a}
)

// sha2ID is 2.16.840.1.101.3.4.2 with the hash's own number.
func sha2ID(number byte) []byte {
	return []byte{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number}
}

// der is one value of DER, shorter than 128 bytes.
func der(tag byte, parts ...[]byte) []byte {
	value := joined(parts...)
	if len(value) > 127 {
		panic("making specials of RS256: a value is too long")
	}
	return joined([]byte{tag, byte(len(value))}, value)
}

func sequence(parts ...[]byte) []byte { return der(0x30, parts...) }
func oid(id []byte) []byte            { return der(0x06, id) }
func octets(value []byte) []byte      { return der(0x04, value) }

// info is the DigestInfo of a SHA-256 (RFC 8017, section 9.2, note 1).
func info(hash []byte) []byte { return infoOf(sha2ID(1), hash) }

func infoOf(id, hash []byte) []byte {
	return sequence(sequence(oid(id), null), octets(hash))
}

// infos has the right hash in a DigestInfo that is not the right one.
func infos(hash []byte) []mutant {
	algorithm := sequence(oid(sha2ID(1)), null)
	hidden := []byte("garbage that nobody looks at")
	return []mutant{
		{"no DigestInfo round the hash", hash},
		{"OCTET STRING alone", octets(hash)},
		{"no AlgorithmIdentifier", sequence(octets(hash))},
		{"NULL missing", sequence(sequence(oid(sha2ID(1))), octets(hash))},
		{"NULL missing, the lengths as with it", joined([]byte{0x30, 0x31, 0x30, 0x0d}, oid(sha2ID(1)), octets(hash))},
		{"NULL twice", sequence(sequence(oid(sha2ID(1)), null, null), octets(hash))},
		{"NULL with a value", sequence(sequence(oid(sha2ID(1)), der(0x05, hidden)), octets(hash))},
		{"OCTET STRING for NULL", sequence(sequence(oid(sha2ID(1)), octets(hidden)), octets(hash))},
		{"false for NULL", sequence(sequence(oid(sha2ID(1)), der(0x01, []byte{0})), octets(hash))},
		{"SHA-1's OID", infoOf(sha1ID, hash)},
		{"SHA-384's OID", infoOf(sha2ID(2), hash)},
		{"SHA-512's OID", infoOf(sha2ID(3), hash)},
		{"SHA-512/256's OID", infoOf(sha2ID(6), hash)},
		{"SHA3-256's OID", infoOf(sha2ID(8), hash)},
		{"RSA-with-SHA-256's OID", infoOf([]byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b}, hash)},
		{"OID with a byte more", infoOf(append(sha2ID(1), 1), hash)},
		{"OID empty", infoOf(nil, hash)},
		{"no OID", sequence(sequence(null), octets(hash))},
		{"BIT STRING for OCTET STRING", sequence(algorithm, der(0x03, []byte{0}, hash))},
		{"composed OCTET STRING", sequence(algorithm, der(0x24, octets(hash[:16]), octets(hash[16:])))},
		{"SET for SEQUENCE", der(0x31, algorithm, octets(hash))},
		{"hash before AlgorithmIdentifier", sequence(octets(hash), algorithm)},
		{"an element more, within", sequence(algorithm, octets(hash), octets(hidden))},
		{"an element more, behind", joined(info(hash), octets(hidden))},
		{"a zero behind the DigestInfo", joined(info(hash), []byte{0})},
		{"end of contents behind", joined(info(hash), []byte{0, 0})},
		{"twice", joined(info(hash), info(hash))},
		{"wrapped once more", sequence(info(hash))},
	}
}

// lengths has the right values with lengths that BER allows and DER does not, or
// that are not right.
func lengths(hash []byte) []mutant {
	id, digest := oid(sha2ID(1)), octets(hash)
	algorithm := sequence(id, null)
	long := func(encoded []byte) []byte { return joined(encoded[:1], []byte{0x81}, encoded[1:]) }
	longer := func(encoded []byte) []byte { return joined(encoded[:1], []byte{0x82, 0}, encoded[1:]) }
	endless := func(encoded []byte) []byte { return joined(encoded[:1], []byte{0x80}, encoded[2:], []byte{0, 0}) }
	off := func(encoded []byte, by int) []byte {
		wrong := slices.Clone(encoded)
		wrong[1] += byte(by)
		return wrong
	}
	var mutants []mutant
	for _, change := range []struct {
		name string
		make func(encoded []byte) []byte
	}{
		{"in a byte more", long}, {"in two bytes more", longer}, {"indefinite", endless},
		{"too great by 1", func(encoded []byte) []byte { return off(encoded, 1) }},
		{"too small by 1", func(encoded []byte) []byte { return off(encoded, -1) }},
	} {
		c := change.make
		mutants = append(mutants,
			mutant{"DigestInfo's length " + change.name, c(info(hash))},
			mutant{"AlgorithmIdentifier's length " + change.name, sequence(c(algorithm), digest)},
			mutant{"OID's length " + change.name, sequence(sequence(c(id), null), digest)},
			mutant{"NULL's length " + change.name, sequence(sequence(id, c(null)), digest)},
			mutant{"hash's length " + change.name, sequence(algorithm, c(digest))},
		)
	}
	return mutants
}

// hashes has a right form round what is not the input's SHA-256.
func hashes(signingInput, hash []byte) []mutant {
	first, short := sha1.Sum(signingInput), sha256.Sum224(signingInput)
	middle, long := sha512.Sum384(signingInput), sha512.Sum512(signingInput)
	truncated := sha512.Sum512_256(signingInput)
	other := sha256.Sum256(joined(signingInput, []byte{0}))
	backwards := slices.Clone(hash)
	slices.Reverse(backwards)
	return []mutant{
		{"of the input's SHA-1", infoOf(sha1ID, first[:])},
		{"of the input's SHA-224", infoOf(sha2ID(4), short[:])},
		{"of the input's SHA-384", infoOf(sha2ID(2), middle[:])},
		{"of the input's SHA-512", infoOf(sha2ID(3), long[:])},
		{"of the input's SHA-512/256", infoOf(sha2ID(6), truncated[:])},
		{"of the input's SHA-512, cut", info(long[:32])},
		{"of another input", info(other[:])},
		{"hash of zeros", info(make([]byte, 32))},
		{"hash empty", info(nil)},
		{"no hash", sequence(sequence(oid(sha2ID(1)), null))},
		{"hash without its last byte", info(hash[:31])},
		{"hash without its first byte", info(hash[1:])},
		{"hash with a byte more", info(joined(hash, []byte{0}))},
		{"hash with a byte in front", info(joined([]byte{0}, hash))},
		{"hash shifted by a byte", info(joined(hash[1:], hash[:1]))},
		{"hash backwards", info(backwards)},
		{"last bit of the hash turned", info(turned(hash, 31))},
		{"the input itself", info(signingInput[:min(32, len(signingInput))])},
	}
}
