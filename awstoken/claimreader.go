package awstoken

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// claimReader reads members of one object by type and keeps the first fault. Its
// texts are copies: those of the object share the memory of the whole payload,
// which a Token that is kept for an hour should not hold.
type claimReader struct {
	object map[string]any
	err    error
}

func (r *claimReader) fail(claim, problem string) {
	if r.err == nil {
		r.err = &ClaimError{claim, problem}
	}
}

func (r *claimReader) string(claim string) string {
	value, there := r.object[claim]
	if !there {
		return ""
	}
	s, ok := value.(string)
	if !ok {
		r.fail(claim, "it is "+kind(value)+", a string is wanted")
	}
	return strings.Clone(s)
}

func (r *claimReader) requiredString(claim string) string {
	if _, there := r.object[claim]; !there {
		r.fail(claim, "it is missing")
	}
	return r.string(claim)
}

// strings reads a string or an array of strings: AWS documents ou_path as the
// one and sends the other, and RFC 7519 allows both for aud.
func (r *claimReader) strings(claim string) []string {
	value, there := r.object[claim]
	if !there {
		return nil
	}
	switch v := value.(type) {
	case string:
		return []string{strings.Clone(v)}
	case []any:
		list := make([]string, 0, len(v))
		for _, element := range v {
			s, ok := element.(string)
			if !ok {
				r.fail(claim, "an element is "+kind(element)+", strings are wanted")
				return nil
			}
			list = append(list, strings.Clone(s))
		}
		return list
	}
	r.fail(claim, "it is "+kind(value)+", a string or an array of strings is wanted")
	return nil
}

func (r *claimReader) stringMap(claim string) map[string]string {
	value, there := r.object[claim]
	if !there {
		return nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		r.fail(claim, "it is "+kind(value)+", an object of strings is wanted")
		return nil
	}
	m := make(map[string]string, len(object))
	for key, element := range object {
		s, ok := element.(string)
		if !ok {
			r.fail(claim, "a value is "+kind(element)+", strings are wanted")
			return nil
		}
		m[strings.Clone(key)] = strings.Clone(s)
	}
	return m
}

func (r *claimReader) seconds(claim string) time.Time {
	value, there := r.object[claim]
	if !there {
		return time.Time{}
	}
	t, ok := Seconds(value)
	if !ok {
		r.fail(claim, "it is not a whole number of seconds since 1970, in digits alone, before the year 10000")
	}
	return t
}

func (r *claimReader) requiredSeconds(claim string) time.Time {
	if _, there := r.object[claim]; !there {
		r.fail(claim, "it is missing")
	}
	return r.seconds(claim)
}

func (r *claimReader) timestamp(claim string) time.Time {
	text := r.string(claim)
	if _, there := r.object[claim]; !there || r.err != nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || !rfc3339.MatchString(text) {
		r.fail(claim, "it is not an RFC 3339 timestamp")
	}
	return t
}

// rfc3339 is the form that time.Parse is laxer than: it takes a comma before
// the fraction and an hour of one digit (go.dev/issue/54580).
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// Seconds reads a value of [ParseObject] as a NumericDate in digits alone: no
// sign, fraction or exponent, no string, and before the year 10000.
func Seconds(value any) (time.Time, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseUint(number.String(), 10, 63)
	if err != nil || int64(seconds) > maxSeconds {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0).UTC(), true
}

func kind(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	}
	return "an object"
}
