package organization

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

func ignore(Result) error { return nil }

// TestSurveyIsBounded: as many as may be are asked at once, and no more.
func TestSurveyIsBounded(t *testing.T) {
	f := newFake(20)
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{})
	f.before = func(context.Context, string) {
		mu.Lock()
		if now++; now > most {
			if most = now; most == 4 {
				close(full)
			}
		}
		mu.Unlock()
		<-full // nobody goes on before four were there at once
		mu.Lock()
		now--
		mu.Unlock()
	}
	s := Survey{AWS: f, Parallel: 4, Done: ignore}
	results, err := s.Run(t.Context(), f.directory.Accounts)
	if err != nil || most != 4 || len(results) != 20 {
		t.Errorf("%v: %d at once, %d results", err, most, len(results))
	}
	for n, each := range results {
		if each.ID != id(n+1) || each.Issuer != issuer(id(n+1)) {
			t.Errorf("%d: %+v", n, each)
		}
	}
}

// TestSurveyEndsWithTheCaller: when the caller's credentials have ended nobody
// else is asked; a role that may not be assumed is a fault of its account alone.
func TestSurveyEndsWithTheCaller(t *testing.T) {
	f := newFake(20)
	f.answers[id(3)] = &CallError{Call: callAssume, Code: "ExpiredToken", Caller: true}
	s := Survey{AWS: f, Parallel: 1, Done: ignore}
	results, err := s.Run(t.Context(), f.directory.Accounts)
	var fault *CallError
	if !errors.As(err, &fault) || fault.Code != "ExpiredToken" || len(results) > 5 || len(f.asked) > 5 {
		t.Errorf("%v, %d results, asked %v", err, len(results), f.asked)
	}
	f = newFake(20)
	f.answers[id(3)] = &CallError{Call: callAssume, Code: "AccessDenied"}
	s.AWS = f
	if results, err = s.Run(t.Context(), f.directory.Accounts); err != nil || len(results) != 20 || results[2].Fault == nil {
		t.Errorf("the control: %v, %d results", err, len(results))
	}
}

// TestSurveyInterrupted keeps what was found, and calls nothing a fault that
// failed since the survey ended.
func TestSurveyInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFake(20)
	f.before = func(ctx context.Context, account string) {
		if account == id(5) {
			cancel()
		}
		if account >= id(5) {
			<-ctx.Done()
		}
	}
	var noted []string
	s := Survey{AWS: f, Parallel: 2, Done: func(r Result) error { noted = append(noted, r.ID); return nil }}
	results, err := s.Run(ctx, f.directory.Accounts)
	slices.Sort(noted)
	if !errors.Is(err, context.Canceled) || len(results) != 4 || !slices.Equal(noted, []string{id(1), id(2), id(3), id(4)}) {
		t.Errorf("%v, %+v, noted %v", err, results, noted)
	}
}

// TestSurveyThatCannotBeNoted ends.
func TestSurveyThatCannotBeNoted(t *testing.T) {
	f, full := newFake(20), errors.New("no space left")
	s := Survey{AWS: f, Parallel: 1, Done: func(Result) error { return full }}
	if _, err := s.Run(t.Context(), f.directory.Accounts); !errors.Is(err, full) || len(f.asked) > 3 {
		t.Errorf("%v, asked %v", err, f.asked)
	}
}

func TestSurveyResults(t *testing.T) {
	f := newFake(4)
	f.answers[id(2)] = ErrDisabled
	f.answers[id(3)] = errors.New("odd")
	s := Survey{AWS: f, Parallel: 8, Known: map[string]string{id(1): "https://known.example"}, Done: ignore}
	results, err := s.Run(t.Context(), f.directory.Accounts)
	must(t, err)
	if r := results[0]; !r.Known || r.Issuer != "https://known.example" || slices.Contains(f.asked, id(1)) {
		t.Errorf("%+v", r)
	}
	if r := results[1]; !r.Disabled || r.Issuer != "" || r.Fault != nil {
		t.Errorf("%+v", r)
	}
	if r := results[2]; r.Fault == nil || r.Fault.Code != codeUnreachable {
		t.Errorf("%+v", r)
	}
}

// badIssuer answers with what no gateway takes.
type badIssuer struct {
	AWS
	url string
}

func (b badIssuer) Issuer(context.Context, string) (string, error) { return b.url, nil }

func TestBadIssuer(t *testing.T) {
	for _, url := range []string{"", "http://issuer.example", "https://*.example", "https://a.example?x", "issuer"} {
		s := Survey{AWS: badIssuer{url: url}, Parallel: 1, Done: ignore}
		results, err := s.Run(t.Context(), accounts(1))
		if err != nil || results[0].Issuer != "" || results[0].Fault == nil || results[0].Fault.Code != codeBadIssuer {
			t.Errorf("%q: %v, %+v", url, err, results)
		}
	}
	s := Survey{AWS: badIssuer{url: "https://a.example"}, Parallel: 1, Done: ignore}
	if results, err := s.Run(t.Context(), accounts(1)); err != nil || results[0].Issuer != "https://a.example" {
		t.Errorf("the control: %v, %+v", err, results)
	}
}
