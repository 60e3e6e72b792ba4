package organization

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// fake is an organization that answers from memory.
type fake struct {
	directory Directory
	denied    error // of Accounts
	answers   map[string]error
	before    func(ctx context.Context, account string) // each question

	mu    sync.Mutex
	asked []string
}

func (f *fake) Caller(context.Context) (Caller, error) {
	return Caller{Account: id(1), ARN: "arn:aws:sts::" + id(1) + ":assumed-role/reader/me", Partition: "aws"}, nil
}

func (f *fake) Accounts(_ context.Context, soFar func(int)) (Directory, error) {
	soFar(len(f.directory.Accounts))
	return f.directory, f.denied
}

func (f *fake) Issuer(ctx context.Context, account string) (string, error) {
	f.mu.Lock()
	f.asked = append(f.asked, account)
	f.mu.Unlock()
	if f.before != nil {
		f.before(ctx, account)
	}
	if ctx.Err() != nil {
		return "", newFault(callAssume, "", ctx.Err())
	}
	if err := f.answers[account]; err != nil {
		return "", err
	}
	return issuer(account), nil
}

func id(n int) string { return fmt.Sprintf("%012d", n) }

func issuer(account string) string {
	return "https://00000000-0000-4000-8000-" + account + ".tokens.sts.global.api.aws"
}

func entry(account string) Entry { return Entry{URL: issuer(account), Accounts: []string{account}} }

// accounts are n active ones.
func accounts(n int) (list []Account) {
	for i := range n {
		list = append(list, Account{ID: id(i + 1), Name: fmt.Sprintf("Account %d", i+1), State: stateActive})
	}
	return list
}

func newFake(n int) *fake {
	return &fake{directory: Directory{Organization: "o-abc1234567", Accounts: accounts(n)}, answers: map[string]error{}}
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// options are those of a run that writes into a directory of the test.
func options(t *testing.T) Options {
	t.Helper()
	output := filepath.Join(t.TempDir(), "issuers.json")
	return Options{
		Output: output, State: output + ".state", Parallel: 4,
		Now: func() time.Time { return noon }, Progress: func(int, int) {},
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	must(t, err)
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// encoded is a file of entries.
func encoded(t *testing.T, entries ...Entry) string {
	t.Helper()
	text, err := Encode(entries)
	must(t, err)
	return string(text)
}
