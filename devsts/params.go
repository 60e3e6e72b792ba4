package devsts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tokenParams are the checked parameters of one GetWebIdentityToken call.
type tokenParams struct {
	audiences []string
	algorithm string
	duration  time.Duration
	tags      map[string]string // nil when the call has none
}

// readTokenParams checks the parameters of GetWebIdentityToken. Parameters that
// AWS does not know are ignored, as there.
func readTokenParams(f form) (tokenParams, *apiError) {
	v := &violations{}
	p := tokenParams{
		audiences: v.audiences(f),
		algorithm: v.algorithm(f),
		duration:  time.Duration(v.seconds(f, minDuration, maxDuration, defaultDuration)) * time.Second,
	}
	tags, duplicate := v.tags(f)
	p.tags = tags
	if err := v.err(); err != nil {
		return tokenParams{}, err
	}
	if duplicate {
		return tokenParams{}, errValidation("Duplicate tag keys found.")
	}
	return p, nil
}

// violations collects broken constraints, which AWS reports all at once.
type violations struct{ list []string }

func (v *violations) add(value, at, constraint string) {
	v.list = append(v.list, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, at, constraint))
}

func (v *violations) text(value, at string, l limits) {
	for _, c := range l.broken(value) {
		v.add("'"+value+"'", at, c)
	}
}

func (v *violations) err() *apiError {
	switch len(v.list) {
	case 0:
		return nil
	case 1:
		return errValidation("1 validation error detected: " + v.list[0])
	}
	return errValidation(fmt.Sprintf("%d validation errors detected: %s", len(v.list), strings.Join(v.list, "; ")))
}

func (v *violations) audiences(f form) []string {
	list, found, bad := f.list("Audience")
	if bad != "" {
		v.add("'"+bad+"'", "audience", "Member must have an index that is a positive number")
	}
	if !found {
		v.add("null", "audience", "Member must not be null")
		return nil
	}
	all := "'[" + strings.Join(list, ", ") + "]'"
	if len(list) > maxAudiences {
		v.add(all, "audience", fmt.Sprintf("Member must have length less than or equal to %d", maxAudiences))
	}
	if len(list) < minAudiences {
		v.add(all, "audience", fmt.Sprintf("Member must have length greater than or equal to %d", minAudiences))
	}
	if slices.ContainsFunc(list, func(s string) bool { return len(audienceLimits().broken(s)) > 0 }) {
		v.add(all, "audience", fmt.Sprintf("Member must satisfy constraint: "+
			"[Member must have length less than or equal to %d, Member must have length greater than or equal to %d]",
			maxAudience, minAudience))
	}
	return list
}

func (v *violations) algorithm(f form) string {
	alg, ok := f.get("SigningAlgorithm")
	if !ok {
		v.add("null", "signingAlgorithm", "Member must not be null")
		return ""
	}
	if alg != RS256 && alg != ES384 {
		v.add("'"+alg+"'", "signingAlgorithm", "Member must satisfy enum value set: [RS256, ES384]")
	}
	return alg
}

// seconds reads DurationSeconds.
func (v *violations) seconds(f form, least, most, otherwise int64) int64 {
	text, ok := f.get("DurationSeconds")
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 32)
	switch {
	case err != nil:
		v.add("'"+text+"'", "durationSeconds", "Member must be a whole number")
	case n < least:
		v.add("'"+text+"'", "durationSeconds", fmt.Sprintf("Member must have value greater than or equal to %d", least))
	case n > most:
		v.add("'"+text+"'", "durationSeconds", fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
	return n
}

// tags reads Tags.member.N.Key and .Value; the second result says that a key
// stands there twice, which AWS reports apart from broken constraints.
func (v *violations) tags(f form) (map[string]string, bool) {
	members, bad := f.members("Tags")
	if bad != "" {
		v.add("'"+bad+"'", "tags", "Member must have an index that is a positive number")
	}
	if len(members) > maxTags {
		v.add(fmt.Sprintf("'[%d tags]'", len(members)), "tags",
			fmt.Sprintf("Member must have length less than or equal to %d", maxTags))
		return nil, false
	}
	var tags map[string]string
	duplicate := false
	for i, m := range members {
		at := fmt.Sprintf("tags.%d.member", i+1)
		key, hasKey := m["Key"]
		value, hasValue := m["Value"]
		if !hasKey {
			v.add("null", at+".key", "Member must not be null")
			continue
		}
		if !hasValue {
			v.add("null", at+".value", "Member must not be null")
			continue
		}
		v.text(key, at+".key", tagKeyLimits())
		v.text(value, at+".value", tagValueLimits())
		if tags == nil {
			tags = map[string]string{}
		}
		_, seen := tags[key]
		duplicate = duplicate || seen
		tags[key] = value
	}
	return tags, duplicate
}
