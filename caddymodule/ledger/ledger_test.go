package ledger

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
)

var noon = time.Date(2026, 7, 1, 12, 0, 30, 0, time.UTC)

// clock is one that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newLedger(size int) (*Ledger, *clock) {
	c := &clock{noon}
	return New(c.now, size), c
}

func refused(reason string) Entry { return Entry{Result: Refused, Reason: reason, Status: 401} }

func ids(entries []Entry) (all []uint64) {
	for _, e := range entries {
		all = append(all, e.ID)
	}
	return all
}

func TestRingForgetsTheOldest(t *testing.T) {
	l, _ := newLedger(3)
	if entries, more := l.Entries(0, 10, nil); len(entries) != 0 || more {
		t.Errorf("an empty one has %v, more %v", entries, more)
	}
	for n := range 5 {
		l.Add(Entry{Result: Refused, Reason: "expired", Status: 401, Path: strconv.Itoa(n + 1)})
	}
	entries, more := l.Entries(0, 10, nil)
	if got := ids(entries); !slices.Equal(got, []uint64{5, 4, 3}) || more {
		t.Errorf("entries %v, more %v; want the last three, the newest first", got, more)
	}
	for _, e := range entries {
		if e.Path != strconv.FormatUint(e.ID, 10) || e.Time != noon {
			t.Errorf("entry %d is that of %s at %v", e.ID, e.Path, e.Time)
		}
	}
	for id, want := range map[uint64]bool{0: false, 2: false, 3: true, 5: true, 6: false} {
		if e, found := l.Entry(id); found != want || found && e.ID != id {
			t.Errorf("Entry(%d) = %d, %v, want %v", id, e.ID, found, want)
		}
	}
}

func TestPages(t *testing.T) {
	l, _ := newLedger(100)
	for n := range 10 {
		reason := "expired"
		if n%2 == 0 {
			reason = "wrong_audience"
		}
		l.Add(refused(reason))
	}
	odd := func(e *Entry) bool { return e.Reason == "wrong_audience" }
	for _, tt := range []struct {
		before uint64
		limit  int
		want   func(*Entry) bool
		ids    []uint64
		more   bool
	}{
		{0, 3, nil, []uint64{10, 9, 8}, true},
		{8, 3, nil, []uint64{7, 6, 5}, true},
		{4, 3, nil, []uint64{3, 2, 1}, false},
		{1, 3, nil, nil, false},
		{99, 2, nil, []uint64{10, 9}, true},
		{0, 3, odd, []uint64{9, 7, 5}, true},
		{5, 2, odd, []uint64{3, 1}, false}, // older ones there are, but none that is wanted
		{0, 3, func(*Entry) bool { return false }, nil, false},
	} {
		entries, more := l.Entries(tt.before, tt.limit, tt.want)
		if !slices.Equal(ids(entries), tt.ids) || more != tt.more {
			t.Errorf("before %d, limit %d: %v, more %v; want %v, %v", tt.before, tt.limit, ids(entries), more, tt.ids, tt.more)
		}
	}
}

