package stack

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	account = "111122223333"
	issuer  = "11112222-3333-4111-8111-111122223333"
)

func startSTS(t *testing.T) *STS {
	t.Helper()
	binaries := t.TempDir()
	if err := Build(t.Context(), binaries, "devsts"); err != nil {
		t.Fatal(err)
	}
	s, err := StartSTS(binaries, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// keys fetches the account's key set: its status and what it says.
func keys(t *testing.T, s *STS) (int, string) {
	t.Helper()
	response, err := http.Get(s.Issuers[account] + "/.well-known/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestManage drives a running devsts with each command.
func TestManage(t *testing.T) {
	s := startSTS(t)
	t.Run("faults", func(t *testing.T) {
		look := func(want int) {
			t.Helper()
			if status, _ := keys(t, s); status != want {
				t.Errorf("got %d, want %d", status, want)
			}
		}
		look(200)
		must(t, s.Fault(url.Values{"issuer": {account}, "document": {"keys"}, "kind": {"error"}, "status": {"500"}}))
		must(t, s.Fault(url.Values{"issuer": {"*"}, "kind": {"error"}, "for": {"1h"}}))
		look(500)
		must(t, s.ClearFaults(account))
		look(503)
		must(t, s.ClearFaults(""))
		look(200)
	})
	t.Run("fetches", func(t *testing.T) {
		must(t, s.ResetFetches())
		keys(t, s)
		keys(t, s)
		counts, err := s.Fetches()
		must(t, err)
		want := FetchCount{Keys: 2}
		if counts.Issuers[issuer] != want || counts.Total != want || counts.Unknown != (FetchCount{}) || len(counts.Issuers) != 3 {
			t.Errorf("got %+v", counts)
		}
		must(t, s.ResetFetches())
		if counts, err = s.Fetches(); err != nil || counts.Total != (FetchCount{}) {
			t.Errorf("after a reset: %+v %v", counts, err)
		}
	})
	t.Run("rotation", func(t *testing.T) {
		look := func(want ...string) {
			t.Helper()
			_, body := keys(t, s)
			if n := strings.Count(body, `"kid":"EC384_`); n != len(want) {
				t.Errorf("%d generations, want %v: %s", n, want, body)
			}
			for _, kid := range want {
				if !strings.Contains(body, `"`+kid+`"`) {
					t.Errorf("no %s in %s", kid, body)
				}
			}
		}
		look("EC384_0")
		must(t, s.RotateWithOverlap(account, time.Hour))
		must(t, s.Withdraw(account)) // takes neither what signs nor what will
		look("EC384_0", "EC384_1")
		must(t, s.Rotate(account, false))
		look("EC384_0", "EC384_1", "EC384_2")
		must(t, s.Withdraw(account))
		look("EC384_2")
		must(t, s.Rotate(account, true))
		look("EC384_3")
	})
	t.Run("clock", func(t *testing.T) {
		must(t, s.SetClock(-10*time.Minute))
		var clock struct{ Offset string }
		must(t, s.manage("reading the clock", http.MethodGet, "/clock", nil, &clock))
		if clock.Offset != "-10m0s" {
			t.Errorf("offset %s", clock.Offset)
		}
		must(t, s.SetClock(0))
	})
	t.Run("mistakes", func(t *testing.T) {
		for what, err := range map[string]error{
			`kind: "fire" is not one of`: s.Fault(url.Values{"issuer": {"*"}, "kind": {"fire"}}),
			`overlap: "0s" is not`:       s.RotateWithOverlap(account, 0),
			`rotating keys: 404`:         s.Rotate("nobody", false),
			`withdrawing keys: 404`:      s.Withdraw("nobody"),
			`clearing faults: 404`:       s.ClearFaults("nobody"),
		} {
			if err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("got %v, want %s", err, what)
			}
		}
	})
}

// TestStopDuringFaults: whoever waits for a fault does not keep devsts from
// ending, and is not answered.
func TestStopDuringFaults(t *testing.T) {
	for _, kind := range []string{"hang", "endless"} {
		s := startSTS(t)
		must(t, s.Fault(url.Values{"issuer": {account}, "kind": {kind}}))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		ended := make(chan error, 1)
		go func() {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Issuers[account]+"/.well-known/jwks.json", nil)
			if err != nil {
				ended <- err
				return
			}
			response, err := http.DefaultClient.Do(request)
			if err == nil {
				_, err = io.ReadAll(response.Body)
				_ = response.Body.Close()
			}
			ended <- err
		}()
		for arrived := false; !arrived; time.Sleep(time.Millisecond) {
			counts, err := s.Fetches()
			must(t, err)
			arrived = counts.Total.Keys > 0
		}
		begin := time.Now()
		if err := s.Stop(); err != nil || time.Since(begin) > 4*time.Second {
			t.Errorf("%s: it took %v to stop: %v", kind, time.Since(begin), err)
		}
		if err := <-ended; err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: the request ended with %v, want a cut connection", kind, err)
		}
	}
}
