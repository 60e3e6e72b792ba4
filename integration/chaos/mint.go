package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack"
)

// token is one that devsts has signed.
type token struct {
	from       *issuer
	team       string
	generation int // of the key that signed it
	raw        string
	until      time.Time
}

// mint gets tokens from devsts, as a program on AWS does.
type mint struct {
	sts *stack.STS

	mu      sync.Mutex
	clients map[string]*sts.Client // by role
}

// get asks for a token of a role.
func (m *mint) get(ctx context.Context, i *issuer, team, algorithm, audience string) (token, error) {
	out, err := m.client(i, team).GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{
		Audience: []string{audience}, SigningAlgorithm: aws.String(algorithm), DurationSeconds: aws.Int32(tokenSeconds),
	})
	if err != nil {
		return token{}, fmt.Errorf("getting a token of %s: %w", i.name, err)
	}
	raw := aws.ToString(out.WebIdentityToken)
	generation, err := generationOf(raw)
	if err != nil {
		return token{}, err
	}
	return token{i, team, generation, raw, time.Now().Add(tokenSeconds * time.Second)}, nil
}

// expired asks for a token as if the clock of devsts stood in the past. Nobody
// else may use the mint meanwhile.
func (m *mint) expired(ctx context.Context, i *issuer, team, algorithm string) (token, error) {
	if err := m.sts.SetClock(-2 * tokenSeconds * time.Second); err != nil {
		return token{}, err
	}
	t, err := m.get(ctx, i, team, algorithm, audience)
	if back := m.sts.SetClock(0); back != nil {
		return token{}, back
	}
	return t, err
}

func (m *mint) client(i *issuer, team string) *sts.Client {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, secret := i.accessKey(team)
	if m.clients == nil {
		m.clients = make(map[string]*sts.Client)
	}
	if m.clients[id] == nil {
		m.clients[id] = sts.New(sts.Options{
			BaseEndpoint: aws.String(m.sts.BaseURL), Region: "eu-central-1", HTTPClient: http.DefaultClient,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
			}),
		})
	}
	return m.clients[id]
}

var algorithms = []string{"ES384", "RS256"}

// stock fills the wallet: with a token of each role and algorithm, and for each
// issuer with one that is made out to somebody else and one that has expired.
func (m *mint) stock(ctx context.Context, w *wallet, issuers []*issuer) error {
	for _, i := range issuers {
		for _, team := range teams {
			for _, algorithm := range algorithms {
				if err := m.into(ctx, w, i, team, algorithm); err != nil {
					return err
				}
			}
		}
		if err := m.spoilt(ctx, w, i); err != nil {
			return err
		}
	}
	return nil
}

func (m *mint) into(ctx context.Context, w *wallet, i *issuer, team, algorithm string) error {
	t, err := m.get(ctx, i, team, algorithm, audience)
	if err == nil {
		w.put(t, algorithm)
	}
	return err
}

func (m *mint) spoilt(ctx context.Context, w *wallet, i *issuer) error {
	team, algorithm := anyOf(teams), anyOf(algorithms)
	other, err := m.get(ctx, i, team, algorithm, "another.internal")
	if err != nil {
		return err
	}
	old, err := m.expired(ctx, i, team, algorithm)
	if err != nil {
		return err
	}
	w.putSpoilt(wrongAudience, other)
	w.putSpoilt(expired, old)
	return nil
}

// restock renews what is in the wallet, one after the other, until ctx ends. While
// devsts is frozen it waits.
func (m *mint) restock(ctx context.Context, w *wallet, issuers []*issuer, failed func(error)) {
	for n := 0; ctx.Err() == nil; n++ {
		i := issuers[n%len(issuers)]
		for _, team := range teams {
			err := m.into(ctx, w, i, team, anyOf(algorithms))
			if err == nil && n%3 == 0 {
				err = m.spoilt(ctx, w, i)
			}
			if err != nil && ctx.Err() == nil {
				failed(err)
			}
			sleep(ctx, 150*time.Millisecond)
		}
	}
}

// sleep waits, and reports whether ctx lasts.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	return ctx.Err() == nil
}

// anyOf picks one. Who sends what is not part of a plan, and differs from run to
// run.
func anyOf[T any](from []T) T { return from[rand.IntN(len(from))] }
