package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Token is a token for one audience, kept until it is about to end. It may be
// used by several goroutines.
type Token struct {
	STS      *sts.Client
	Audience string
	Lifetime time.Duration // 60 s to an hour
	Margin   time.Duration // how long before its end it is renewed

	mu      sync.Mutex // one goroutine renews, the others wait for it
	value   string
	expires time.Time
}

// Get returns a token; another one than that which the gateway refused, which may
// be "".
func (t *Token) Get(ctx context.Context, refused string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := time.Until(t.expires)
	fits := t.value != "" && t.value != refused
	if fits && left >= t.Margin {
		return t.value, nil
	}
	answer, err := t.STS.GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{
		Audience: []string{t.Audience}, SigningAlgorithm: aws.String("ES384"),
		DurationSeconds: aws.Int32(int32(t.Lifetime / time.Second)),
	})
	if err != nil {
		if fits && left > 0 {
			return t.value, nil // STS may be back before the old one ends
		}
		return "", fmt.Errorf("getting a token: %w", err)
	}
	t.value, t.expires = aws.ToString(answer.WebIdentityToken), aws.ToTime(answer.Expiration)
	return t.value, nil
}
