package devsts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Signature Version 4, as "AWS Signature Version 4 for API requests" in the
// IAM User Guide describes it, by the Authorization header alone: presigned
// URLs and SigV4A are not supported.
const (
	sigAlgorithm = "AWS4-HMAC-SHA256"
	sigTime      = "20060102T150405Z"
	sigMaxSkew   = 15 * time.Minute
)

var regionPattern = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}$`)

// signature is a parsed Authorization header.
type signature struct {
	keyID, date, region, service string
	signedHeaders                []string
	value                        string
}

// scope is the credential scope, the second half of Credential.
func (s signature) scope() string {
	return s.date + "/" + s.region + "/" + s.service + "/aws4_request"
}

// parseAuthorization reads the Authorization header of a request.
func parseAuthorization(r *http.Request) (signature, *apiError) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return signature{}, newError(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	rest, ok := strings.CutPrefix(header, sigAlgorithm+" ")
	if !ok {
		return signature{}, errIncomplete("Authorization header requires the algorithm " + sigAlgorithm + ".")
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[name] == "" {
			return signature{}, errIncomplete("Authorization header requires '" + name + "' parameter.")
		}
	}
	cred := strings.Split(parts["Credential"], "/")
	if len(cred) != 5 || cred[4] != "aws4_request" {
		return signature{}, errIncomplete("Credential must have exactly 5 slash-delimited elements, " +
			"e.g. keyid/date/region/service/term.")
	}
	s := signature{
		keyID: cred[0], date: cred[1], region: cred[2], service: cred[3],
		signedHeaders: strings.Split(parts["SignedHeaders"], ";"),
		value:         parts["Signature"],
	}
	if !slices.Contains(s.signedHeaders, "host") {
		return signature{}, errIncomplete("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	return s, nil
}

func errIncomplete(message string) *apiError {
	return newError(http.StatusBadRequest, "IncompleteSignature", message)
}

func errSignature(message string) *apiError {
	return newError(http.StatusForbidden, "SignatureDoesNotMatch", message)
}

// verify checks the signature of a request with the caller's secret.
func (s signature) verify(r *http.Request, body []byte, secret, service string, now time.Time) *apiError {
	if s.service != service {
		return errSignature("Credential should be scoped to correct service: '" + service + "'.")
	}
	if !regionPattern.MatchString(s.region) {
		return errSignature("Credential should be scoped to a valid region, not '" + s.region + "'.")
	}
	stamp := r.Header.Get("X-Amz-Date")
	signed, err := time.Parse(sigTime, stamp)
	if err != nil {
		return errIncomplete("Date must be in ISO-8601 'basic format'. Got '" + stamp + "'.")
	}
	if stamp[:8] != s.date {
		return errSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
			s.date + "' != '" + stamp[:8] + "', from '" + stamp + "'.")
	}
	if now.Sub(signed) > sigMaxSkew {
		return errSignature(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 15 min.)",
			stamp, now.Add(-sigMaxSkew).UTC().Format(sigTime), now.UTC().Format(sigTime)))
	}
	if signed.Sub(now) > sigMaxSkew {
		return errSignature(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 15 min.)",
			stamp, now.Add(sigMaxSkew).UTC().Format(sigTime), now.UTC().Format(sigTime)))
	}
	want := s.compute(canonicalRequest(r, s.signedHeaders, body), stamp, secret)
	if !hmac.Equal([]byte(want), []byte(s.value)) {
		return errSignature("The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// compute derives the signing key and signs the canonical request.
func (s signature) compute(canonical, stamp, secret string) string {
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, "aws4_request"} {
		key = hmacSHA256(key, part)
	}
	sum := sha256.Sum256([]byte(canonical))
	toSign := sigAlgorithm + "\n" + stamp + "\n" + s.scope() + "\n" + hex.EncodeToString(sum[:])
	return hex.EncodeToString(hmacSHA256(key, toSign))
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func canonicalRequest(r *http.Request, signedHeaders []string, body []byte) string {
	var headers strings.Builder
	for _, name := range signedHeaders {
		headers.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	hash := sha256.Sum256(body)
	return strings.Join([]string{
		r.Method,
		r.URL.EscapedPath(), // always "/": the route says so
		canonicalQuery(r.URL.Query()),
		headers.String(),
		strings.Join(signedHeaders, ";"),
		hex.EncodeToString(hash[:]),
	}, "\n")
}

// headerValue gives a header as it is signed: trimmed, runs of spaces folded,
// several fields joined. net/http keeps two of them outside of its map.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

func canonicalQuery(q url.Values) string {
	return strings.ReplaceAll(q.Encode(), "+", "%20")
}
