package verifier

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// Tokens with a good signature are told of once, those that are refused for
// their start included, and no others.
func TestSigned(t *testing.T) {
	with := func(name string, value any) string {
		c := goodClaims()
		c.top[name] = value
		return c.signedBy(aws())
	}
	for _, tt := range []struct {
		name, token string
		change      func(*Config)
		told        bool
	}{
		{"good", goodToken(), nil, true},
		{"good, and not remembered", goodToken(), func(c *Config) { c.CacheSize = -1 }, true},
		{"not yet valid", with("iat", epoch.Unix()+40), nil, true},
		{"not yet valid, forged", part(with("iat", epoch.Unix()+40), 2, func(string) string { return strings.Split(goodToken(), ".")[2] }), nil, false},
		{"forged", part(goodToken(), 2, func(string) string { return strings.Split(with("jti", "x"), ".")[2] }), nil, false},
		{"by another issuer's key", goodClaims().signedBy(stranger()), nil, false},
		{"ended", with("exp", epoch.Unix()-40), nil, false},
		{"for somebody else", with("aud", "x"), nil, false},
		{"of another account", goodToken(), func(c *Config) { c.Issuers[0].Accounts = []string{"999999999999"} }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodConfig(t)
			var told []*awstoken.Token
			c.Signed = func(token *awstoken.Token) { told = append(told, token) }
			if tt.change != nil {
				tt.change(&c)
			}
			v := mustNew(t, c)
			_, err := v.Verify(t.Context(), tt.token)
			if len(told) > 1 || (len(told) == 1) != tt.told {
				t.Errorf("told of %d tokens, want %v; %v", len(told), tt.told, err)
			}
			if len(told) == 1 && told[0].Issuer != testIssuer {
				t.Errorf("told of %+v", told[0])
			}
			told = nil
			v.Explain(t.Context(), tt.token, ExplainOptions{})
			if _, err := v.Verify(t.Context(), tt.token); err == nil && c.CacheSize >= 0 && len(told) > 0 {
				t.Error("told of a token that is remembered, or explained")
			}
		})
	}
}

// An issuer's Date is told with the times between which it was made.
func TestDated(t *testing.T) {
	const date = "Wed, 01 Jul 2026 12:00:00 GMT"
	made := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, date, age string
		want            time.Time
	}{
		{"a date", date, "", made},
		{"from a cache", date, "90", made.Add(90 * time.Second)},
		{"an age that is none", date, "-1", time.Time{}},
		{"an age beyond all", date, "4000000000", time.Time{}},
		{"no date", "", "", time.Time{}},
		{"a date that is none", "yesterday", "", time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t)
			answer := e.discovery
			e.set(&e.discovery, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Date"] = nil // which keeps net/http from setting one
				if tt.date != "" {
					w.Header().Set("Date", tt.date)
				}
				if tt.age != "" {
					w.Header().Set("Age", tt.age)
				}
				answer(w, r)
			})
			e.set(&e.jwks, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Date"] = nil
				w.WriteHeader(http.StatusServiceUnavailable)
			})
			clk := new(clock)
			var mu sync.Mutex
			var got []time.Time
			keys := remoteOf(t, e.issuer, RemoteConfig{Now: clk.now, Dated: func(issuer string, date, sent, received time.Time) {
				mu.Lock()
				defer mu.Unlock()
				if issuer != e.issuer || !sent.Equal(epoch) || !received.Equal(epoch) {
					t.Errorf("%s %v %v", issuer, sent, received)
				}
				got = append(got, date)
			}})
			wantUnavailable(t, keys, "EC384_0")
			mu.Lock()
			defer mu.Unlock()
			if tt.want.IsZero() && len(got) != 0 || !tt.want.IsZero() && (len(got) != 1 || !got[0].Equal(tt.want)) {
				t.Errorf("told %v, want %v", got, tt.want)
			}
		})
	}
}

// Nobody vouches for the clock of an issuer that only a template matches, and an
// error page may be anybody's.
func TestNotDated(t *testing.T) {
	for name, tt := range map[string]struct {
		status    int
		candidate bool
		told      bool
	}{"good": {200, false, true}, "an error": {404, false, false}, "a candidate": {200, true, false}} {
		e := newEndpoint(t)
		answer := e.discovery
		e.set(&e.discovery, func(w http.ResponseWriter, r *http.Request) {
			if tt.status != http.StatusOK {
				w.WriteHeader(tt.status)
				return
			}
			answer(w, r)
		})
		e.set(&e.jwks, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		told := make(chan string, 9)
		clk := new(clock)
		sets, err := NewRemoteKeySets(RemoteConfig{Now: clk.now, Dated: func(issuer string, _, _, _ time.Time) { told <- issuer }})
		if err != nil {
			t.Fatal(err)
		}
		at := location{e.issuer, ""}
		var set *remoteKeySet
		if tt.candidate {
			set, err = sets.candidate(t.Context(), at, new(ration))
		} else {
			set = sets.at(at)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.key(t.Context(), "EC384_0", nil); err == nil {
			t.Fatal("there are keys")
		}
		if err := sets.Close(); err != nil {
			t.Error(err)
		}
		if (len(told) > 0) != tt.told {
			t.Errorf("%s: told of %d dates, want %v", name, len(told), tt.told)
		}
	}
}
