package organization

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	f, o := newFake(3), options(t)
	r, err := Run(t.Context(), f, o)
	must(t, err)
	if r.Outcome != Written || !r.Complete || r.Issuers != 3 || len(r.Added) != 3 {
		t.Errorf("got %+v", r)
	}
	if got, want := read(t, o.Output), encoded(t, entry(id(1)), entry(id(2)), entry(id(3))); got != want {
		t.Errorf("got %s", got)
	}
	if read(t, o.State) != "" {
		t.Error("the state file is still there")
	}
	if r, err = Run(t.Context(), f, o); err != nil || r.Outcome != Unchanged || len(r.Added)+len(r.Changed)+len(r.Removed) != 0 {
		t.Errorf("again: %v, %+v", err, r)
	}
}

// TestLeftOut: what is left out keeps the file from being written, unless that is
// allowed.
func TestLeftOut(t *testing.T) {
	denied := &CallError{Call: callAssume, Code: "AccessDenied"}
	for _, tt := range []struct {
		name    string
		answer  error
		missing Missing
		outcome Outcome
		allowed bool
	}{
		{"none", nil, MissingNone, Written, true},
		{"disabled", ErrDisabled, MissingNone, NotWritten, false},
		{"disabled, allowed", ErrDisabled, MissingDisabled, Written, true},
		{"disabled, all allowed", ErrDisabled, MissingAll, Written, true},
		{"failed", denied, MissingNone, NotWritten, false},
		{"failed, the disabled allowed", denied, MissingDisabled, NotWritten, false},
		{"failed, all allowed", denied, MissingAll, Written, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, o := newFake(3), options(t)
			old := encoded(t, entry(id(1)))
			write(t, o.Output, old)
			f.answers[id(2)], o.Missing = tt.answer, tt.missing
			r, err := Run(t.Context(), f, o)
			if err != nil || r.Outcome != tt.outcome || r.Allowed(tt.missing) != tt.allowed {
				t.Fatalf("%v, %+v", err, r)
			}
			if same := read(t, o.Output) == old; same != (tt.outcome == NotWritten) {
				t.Errorf("the file: %s", read(t, o.Output))
			}
			if kept := read(t, o.State) != ""; kept != (tt.outcome == NotWritten) {
				t.Errorf("the state file is there: %v", kept)
			}
		})
	}
}

func TestOthers(t *testing.T) {
	stranger := entry(id(9))
	for others, want := range map[Others]string{
		OthersUnsaid: encoded(t, stranger), OthersKeep: encoded(t, stranger, entry(id(1))), OthersRemove: encoded(t, entry(id(1))),
	} {
		o := options(t)
		write(t, o.Output, encoded(t, stranger))
		o.Others = others
		r, err := Run(t.Context(), newFake(1), o)
		if (err != nil) != (others == OthersUnsaid) || read(t, o.Output) != want {
			t.Errorf("%q: %v, %s", others, err, read(t, o.Output))
		}
		if err != nil && (!strings.Contains(err.Error(), stranger.URL) || !strings.Contains(err.Error(), "--others keep")) {
			t.Error(err)
		}
		if err == nil && r.OthersGone != (others == OthersRemove) {
			t.Errorf("%q: %+v", others, r)
		}
	}
}

func TestChoice(t *testing.T) {
	f, o := newFake(5), options(t)
	f.directory.Accounts[4].State = "SUSPENDED"
	write(t, o.Output, encoded(t, entry(id(2)), entry(id(3)), entry(id(5))))
	o.Only, o.Exclude = []string{id(1), id(3)}, []string{id(3)}
	r, err := Run(t.Context(), f, o)
	must(t, err)
	// 1 is asked; 2 was not and stays; 3 is excluded; 4 was not there; 5 is suspended.
	if want := encoded(t, entry(id(1)), entry(id(2))); read(t, o.Output) != want || !slices.Equal(f.asked, []string{id(1)}) {
		t.Errorf("asked %v, wrote %s", f.asked, read(t, o.Output))
	}
	if a := r.Accounts; a.All != 5 || a.Asked != 1 || a.Inactive != 1 || a.Excluded != 1 || len(r.Removed) != 2 || len(r.Kept) != 1 {
		t.Errorf("got %+v", r)
	}
	for name, change := range map[string]func(*Options){
		"none of it": func(o *Options) { o.Only = []string{id(8)} }, "excluding none of it": func(o *Options) { o.Exclude = []string{id(8)} },
		"nobody left": func(o *Options) { o.Only = []string{id(5)} },
	} {
		o := options(t)
		change(&o)
		if r, err := Run(t.Context(), f, o); err == nil || read(t, o.Output) != "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestNotActive: an account that is not active is not asked, and is not missing.
func TestNotActive(t *testing.T) {
	f, o := newFake(2), options(t)
	f.directory.Accounts[1].State = "PENDING_CLOSURE"
	r, err := Run(t.Context(), f, o)
	if err != nil || r.Outcome != Written || !slices.Equal(f.asked, []string{id(1)}) || read(t, o.Output) != encoded(t, entry(id(1))) {
		t.Errorf("%v, %+v, asked %v", err, r, f.asked)
	}
}

// TestNothingIsWritten when what was found cannot be right.
func TestNothingIsWritten(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*fake, *Options)
		says   string
	}{
		"no issuer": {func(f *fake, o *Options) {
			f.answers[id(1)], f.answers[id(2)], o.Missing = ErrDisabled, &CallError{Call: callInfo, Code: "AccessDenied", Remedy: "do this"}, MissingAll
		}, "aws iam enable-outbound-web-identity-federation), and 1 account could not be asked, such as 000000000002: iam:"},
		"no list":     {func(f *fake, _ *Options) { f.denied = &CallError{Call: callList, Code: "AccessDeniedException"} }, "AccessDenied"},
		"no accounts": {func(f *fake, _ *Options) { f.directory.Accounts = nil }, "lists no accounts"},
		"a bad file":  {func(_ *fake, o *Options) { write(t, o.Output, "[") }, "mend it"},
	} {
		f, o := newFake(2), options(t)
		tt.change(f, &o)
		before := read(t, o.Output)
		if _, err := Run(t.Context(), f, o); err == nil || !strings.Contains(err.Error(), tt.says) || read(t, o.Output) != before {
			t.Errorf("%s: %v, %s", name, err, read(t, o.Output))
		}
	}
	f, o := newFake(2), options(t)
	if _, err := Run(t.Context(), shared{f}, o); err == nil || !strings.Contains(err.Error(), "are said to have one issuer") || read(t, o.Output) != "" {
		t.Errorf("one issuer for two: %v", err)
	}
}

