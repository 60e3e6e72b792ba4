package identity

import "strings"

// maxValue is the longest field value that Set writes, in bytes after encoding.
const maxValue = 4096

const upperHex = "0123456789ABCDEF"

// encode writes text so that it can stand in a field value and be read back:
// percent-encoded (RFC 3986, section 2.1) are the bytes that are not printable
// ASCII, "%" itself, the bytes of also, and spaces at either end, which the
// recipient would cut.
func encode(text, also string) string {
	if also == "" && isWhole(text) {
		return text
	}
	first := len(text) - len(strings.TrimLeft(text, " "))
	last := len(strings.TrimRight(text, " "))
	unsafe := 0
	for i := range len(text) {
		if i < first || i >= last || !isPlain(text[i], also) {
			unsafe++
		}
	}
	if unsafe == 0 {
		return text
	}
	var out strings.Builder
	out.Grow(len(text) + 2*unsafe)
	for i := range len(text) {
		c := text[i]
		if i < first || i >= last || !isPlain(c, also) {
			out.WriteByte('%')
			out.WriteByte(upperHex[c>>4])
			out.WriteByte(upperHex[c&15])
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

// encodeList joins the elements with commas. Splitting at commas and decoding
// each part gives the elements back, since a comma inside one is encoded, and
// so are the spaces round it that readers of lists cut (RFC 9110, section
// 5.6.1).
func encodeList(elements []string) string {
	encoded := make([]string, len(elements))
	for i, element := range elements {
		encoded[i] = encode(element, ",")
	}
	return strings.Join(encoded, ",")
}

// isWhole reports whether there is nothing to encode in text, as in most.
func isWhole(text string) bool {
	if text == "" {
		return true
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '%' {
			return false
		}
	}
	return text[0] != ' ' && text[len(text)-1] != ' '
}

func isPlain(c byte, also string) bool {
	return isPrintable(c) && c != '%' && strings.IndexByte(also, c) < 0
}

func isPrintable(c byte) bool { return ' ' <= c && c <= '~' }

// shown is text from outside as an error shows it.
func shown(text string) string {
	const most = 128
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
