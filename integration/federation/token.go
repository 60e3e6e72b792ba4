package federation

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// token judges the token: its form, its signature and its claims.
func (r *report) token(keys []map[string]any) {
	if n := utf8.RuneCountInString(r.Token); n < 4 || n > 20000 {
		r.add(TokenSize, "it has %d characters", n)
	}
	parts := strings.Split(r.Token, ".")
	if len(parts) != 3 {
		r.add(TokenForm, "there are %d segments", len(parts))
		return
	}
	var header, claims map[string]any
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || !segment(parts[0], &header) || !segment(parts[1], &claims) {
		r.add(TokenForm, "a segment is not base64url of a JSON object, or the signature not base64url")
		return
	}
	r.signature(header, keys, parts[0]+"."+parts[1], signature)
	for _, name := range []string{"iss", "sub", "aud", "iat", "exp"} {
		if value := claims[name]; value == nil || value == "" {
			r.add(RequiredClaims, "there is no %s", name)
		}
	}
	if issuer, ok := claims["iss"]; ok && issuer != r.Issuer {
		r.add(TokenIssuer, "it is %q, not %q", issuer, r.Issuer)
	}
	r.times(claims)
	r.audience(claims)
}

func segment(text string, into *map[string]any) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	return decoder.Decode(into) == nil && !decoder.More()
}

// algorithms are those that AWS takes.
func algorithms() []string {
	return []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}
}

// signature finds the key by its kid and checks the signature with it.
func (r *report) signature(header map[string]any, keys []map[string]any, input string, signature []byte) {
	alg, _ := header["alg"].(string)
	if !slices.Contains(algorithms(), alg) {
		r.add(Algorithm, "it is %q", alg)
		return
	}
	id, _ := header["kid"].(string)
	i := slices.IndexFunc(keys, func(key map[string]any) bool { return id != "" && key["kid"] == id })
	if i < 0 {
		r.add(TokenKey, "%q is not in the key set", id)
		return
	}
	if err := verify(keys[i], alg, input, signature); err != nil {
		r.add(Signature, "%v", err)
	}
}

func (r *report) times(claims map[string]any) {
	seconds := map[string]int64{}
	for _, name := range []string{"iat", "exp"} {
		value, ok := claims[name]
		if !ok {
			continue
		}
		whole, err := strconv.ParseInt(fmt.Sprint(value), 10, 64)
		if _, number := value.(json.Number); !number || err != nil {
			r.add(Timestamps, "%s is %v", name, value)
			continue
		}
		seconds[name] = whole
	}
	now := r.Now()
	if at, ok := seconds["exp"]; ok && !now.Before(time.Unix(at, 0)) {
		r.add(Expired, "it ended %s ago", now.Sub(time.Unix(at, 0)))
	}
	if at, ok := seconds["iat"]; ok && time.Unix(at, 0).After(now.Add(5*time.Minute)) {
		r.add(FromTheFuture, "it was issued %s ahead of the clock", time.Unix(at, 0).Sub(now))
	}
}

// audience judges aud and azp; azp counts where there is one.
func (r *report) audience(claims map[string]any) {
	var audiences []any
	switch aud := claims["aud"].(type) {
	case nil:
		return
	case string:
		audiences = []any{aud}
	case []any:
		audiences = aud
	}
	party, present := claims["azp"]
	if !present && len(audiences) > 1 {
		r.add(AuthorizedParty, "there are %d audiences and no azp", len(audiences))
		return
	}
	if !present && len(audiences) == 1 {
		party = audiences[0]
	}
	if name, ok := party.(string); !ok || !slices.Contains(r.ClientIDs, name) {
		r.add(Audience, "%q is not one of %q", party, r.ClientIDs)
	}
}
