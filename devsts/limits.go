package devsts

import (
	"fmt"
	"regexp"
	"unicode/utf8"
)

// The limits of GetWebIdentityToken, as its STS API reference page gives them.
const (
	minAudiences, maxAudiences = 1, 10
	minAudience, maxAudience   = 1, 1000
	minDuration, maxDuration   = 60, 3600
	defaultDuration            = 300
	maxTags                    = 50
)

// Algorithm names that GetWebIdentityToken takes.
const (
	RS256 = "RS256"
	ES384 = "ES384"
)

var (
	tagKeyPattern   = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`)
	tagValuePattern = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

// limits bounds a string: its length in characters and, if pattern is not nil,
// what it must match.
type limits struct {
	min, max int
	pattern  *regexp.Regexp
}

func audienceLimits() limits { return limits{min: minAudience, max: maxAudience} }
func tagKeyLimits() limits   { return limits{min: 1, max: 128, pattern: tagKeyPattern} }
func tagValueLimits() limits { return limits{min: 0, max: 256, pattern: tagValuePattern} }

// broken lists the constraints that value breaks, in the words of AWS.
func (l limits) broken(value string) []string {
	var out []string
	n := utf8.RuneCountInString(value)
	if n > l.max {
		out = append(out, fmt.Sprintf("Member must have length less than or equal to %d", l.max))
	}
	if n < l.min {
		out = append(out, fmt.Sprintf("Member must have length greater than or equal to %d", l.min))
	}
	if !utf8.ValidString(value) {
		out = append(out, "Member must be valid UTF-8")
	}
	if l.pattern != nil && !l.pattern.MatchString(value) {
		text := l.pattern.String()
		out = append(out, "Member must satisfy regular expression pattern: "+text[1:len(text)-1])
	}
	return out
}