func TestTextsAreCut(t *testing.T) {
	l, _ := newLedger(1)
	long := strings.Repeat("ü", 3000)
	texts := Entry{
		Reason: long, Rule: long, Hint: long, Handler: long, Issuer: long, AccountID: long, Subject: long,
		TokenID: long, KeyID: long, RemoteIP: long, Method: long, Host: long, Path: long,
	}
	l.Add(texts)
	e, _ := l.Entry(1)
	for name, text := range map[string]string{
		"reason": e.Reason, "rule": e.Rule, "handler": e.Handler, "iss": e.Issuer, "account": e.AccountID,
		"sub": e.Subject, "jti": e.TokenID, "kid": e.KeyID, "remote_ip": e.RemoteIP, "method": e.Method,
		"host": e.Host, "path": e.Path,
	} {
		if len(text) > 128 || len(text) < 120 || !strings.HasSuffix(text, "…") || !utf8.ValidString(text) {
			t.Errorf("%s has %d bytes: %q", name, len(text), text)
		}
	}
	if len(e.Hint) > 1024 || len(e.Hint) < 1000 || !utf8.ValidString(e.Hint) {
		t.Errorf("the hint has %d bytes", len(e.Hint))
	}
	for text, want := range map[string]string{
		"":                         "",
		strings.Repeat("a", 128):   strings.Repeat("a", 128),
		strings.Repeat("a", 129):   strings.Repeat("a", 125) + "…",
		"a\nb\x1b[31m\x7f\u0085":   "a�b�[31m��",
		"\u202eevil\u2028line":     "�evil�line",
		"\xff\xfe":                 "��",
		strings.Repeat("\x00", 99): strings.Repeat("�", 41) + "…",
	} {
		if got := printable(text, 128); got != want {
			t.Errorf("printable(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestJSONHasWhatIsPromised(t *testing.T) {
	l, _ := newLedger(1)
	l.Add(Entry{
		Result: Audited, Reason: "policy_denied", Rule: "r", Hint: "h", Handler: "x", Status: 403,
		Issuer: "i", AccountID: "a", Subject: "s", TokenID: "j", KeyID: "k", Unverified: true,
		RemoteIP: "ip", Method: "GET", Host: "host", Path: "/p", Cached: true, Duration: 1500 * time.Millisecond,
		Token: &awstoken.Token{Subject: "canary"}, Request: celpolicy.Request{EscapedPath: "/canary"},
	})
	e, _ := l.Entry(1)
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":1,"time":"2026-07-01T12:00:30Z","result":"audited","status":403,"reason":"policy_denied","rule":"r",` +
		`"hint":"h","handler":"x","iss":"i","account":"a","sub":"s","jti":"j","kid":"k","unverified":true,` +
		`"remote_ip":"ip","method":"GET","host":"host","path":"/p","cached":true,"duration_seconds":1.5}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// What an entry can be asked again with is kept of the last ones, and not when it
// is large.
func TestTokensAreBounded(t *testing.T) {
	l, _ := newLedger(1000)
	with := refused("policy_denied")
	with.Token, with.Request = &awstoken.Token{Subject: "s"}, celpolicy.Request{EscapedPath: "/orders"}
	for range 1500 {
		l.Add(with)
	}
	entries, _ := l.Entries(0, 1000, func(e *Entry) bool { return e.Token != nil })
	if len(entries) != maxTokens || entries[0].ID != 1500 || entries[maxTokens-1].ID != 1500-maxTokens+1 {
		t.Errorf("%d entries have a token, want the last %d", len(entries), maxTokens)
	}
	if e := entries[0]; e.Request.EscapedPath != "/orders" {
		t.Errorf("the request is %+v", e.Request)
	}
	with.Request.EscapedPath = "/" + strings.Repeat("a", maxPath)
	l.Add(with)
	if e, _ := l.Entry(1501); e.Token != nil || e.Request != (celpolicy.Request{}) {
		t.Error("a long path is kept")
	}
}

// The ring is read while it is written, and no count is lost, also at the
// beginning of a minute.
func TestManyAtOnce(t *testing.T) {
	l, c := newLedger(50)
	for round := range 3 {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 500 {
					l.Pass(c.at, false)
					l.Add(Entry{Result: Refused, Reason: "expired", Time: c.at})
					l.Entries(0, 5, nil)
					l.Minutes()
				}
			})
		}
		all.Wait()
		minutes := l.Minutes()
		if m := minutes[len(minutes)-1]; m.Allowed != 4000 || m.Refused != 4000 {
			t.Errorf("minute %d has %+v, want 4000 of each", round, m)
		}
		c.at = c.at.Add(time.Minute)
	}
	if e, _ := l.Entries(0, 1, nil); e[0].ID != 12000 {
		t.Errorf("the last ID is %d", e[0].ID)
	}
}

func TestPassTakesNoMemory(t *testing.T) {
	l, _ := newLedger(10)
	at := noon
	if n := testing.AllocsPerRun(200, func() { l.Pass(at, false); at = at.Add(time.Second) }); n != 0 {
		t.Errorf("a pass allocates %v times", n)
	}
}

// After a restart no ID means another decision than before.
func TestLedgerAfterARestart(t *testing.T) {
	at := noon
	clock := func() time.Time { return at }
	before := NewAfter(clock, 4)
	for range 6 {
		before.Add(Entry{Reason: "expired", Path: "/before"})
	}
	old, _ := before.Entries(0, 9, nil)
	at = at.Add(time.Second)
	after := NewAfter(clock, 4)
	after.Add(Entry{Reason: "expired", Path: "/after"})
	entries, more := after.Entries(0, 9, nil)
	if len(old) != 4 || len(entries) != 1 || more || entries[0].ID <= old[0].ID {
		t.Fatalf("before %d entries, after %+v, more %v", len(old), entries, more)
	}
	for _, e := range old {
		if found, ok := after.Entry(e.ID); ok {
			t.Errorf("ID %d is %s now", e.ID, found.Path)
		}
	}
	if e, ok := after.Entry(entries[0].ID); !ok || e.Path != "/after" {
		t.Errorf("its own entry: %+v, %v", e, ok)
	}
	if entries, more := after.Entries(old[0].ID, 9, nil); len(entries) != 0 || more {
		t.Errorf("older than the old: %+v, %v", entries, more)
	}
}
