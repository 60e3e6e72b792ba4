package console

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// pastedLifetime is how long a token of pasted claims lasts that says nothing of
// its end: as AWS STS has it.
const pastedLifetime = 5 * time.Minute

// IsToken reports whether a pasted text is meant to be a token and not claims. What
// the AWS CLI prints is JSON as well.
func IsToken(text string) bool {
	return !strings.HasPrefix(strings.TrimSpace(text), "{") || strings.Contains(text, `"WebIdentityToken"`)
}

// ReadClaims makes a token of a JSON payload that somebody has pasted, and says
// what it has filled in: a policy needs a token, and whoever tries a rule will not
// write each claim. Nobody has signed it.
func ReadClaims(text string, now time.Time) (t *awstoken.Token, filled []string, err error) {
	object, err := awstoken.ParseObject([]byte(strings.TrimSpace(text)))
	if err != nil {
		return nil, nil, err
	}
	add := func(object map[string]any, name string, value any) {
		if _, there := object[name]; !there {
			object[name] = value
			filled = append(filled, name)
		}
	}
	aws, isObject := object[awstoken.Namespace].(map[string]any)
	if _, there := object[awstoken.Namespace]; !there {
		aws, isObject = make(map[string]any), true
		object[awstoken.Namespace] = aws
	}
	if account, ok := aws["aws_account"].(string); ok && awstoken.IsAccountID(account) {
		add(object, "sub", "arn:aws:iam::"+account+":role/pasted")
	}
	if subject, ok := object["sub"].(string); ok && isObject {
		if principal, err := awstoken.ParsePrincipal(subject); err == nil {
			add(aws, "aws_account", principal.AccountID)
		}
	}
	add(object, "iss", "https://pasted.invalid")
	add(object, "aud", "pasted")
	add(object, "iat", number(now))
	begin := now
	if issued, ok := awstoken.Seconds(object["iat"]); ok {
		begin = issued
	}
	add(object, "exp", number(begin.Add(pastedLifetime)))
	if t, err = awstoken.DecodeObject(object); err != nil {
		return nil, nil, fmt.Errorf("reading the claims: %w", err)
	}
	return t, filled, nil
}

func number(t time.Time) json.Number { return json.Number(strconv.FormatInt(t.Unix(), 10)) }