// shared gives all accounts one issuer.
type shared struct{ *fake }

func (shared) Issuer(context.Context, string) (string, error) { return issuer(id(1)), nil }

func TestDryRun(t *testing.T) {
	o := options(t)
	o.DryRun = true
	r, err := Run(t.Context(), newFake(2), o)
	if err != nil || r.Outcome != DryRun || len(r.Added) != 2 || read(t, o.Output) != "" {
		t.Errorf("%v, %+v", err, r)
	}
}

// TestResume: a run that is ended leaves the file as it was, and the next one
// asks about the rest alone.
func TestResume(t *testing.T) {
	f, o := newFake(9), options(t)
	old := encoded(t, entry(id(1)))
	write(t, o.Output, old)
	ctx, cancel := context.WithCancel(t.Context())
	f.before = func(ctx context.Context, account string) {
		if account == id(5) {
			cancel()
			<-ctx.Done()
		}
	}
	o.Parallel = 1
	_, err := Run(ctx, f, o)
	var i *InterruptedError
	if !errors.As(err, &i) || !errors.Is(err, ErrInterrupted) || i.Found != 4 || i.Total != 9 || i.State != o.State || read(t, o.Output) != old {
		t.Fatalf("%v; %s", err, read(t, o.Output))
	}
	f.asked, f.before = nil, nil
	o.Resume, o.Now = true, func() time.Time { return noon.Add(time.Hour) }
	r, err := Run(t.Context(), f, o)
	must(t, err)
	if !slices.Equal(f.asked, []string{id(5), id(6), id(7), id(8), id(9)}) || r.Outcome != Written || r.Issuers != 9 || r.Accounts.Known != 4 {
		t.Errorf("asked %v: %+v", f.asked, r)
	}

	// The control: without it all are asked.
	f.asked, o.Resume = nil, false
	if _, err := Run(t.Context(), f, o); err != nil || len(f.asked) != 9 {
		t.Errorf("%v, asked %v", err, f.asked)
	}
}

// TestResumeAsksAgain about what failed, and trusts no account that has left.
func TestResumeAsksAgain(t *testing.T) {
	f, o := newFake(3), options(t)
	f.answers[id(2)] = &CallError{Call: callAssume, Code: "AccessDenied"}
	if r, err := Run(t.Context(), f, o); err != nil || r.Outcome != NotWritten {
		t.Fatalf("%v, %+v", err, r)
	}
	f.answers, f.asked, f.directory.Accounts, o.Resume = nil, nil, f.directory.Accounts[:2], true
	if _, err := Run(t.Context(), f, o); err != nil || !slices.Equal(f.asked, []string{id(2)}) || read(t, o.Output) != encoded(t, entry(id(1)), entry(id(2))) {
		t.Errorf("%v, asked %v, wrote %s", err, f.asked, read(t, o.Output))
	}
}

// TestCredentialsThatEnd are told with what was found before.
func TestCredentialsThatEnd(t *testing.T) {
	f, o := newFake(5), options(t)
	f.answers[id(3)] = newFault(callAssume, "", errors.New("failed to refresh cached credentials"))
	o.Parallel = 1
	_, err := Run(t.Context(), f, o)
	var i *InterruptedError
	var fault *CallError
	if !errors.As(err, &i) || !errors.As(err, &fault) || i.Found != 2 || !strings.Contains(err.Error(), "--resume goes on") {
		t.Errorf("got %v", err)
	}
}
