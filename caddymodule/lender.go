package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"
)

// lender is what a handler lends to shared key sets while it has its lease:
// key sets outlive configurations, whose loggers and storage do not.
type lender struct {
	logger  *slog.Logger
	storage certmagic.Storage // nil if there is none

	// config is closed when the configuration ends, and tells it from others. Only
	// those who lend to signing keys have one.
	config <-chan struct{}
}

// lenders are those who share key sets now. The one that came first lends, since
// a configuration that is being loaded may fail yet.
type lenders struct {
	mu  sync.Mutex
	all []*lender
}

func (t *lenders) enter(one *lender) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, one)
}

func (t *lenders) leave(one *lender) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.all, one); i >= 0 {
		t.all = slices.Delete(t.all, i, i+1)
	}
}

// areOf reports whether one of them is of a configuration.
func (t *lenders) areOf(config <-chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.all, func(each *lender) bool { return each.config == config })
}

// first returns the lender that lends, or one that has nothing.
func (t *lenders) first() *lender {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) == 0 {
		return &lender{logger: slog.New(slog.DiscardHandler)}
	}
	return t.all[0]
}

// logger returns a logger that writes to that of whoever lends at the time.
func (t *lenders) logger() *slog.Logger {
	return slog.New(lentLog{t, func(h slog.Handler) slog.Handler { return h }})
}

// lentLog is a slog.Handler in front of the lenders' own.
type lentLog struct {
	lenders *lenders
	dress   func(slog.Handler) slog.Handler // adds attributes and groups
}

func (l lentLog) handler() slog.Handler { return l.dress(l.lenders.first().logger.Handler()) }

func (l lentLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.lenders.first().logger.Enabled(ctx, level)
}

func (l lentLog) Handle(ctx context.Context, record slog.Record) error {
	return l.handler().Handle(ctx, record)
}

func (l lentLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lentLog{l.lenders, func(h slog.Handler) slog.Handler { return l.dress(h).WithAttrs(attrs) }}
}

func (l lentLog) WithGroup(name string) slog.Handler {
	return lentLog{l.lenders, func(h slog.Handler) slog.Handler { return l.dress(h).WithGroup(name) }}
}

// keyStorage is the lenders' storage as a verifier.Store, in a directory of its
// own.
type keyStorage struct {
	lenders   *lenders
	directory string
}

var errNoStorage = errors.New("there is no storage at present")

func (s *keyStorage) Load(ctx context.Context, name string) ([]byte, error) {
	storage := s.lenders.first().storage
	if storage == nil {
		return nil, fs.ErrNotExist
	}
	return storage.Load(ctx, s.directory+"/"+name)
}

func (s *keyStorage) Save(ctx context.Context, name string, document []byte) error {
	storage := s.lenders.first().storage
	if storage == nil {
		return errNoStorage
	}
	return storage.Store(ctx, s.directory+"/"+name, document)
}

func (s *keyStorage) Names(ctx context.Context) ([]string, error) {
	storage := s.lenders.first().storage
	if storage == nil {
		return nil, nil
	}
	paths, err := storage.List(ctx, s.directory, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", s.directory, err)
	}
	names := make([]string, len(paths))
	for i, each := range paths {
		names[i] = strings.TrimPrefix(each, s.directory+"/")
	}
	return names, nil
}

// storageOf returns Caddy's storage. A context without a configuration, as unit
// tests have it, panics when it is asked for one.
func storageOf(ctx caddy.Context) (storage certmagic.Storage) {
	defer func() {
		if recover() != nil {
			storage = nil
		}
	}()
	return ctx.Storage()
}
