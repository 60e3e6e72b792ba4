package specials

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"slices"
)

// RSA makes specials of RS256: PKCS #1 v1.5 over SHA-256. The padding mutants are
// blocks that the private key signs as they are, as someone could who found a
// hole in how paddings are read. With a key whose public exponent is 3 there is
// one more, forged with no private key. RSA panics if the key is not one of two
// primes and 2048 bits or more.
func RSA(key *rsa.PrivateKey, signingInput []byte) []Special {
	if key.Size() < 2048/8 || len(key.Primes) != 2 {
		panic("making specials of RS256: the key is not one of two primes and 2048 bits or more")
	}
	s := rsaSigner{key, key.Size()}
	hash := sha256.Sum256(signingInput)
	specials := []Special{{"as it should be", s.sign(s.block(info(hash[:]))), true}}
	for _, m := range slices.Concat(s.paddings(hash[:]), s.garbage(hash[:])) {
		specials = append(specials, Special{m.name, s.sign(m.bytes), false})
	}
	for _, m := range slices.Concat(infos(hash[:]), lengths(hash[:]), hashes(signingInput, hash[:])) {
		specials = append(specials, Special{m.name, s.sign(s.block(m.bytes)), false})
	}
	specials = append(specials, s.numbers(hash[:])...)
	if key.E == 3 {
		specials = append(specials, Special{"forged by a cube root, garbage behind the hash", s.forge(hash[:]), false})
	}
	return specials
}

// mutant is a block that is not the right one, or the text of one, which is then
// padded rightly.
type mutant struct {
	name  string
	bytes []byte
}

type rsaSigner struct {
	key  *rsa.PrivateKey
	size int
}

// sign is RSA with nothing round it: the block to the private exponent. A block
// has to be below the modulus, so its first bit is zero.
func (s rsaSigner) sign(block []byte) []byte {
	m := new(big.Int).SetBytes(block)
	if len(block) != s.size || m.Cmp(s.key.N) >= 0 {
		panic("making specials of RS256: a block does not fit the key")
	}
	// By the two primes (RFC 8017, section 5.1.2), in a quarter of the time.
	p, q := s.key.Primes[0], s.key.Primes[1]
	result := s.power(m, q)
	h := new(big.Int).Sub(s.power(m, p), result)
	h.Mul(h, new(big.Int).ModInverse(q, p)).Mod(h, p)
	return result.Add(result, h.Mul(h, q)).FillBytes(make([]byte, s.size))
}

// power is m to the private exponent, modulo one of the primes.
func (s rsaSigner) power(m, prime *big.Int) *big.Int {
	order := new(big.Int).Sub(prime, big.NewInt(1))
	return new(big.Int).Exp(m, order.Mod(s.key.D, order), prime)
}

// block pads as RFC 8017, section 9.2 says: 00 01 ff … ff 00, then the text.
func (s rsaSigner) block(text []byte) []byte {
	return joined([]byte{0, 1}, ones(s.size-3-len(text)), []byte{0}, text)
}

func ones(n int) []byte { return bytes.Repeat([]byte{0xff}, n) }

// paddings has the right DigestInfo behind a wrong padding.
func (s rsaSigner) paddings(hash []byte) []mutant {
	good := s.block(info(hash))
	fill := s.size - 3 - len(info(hash)) // bytes of padding between 00 01 and 00
	at := func(place int, b byte) []byte {
		block := slices.Clone(good)
		block[place] = b
		return block
	}
	random := slices.Clone(good)
	if _, err := rand.Read(random[2 : 2+fill]); err != nil {
		panic(err)
	}
	for i := 2; i < 2+fill; i++ {
		random[i] |= 1 // no zero, which would end it
	}
	random[1] = 2
	zeros := slices.Clone(good)
	clear(zeros[1 : 2+fill])
	return []mutant{
		{"first byte 01", at(0, 1)},
		{"first byte 7f", at(0, 0x7f)},
		{"block type 0", at(1, 0)},
		{"block type 0 with a padding of zeros", zeros},
		{"block type 2", at(1, 2)},
		{"block type 2 with random padding", random},
		{"block type ff", at(1, 0xff)},
		{"first byte of the padding fe", at(2, 0xfe)},
		{"last byte of the padding fe", at(1+fill, 0xfe)},
		{"zero at the start of the padding", at(2, 0)},
		{"zero within the padding", at(2+fill/2, 0)},
		{"zero at the end of the padding", at(1+fill, 0)},
		{"no zero behind the padding", at(2+fill, 0xff)},
		{"one for the zero behind the padding", at(2+fill, 1)},
		{"no padding, all zero in front", joined(make([]byte, s.size-len(info(hash))), info(hash))},
	}
}

