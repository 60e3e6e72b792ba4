package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// namespace holds the claims that are AWS's own.
const namespace = "https://sts.amazonaws.com/"

// claims are those of a token that the demonstration is about.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	AWS      struct {
		Account       string            `json:"aws_account"`
		PrincipalTags map[string]string `json:"principal_tags"`
	} `json:"https://sts.amazonaws.com/"`
}

// readClaims decodes a token's payload. It verifies nothing.
func readClaims(token string) (claims, error) {
	var c claims
	payload, err := payloadOf(token)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return c, fmt.Errorf("reading token: %w", err)
	}
	return c, nil
}

func payloadOf(token string) ([]byte, error) {
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		return nil, fmt.Errorf("reading token: %d segments", len(segments))
	}
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil {
		return nil, fmt.Errorf("reading token: %w", err)
	}
	return payload, nil
}

// forge changes a principal tag in a token's payload. The signature stays, and
// no longer fits.
func forge(token, tag, value string) (string, error) {
	payload, err := payloadOf(token)
	if err != nil {
		return "", err
	}
	var all map[string]any
	if err := json.Unmarshal(payload, &all); err != nil {
		return "", fmt.Errorf("forging token: %w", err)
	}
	own, _ := all[namespace].(map[string]any)
	tags, _ := own["principal_tags"].(map[string]any)
	if tags[tag] == nil || tags[tag] == value {
		return "", errors.New("forging token: it has no tag " + tag + " to change")
	}
	tags[tag] = value
	if payload, err = json.Marshal(all); err != nil {
		return "", fmt.Errorf("forging token: %w", err)
	}
	segments := strings.Split(token, ".")
	segments[1] = base64.RawURLEncoding.EncodeToString(payload)
	return strings.Join(segments, "."), nil
}

// lines are the claims in the order in which a person asks for them.
func (c claims) lines() []string {
	return []string{
		"sub                  " + c.Subject,
		"aws_account          " + c.AWS.Account,
		"iss                  " + c.Issuer,
		"aud                  " + c.Audience,
		"principal_tags.team  " + c.AWS.PrincipalTags["team"],
	}
}
