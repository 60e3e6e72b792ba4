package ledger

import (
	"encoding/json"
	"strings"
	"testing"
)

// A token that somebody has written into what is remembered of a request is left
// out of it, in whatever field it stands; what is none stays.
func TestEntriesHoldNoToken(t *testing.T) {
	for text, kept := range map[string]bool{
		"/a/eyJhbGciOiJFUzM4NCJ9.eyJjYW5hcnkiOjF9.canary/b": false,
		"/a/nothing.that.is.a.token.canary":                 true,
	} {
		l, _ := newLedger(1)
		l.Add(Entry{
			Reason: text, Rule: text, Hint: text, Handler: text, Issuer: text, AccountID: text, Subject: text,
			TokenID: text, KeyID: text, RemoteIP: text, Method: text, Host: text, Path: text,
		})
		e, _ := l.Entry(1)
		written, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if kept {
			want = 13
		}
		if found := strings.Count(string(written), "canary"); found != want {
			t.Errorf("%s: %d of 13 fields have it, want %d: %s", text, found, want, written)
		}
	}
}
