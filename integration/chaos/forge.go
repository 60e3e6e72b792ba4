package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// generationOf reads the number of the key that signed a token of devsts out of
// its kid, such as EC384_3.
func generationOf(raw string) (int, error) {
	head, err := part(raw, 0)
	if err != nil {
		return 0, err
	}
	kid, _ := head["kid"].(string)
	_, number, _ := strings.Cut(kid, "_")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0, fmt.Errorf("reading a token: kid %q has no number", kid)
	}
	return n, nil
}

// part decodes the header or the payload.
func part(raw string, n int) (map[string]any, error) {
	segments := strings.Split(raw, ".")
	if len(segments) != 3 {
		return nil, fmt.Errorf("reading a token: %d segments", len(segments))
	}
	text, err := base64.RawURLEncoding.DecodeString(segments[n])
	if err != nil {
		return nil, fmt.Errorf("reading a token: %w", err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, fmt.Errorf("reading a token: %w", err)
	}
	return object, nil
}

// change changes a part, and leaves the signature, which then fits no more.
func change(raw string, n int, how func(map[string]any)) (string, error) {
	object, err := part(raw, n)
	if err != nil {
		return "", err
	}
	how(object)
	text, err := json.Marshal(object)
	if err != nil {
		return "", fmt.Errorf("changing a token: %w", err)
	}
	segments := strings.Split(raw, ".")
	segments[n] = base64.RawURLEncoding.EncodeToString(text)
	return strings.Join(segments, "."), nil
}

// forge makes a bad token of a good one.
func forge(s spoil, raw, base string) (string, error) {
	switch s {
	case unknownKid:
		return change(raw, 0, func(head map[string]any) { head["kid"] = fmt.Sprint(head["kid"], "999") })
	case invented:
		return change(raw, 1, func(claims map[string]any) { claims["iss"] = base + "/" + newUUID() })
	default:
		return change(raw, 1, func(claims map[string]any) { claims["jti"] = newUUID() })
	}
}

// newUUID returns one that no account has.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
