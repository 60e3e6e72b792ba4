package caddymodule

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/certmagic"
)

// Shared key sets write to the log and the storage of a configuration that
// lives: the one that came first, while it lasts.
func TestLendersLendInTurn(t *testing.T) {
	var logs [2]strings.Builder
	shared := new(lenders)
	log := shared.logger().With("issuer", "x").WithGroup("g")
	log.Info("nobody is there")
	var all []*lender
	for i := range logs {
		all = append(all, &lender{logger: slog.New(slog.NewTextHandler(&logs[i], nil))})
		shared.enter(all[i])
	}
	log.Info("both", "a", 1)
	log.Debug("too quiet")
	shared.leave(all[0])
	shared.leave(all[0])
	log.Info("second", "a", 2)
	shared.leave(all[1])
	log.Info("nobody is left")

	for i, want := range []string{`msg=both issuer=x g.a=1`, `msg=second issuer=x g.a=2`} {
		got := logs[i].String()
		if strings.Count(got, "\n") != 1 || !strings.Contains(got, want) {
			t.Errorf("lender %d logged %q, want %q", i, got, want)
		}
	}
}

func TestKeyStorage(t *testing.T) {
	shared := new(lenders)
	store := &keyStorage{shared, "aws_jwt/keys/x"}
	ctx := context.Background()
	if _, err := store.Load(ctx, "a.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("loading without a storage: %v", err)
	}
	if names, err := store.Names(ctx); err != nil || len(names) > 0 {
		t.Errorf("listing without a storage: %v, %v", names, err)
	}
	if err := store.Save(ctx, "a.json", nil); !errors.Is(err, errNoStorage) {
		t.Errorf("saving without a storage: %v", err)
	}

	files := &certmagic.FileStorage{Path: t.TempDir()}
	shared.enter(&lender{storage: files})
	if names, err := store.Names(ctx); err != nil || len(names) > 0 {
		t.Errorf("listing nothing: %v, %v", names, err)
	}
	for _, name := range []string{"b.json", "a.json"} {
		if err := store.Save(ctx, name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := store.Load(ctx, "a.json"); err != nil || string(text) != "a.json" {
		t.Errorf("loaded %q, %v", text, err)
	}
	if _, err := store.Load(ctx, "c.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("loading what is not there: %v", err)
	}
	names, err := store.Names(ctx)
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"a.json", "b.json"}) {
		t.Errorf("listed %q, %v", names, err)
	}
	other := &keyStorage{shared, "aws_jwt/keys/y"}
	if _, err := other.Load(ctx, "a.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("keys that were fetched otherwise are found: %v", err)
	}
}
