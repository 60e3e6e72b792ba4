package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

type lenientVerifier struct {
	name   string
	make   func(t *testing.T, w *world) witness
	change string
}

// lenient are verifiers that accept too much, each in one way, in the place of
// ours. Beside each stands a change by which it must be found out.
var lenient = []lenientVerifier{
	{"everything is good", func(*testing.T, *world) witness {
		return witness{"ours", func(context.Context, string) (reading, error) { return reading{}, nil }}
	}, "token: empty"},
	{"the clock is slow", func(t *testing.T, w *world) witness {
		return changed(t, w, func(c *verifier.Config) { c.Now = func() time.Time { return w.now.Add(-2 * time.Minute) } })
	}, "exp: a second ago"},
	{"there is leeway", func(t *testing.T, w *world) witness {
		return changed(t, w, func(c *verifier.Config) { c.Leeway = 30 * time.Second })
	}, "exp: a second ago"},
	{"a second audience", func(t *testing.T, w *world) witness {
		return changed(t, w, func(c *verifier.Config) { c.Audiences = append(c.Audiences, "other") })
	}, "aud: another"},
	{"a further issuer", func(t *testing.T, w *world) witness {
		return changed(t, w, func(c *verifier.Config) {
			c.Issuers = append(c.Issuers, verifier.Issuer{URL: w.issuers[stranger], Keys: c.Issuers[0].Keys})
		})
	}, "iss: of a stranger"},
	{"no account is pinned", func(t *testing.T, w *world) witness {
		return changed(t, w, func(c *verifier.Config) {
			for i := range c.Issuers {
				c.Issuers[i].Accounts = nil
			}
		})
	}, "sub and aws_account: of a strange account"},
	{"a longer lifetime", func(t *testing.T, w *world) witness {
		return changed(t, w, func(c *verifier.Config) { c.MaxLifetime = 24 * time.Hour })
	}, "exp: in two hours"},
	{"signatures do not count", func(t *testing.T, w *world) witness {
		ours := changed(t, w)
		return witness{"ours", func(ctx context.Context, token string) (reading, error) {
			read, err := ours.ask(ctx, token)
			if reasonOf(orNone(err)) == verifier.BadSignature {
				return read, nil
			}
			return read, err
		}}
	}, "signature: a bit flipped"},
	{"padding is dropped", func(t *testing.T, w *world) witness {
		return rewriting(t, w, func(token string) string { return strings.ReplaceAll(token, "=", "") })
	}, "signature segment: padded"},
	{"spaces are dropped", func(t *testing.T, w *world) witness { return rewriting(t, w, strings.TrimSpace) }, "token: a space before"},
}

func changed(t *testing.T, w *world, how ...func(*verifier.Config)) witness {
	t.Helper()
	ours, err := newOurs(w, how...)
	if err != nil {
		t.Fatal(err)
	}
	return ours
}

// rewriting is ours behind something that puts tokens right.
func rewriting(t *testing.T, w *world, how edit) witness {
	t.Helper()
	ours := changed(t, w)
	return witness{"ours", func(ctx context.Context, token string) (reading, error) { return ours.ask(ctx, how(token)) }}
}

func orNone(err error) error {
	if err == nil {
		return errors.New("none")
	}
	return err
}

// sample asks about good tokens and those of the changes by which the lenient
// verifiers are found out.
func sample(t *testing.T, w *world, ours witness, others []witness) *tally {
	t.Helper()
	trial, err := newTrial(w, ours, others, 1, 30000)
	if err != nil {
		t.Fatal(err)
	}
	trial.first = slices.DeleteFunc(alone(trial.all), func(o order) bool {
		return !slices.ContainsFunc(lenient, func(l lenientVerifier) bool { return l.change == o.mutations[0].name })
	})
	for range 40 {
		trial.first = append(trial.first, order{alg: "ES384"}, order{alg: "RS256"})
	}
	trial.tokens = len(trial.first)
	result, err := trial.run(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestLenientVerifiersAreNoticed(t *testing.T) {
	w, others := stage(t)
	strict := sample(t, w, changed(t, w), others)
	if len(strict.laxerBy) > 0 || strict.faultCounts[goodFails] > 0 {
		t.Fatalf("our verifier itself: laxer by %v, faults %v", strict.laxerBy, strict.faultCounts)
	}
	for _, l := range lenient {
		t.Run(l.name, func(t *testing.T) {
			result := sample(t, w, l.make(t, w), others)
			if result.laxerBy[l.change] == 0 {
				t.Errorf("%q did not show it; what did: %v", l.change, result.laxerBy)
			}
			if !slices.ContainsFunc(result.wrong(), func(s string) bool { return strings.HasPrefix(s, laxer) }) {
				t.Errorf("the run would pass: %q", result.wrong())
			}
		})
	}
}

func TestOtherFaultsAreNoticed(t *testing.T) {
	w, others := stage(t)
	ours := changed(t, w)
	for _, tt := range []struct {
		name string
		ask  func(context.Context, string) (reading, error)
		want string
	}{
		{"everything is refused", func(context.Context, string) (reading, error) {
			return reading{}, &verifier.Error{Reason: verifier.Overloaded}
		}, goodFails},
		{"another account is read", func(ctx context.Context, token string) (reading, error) {
			read, err := ours.ask(ctx, token)
			read.account = stranger
			return read, err
		}, misread},
		{"a new reason", func(ctx context.Context, token string) (reading, error) {
			if _, err := ours.ask(ctx, token); err != nil {
				return reading{}, errors.New("no reason of ours")
			}
			return ours.ask(ctx, token)
		}, notOnAList},
		{"a panic", func(context.Context, string) (reading, error) { panic("x") }, goodFails},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wrong := sample(t, w, witness{"ours", tt.ask}, others).wrong()
			if !slices.ContainsFunc(wrong, func(s string) bool { return strings.HasPrefix(s, tt.want) }) {
				t.Errorf("got %q, want %q", wrong, tt.want)
			}
		})
	}
}

func stage(t *testing.T) (*world, []witness) {
	t.Helper()
	w, err := newWorld(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	others, err := newOthers(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return w, others
}