// garbage has a short padding and fills up elsewhere: behind, which is what lets
// signatures be forged where the exponent is 3, or in front.
func (s rsaSigner) garbage(hash []byte) (mutants []mutant) {
	text := info(hash)
	full := s.size - 3 - len(text)
	for _, short := range []struct {
		name string
		fill int
	}{
		{"no padding", 0}, {"1 byte of padding", 1}, {"7 bytes of padding", 7},
		{"8 bytes of padding", 8}, {"one byte of padding less", full - 1},
	} {
		head := joined([]byte{0, 1}, ones(short.fill), []byte{0})
		rest := s.size - len(head) - len(text)
		mutants = append(mutants,
			mutant{short.name + ", zeros behind the hash", joined(head, text, make([]byte, rest))},
			mutant{short.name + ", ones behind the hash", joined(head, text, ones(rest))},
			mutant{short.name + ", zeros before the DigestInfo", joined(head, make([]byte, rest), text)},
			mutant{short.name + ", garbage before the DigestInfo", joined(head, ones(rest), text)},
		)
	}
	return mutants
}

// numbers has the right block, and a signature that is no number of the key's
// size below the modulus, or another one.
func (s rsaSigner) numbers(hash []byte) []Special {
	good := s.sign(s.block(info(hash)))
	value, n, one := new(big.Int).SetBytes(good), s.key.N, big.NewInt(1)
	backwards := slices.Clone(good)
	slices.Reverse(backwards)
	pss, err := rsa.SignPSS(rand.Reader, s.key, crypto.SHA256, hash, nil)
	if err != nil {
		panic(err)
	}
	fixed := func(x *big.Int) []byte { return x.FillBytes(make([]byte, s.size)) }
	return []Special{
		// It takes one byte more where the sum does not fit the modulus's size.
		{"the modulus added", new(big.Int).Add(value, n).Bytes(), false},
		{"the modulus added, one byte longer", new(big.Int).Add(value, n).FillBytes(make([]byte, s.size+1)), false},
		{"the modulus less itself", fixed(new(big.Int).Sub(n, value)), false},
		{"0", fixed(new(big.Int)), false},
		{"1", fixed(one), false},
		{"n-1", fixed(new(big.Int).Sub(n, one)), false},
		{"n", fixed(n), false},
		{"n+1", fixed(new(big.Int).Add(n, one)), false},
		{"all ones", ones(s.size), false},
		{"the block itself, not signed", s.block(info(hash)), false},
		{"a zero before the signature", joined([]byte{0}, good), false},
		{"a zero behind the signature", joined(good, []byte{0}), false},
		{"itself behind", joined(good, good), false},
		{"the first byte missing", good[1:], false},
		{"the last byte missing", good[:s.size-1], false},
		{"no byte", nil, false},
		{"one byte", good[:1], false},
		{"last byte first", backwards, false},
		{"last bit turned", turned(good, s.size-1), false},
		{"PSS", pss, false},
	}
}

// forge makes a number whose third power begins as a block does, padded with 8
// bytes, and is garbage behind the hash (Bleichenbacher, Crypto 2006).
func (s rsaSigner) forge(hash []byte) []byte {
	head := joined([]byte{0, 1}, ones(8), []byte{0}, info(hash))
	least := new(big.Int).SetBytes(joined(head, make([]byte, s.size-len(head))))
	return cubeRootAbove(least).FillBytes(make([]byte, s.size))
}

// cubeRootAbove is the least number whose third power is not below x.
func cubeRootAbove(x *big.Int) *big.Int {
	low, high := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(x.BitLen()/3+1))
	for low.Cmp(high) < 0 {
		middle := new(big.Int).Add(low, high)
		middle.Rsh(middle, 1)
		if cube := new(big.Int).Exp(middle, big.NewInt(3), nil); cube.Cmp(x) < 0 {
			low.Add(middle, big.NewInt(1))
		} else {
			high = middle
		}
	}
	return low
}

// CubeKey makes a key of 2048 bits with the public exponent 3, which crypto/rsa
// does not make.
func CubeKey() *rsa.PrivateKey {
	p, q, one, e := cubePrime(), cubePrime(), big.NewInt(1), big.NewInt(3)
	order := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	return &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 3},
		D:         e.ModInverse(e, order), Primes: []*big.Int{p, q},
	}
}

// cubePrime makes a prime p of 1024 bits with 3 prime to p-1.
func cubePrime() *big.Int {
	for {
		p, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			panic(err)
		}
		if new(big.Int).Mod(p, big.NewInt(3)).Int64() == 2 {
			return p
		}
	}
}
