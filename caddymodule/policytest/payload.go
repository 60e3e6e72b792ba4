package policytest

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

const (
	defaultID       = "5488e298-0a47-4c5b-80d7-6b4ab8a4cede"
	defaultLifetime = 5 * time.Minute // as STS has it
)

// payload returns the claims of a token: what a file and its case say, and the
// defaults of what they do not.
func payload(claims map[string]any, now time.Time) map[string]any {
	p := withoutNulls(claims)
	for _, name := range timeClaims {
		if text, ok := p[name].(string); ok {
			if t, err := parseTime(text, now); err == nil { // it was read with the file
				p[name] = seconds(t)
			}
		}
	}
	missing := func(name string) bool { _, there := claims[name]; return !there }
	if missing("iat") {
		p["iat"] = seconds(now)
	}
	if missing("exp") {
		issued, ok := awstoken.Seconds(p["iat"])
		if !ok {
			issued = now
		}
		p["exp"] = seconds(issued.Add(defaultLifetime))
	}
	if missing("jti") {
		p["jti"] = defaultID
	}
	addAWS(p, claims, now)
	return p
}

func addAWS(p, claims map[string]any, now time.Time) {
	given, there := claims[awstoken.Namespace]
	object, isObject := p[awstoken.Namespace].(map[string]any)
	if there && !isObject {
		return
	}
	if text, ok := object["original_session_exp"].(string); ok {
		if after, err := time.ParseDuration(text); err == nil {
			object["original_session_exp"] = now.Add(after).UTC().Format(time.RFC3339)
		}
	}
	subject, _ := p["sub"].(string)
	principal, err := awstoken.ParsePrincipal(subject)
	if err != nil {
		return
	}
	if !isObject {
		object = make(map[string]any, 2)
		p[awstoken.Namespace] = object
	}
	said, _ := given.(map[string]any)
	for name, value := range map[string]string{"aws_account": principal.AccountID, "principal_id": subject} {
		if _, there := said[name]; !there {
			object[name] = value
		}
	}
}

func seconds(t time.Time) json.Number { return json.Number(strconv.FormatInt(t.Unix(), 10)) }

// parseTime reads an RFC 3339 time, or a duration from now.
func parseTime(text string, now time.Time) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		after, err := time.ParseDuration(text)
		if err != nil {
			return time.Time{}, errors.New("it is neither a number, nor a time such as 2026-04-21T08:00:00Z, nor a duration from now such as -10m or +5m")
		}
		if after%time.Second != 0 {
			return time.Time{}, errors.New("it is not whole seconds")
		}
		return now.Add(after), nil
	}
	if t.Nanosecond() != 0 {
		return time.Time{}, errors.New("it is not whole seconds")
	}
	return t, nil
}

// timeProblem says what is wrong with the value of a time claim.
func timeProblem(value any) string {
	switch v := value.(type) {
	case nil, json.Number:
		return ""
	case string:
		if _, err := parseTime(v, time.Time{}); err != nil {
			return err.Error()
		}
		return ""
	}
	return "it is neither a number, nor a time, nor a duration"
}
