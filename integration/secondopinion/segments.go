package main

import (
	"encoding/base64"
	"slices"
	"strings"
)

// segmentMutations change how the segments are written: before they are signed,
// so that the signature fits what is there, and behind the signature's back.
func segmentMutations() []mutation {
	all := slices.Concat(
		signedSegment("header", func(d *draft) *[]edit { return &d.headerSegment }, func(d *draft) *[]edit { return &d.headerText }),
		signedSegment("payload", func(d *draft) *[]edit { return &d.payloadSegment }, func(d *draft) *[]edit { return &d.payloadText }),
	)
	all = append(all,
		spareBits(0, "header", func(d *draft) *[]edit { return &d.headerText }),
		spareBits(1, "payload", func(d *draft) *[]edit { return &d.payloadText }))
	for n, name := range []string{"header", "payload", "signature"} {
		all = append(all, edits(name+" segment", "token "+name+"-segment", func(d *draft) *[]edit { return &d.token }, spoilt(n)...)...)
	}
	return append(all, edits("signature segment", "token signature-segment", func(d *draft) *[]edit { return &d.token },
		textVariant{label: "in the other alphabet", change: part(2, otherAlphabet)},
		textVariant{label: "bits that are not used", change: part(2, unusedBits), alg: "RS256"},
		textVariant{label: "padded", change: part(2, behind("==")), alg: "RS256"},
	)...)
}

// signedSegment spells a segment in another way and signs it so. What has to be
// in the text for that is put there first.
func signedSegment(name string, segment, text func(*draft) *[]edit) []mutation {
	var all []mutation
	for _, v := range []struct {
		label     string
		text, how edit
	}{
		{"padded", length(1), behind("==")},
		{"padded where nothing is to be padded", length(0), behind("=")},
		{"bits that are not used", length(1), unusedBits},
		{"in the other alphabet", inside(`"?":"?????"`), otherAlphabet},
		{"a line end inside", length(0), func(s string) string { return s[:10] + "\n" + s[10:] }},
		{"CR LF behind", length(0), behind("\r\n")},
		{"a space inside", length(0), func(s string) string { return s[:10] + " " + s[10:] }},
		{"a space before", length(0), before(" ")},
		{"a tab behind", length(0), behind("\t")},
		{"a lone character behind", length(0), behind("A")},
	} {
		on := name + "-segment " + name + "-text signature"
		all = append(all, edits(name+" segment, signed so", on, text, textVariant{label: v.label, change: v.text})...)
		last := &all[len(all)-1]
		first := last.change
		last.change = joined(first, segment, v.how)
	}
	return all
}

// spareBits are what base64 drops at the end of a segment that was signed without.
func spareBits(n int, name string, text func(*draft) *[]edit) mutation {
	added := edits(name+" segment", "token "+name+"-segment "+name+"-text", text,
		textVariant{label: "bits that are not used", change: length(1)})[0]
	added.change = joined(added.change, func(d *draft) *[]edit { return &d.token }, part(n, unusedBits))
	return added
}

// part makes an edit of one segment of a token.
func part(n int, how edit) edit {
	return func(token string) string {
		parts := strings.Split(token, ".")
		if n < len(parts) {
			parts[n] = how(parts[n])
		}
		return strings.Join(parts, ".")
	}
}

// spoilt are changes to a segment that was signed as it was before.
func spoilt(n int) []textVariant {
	in := func(label string, how edit) textVariant { return textVariant{label: label, change: part(n, how)} }
	return []textVariant{
		in("empty", instead("")), in("a character less", func(s string) string { return s[:max(len(s)-1, 0)] }),
		in("a line end inside", func(s string) string { return s[:len(s)/2] + "\n" + s[len(s)/2:] }),
		in("CR LF behind", behind("\r\n")), in("a space inside", func(s string) string { return s[:len(s)/2] + " " + s[len(s)/2:] }),
		in("a tab before", before("\t")), in("a no-break space behind", behind("\u00a0")), in("a zero width space behind", behind("\u200b")),
		in("a NUL behind", behind("\x00")), in("four equals signs behind", behind("====")), in("a byte over 127 inside", func(s string) string { return s[:len(s)/2] + "\xff" + s[len(s)/2:] }),
		in("four characters more", behind("AAAA")), in("twice", func(s string) string { return s + s }), in("percent-encoded", percentEncoded),
	}
}

// length makes an edit that adds a member by which a JSON text has so many bytes
// over a multiple of three: base64 then ends with or without bits to spare.
func length(over int) edit {
	return func(s string) string {
		for fill := ""; ; fill += "x" {
			if longer := inside(`"x":"` + fill + `"`)(s); len(longer)%3 == over {
				return longer
			}
		}
	}
}

// percentEncoded writes a segment's first character as a URL may.
func percentEncoded(s string) string {
	if s == "" {
		return s
	}
	return "%" + hexOf(s[0]) + s[1:]
}

func otherAlphabet(s string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(s) }

// unusedBits sets one of the bits behind the last byte.
func unusedBits(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if len(s)%4 == 0 {
		return s
	}
	last := strings.IndexByte(alphabet, s[len(s)-1])
	if last < 0 {
		return s
	}
	return s[:len(s)-1] + string(alphabet[last|1])
}

// text reads a segment.
func text(segment string) string {
	t, _ := base64.RawURLEncoding.DecodeString(segment) // what is no base64url reads as its beginning
	return string(t)
}
