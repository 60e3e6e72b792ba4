package devsts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// awsNamespace is the claim that holds what is particular to AWS.
const awsNamespace = "https://sts.amazonaws.com/"

// tokenClaims builds the claims that a call by a role gets, shaped as those of
// a real token: aud is a string for one audience and an array for several, and
// what the role or the call does not have is left out.
// ends is when the session of the role ends.
func tokenClaims(issuer, region string, r *role, p tokenParams, now, ends time.Time) map[string]any {
	aws := map[string]any{
		"aws_account":          r.account.ID,
		"source_region":        region,
		"principal_id":         r.ARN,
		"original_session_exp": ends.UTC().Format(time.RFC3339),
	}
	for name, value := range r.Claims {
		aws[name] = value
	}
	if r.account.OrgID != "" {
		aws["org_id"] = r.account.OrgID
	}
	if len(r.account.OUPath) > 0 {
		aws["ou_path"] = anyList(r.account.OUPath)
	}
	if len(r.PrincipalTags) > 0 {
		aws["principal_tags"] = anyMap(r.PrincipalTags)
	}
	if len(p.tags) > 0 {
		aws["request_tags"] = anyMap(p.tags)
	}
	var aud any = anyList(p.audiences)
	if len(p.audiences) == 1 {
		aud = p.audiences[0]
	}
	return map[string]any{
		"iss": issuer, "sub": r.ARN, "aud": aud,
		"iat": now.Unix(), "exp": now.Unix() + int64(p.duration/time.Second),
		"jti":        newUUID(),
		awsNamespace: aws,
	}
}

// anyList and anyMap copy, and give the types that encoding/json would, so that
// a test may change a claim in place and type-assert what it finds.
func anyList(in []string) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}

func anyMap(in map[string]string) map[string]any {
	out := make(map[string]any, len(in))
	for k, v := range in {
		out[k] = v
	}
	return out
}

// header is a token's JOSE header, in AWS's order.
type header struct {
	Kid string `json:"kid"`
	Typ string `json:"typ"`
	Alg string `json:"alg"`
}

// goodHeader is the same as a map, with overrides; a nil override removes.
func goodHeader(key SigningKey, overrides map[string]any) map[string]any {
	out := map[string]any{"kid": key.KeyID, "typ": "JWT", "alg": key.Algorithm}
	maps.Copy(out, overrides)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// compactJSON writes JSON without the escapes for HTML, which AWS does not use.
func compactJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
