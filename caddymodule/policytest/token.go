package policytest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// The lengths of signatures, in bytes: RFC 7518, sections 3.3 (a key of 2048
// bits, as AWS has it) and 3.4.
const (
	sizeRS256 = 256
	sizeES384 = 96
)

func defaultHeader() map[string]any {
	return map[string]any{"alg": "ES384", "kid": "EC384_0", "typ": "JWT"}
}

// token returns a token in compact form. Its signature has the right length, and
// nobody made it.
func token(header, claims map[string]any, now time.Time) (string, error) {
	header = withoutNulls(merge(defaultHeader(), header))
	head, err := segment(header)
	if err != nil {
		return "", fmt.Errorf("encoding the header: %w", err)
	}
	body, err := segment(payload(claims, now))
	if err != nil {
		return "", fmt.Errorf("encoding the claims: %w", err)
	}
	size := sizeES384
	if header["alg"] == "RS256" {
		size = sizeRS256
	}
	signature := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{1}, size))
	return head + "." + body + "." + signature, nil
}

func segment(object map[string]any) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(bytes.TrimRight(text.Bytes(), "\n")), nil
}
