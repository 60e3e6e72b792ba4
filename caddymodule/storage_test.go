package caddymodule

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/caddyserver/certmagic"
)

// memoryStorage is a storage of Caddy's in memory, whose faults a test sets.
type memoryStorage struct {
	mu      sync.Mutex
	kept    map[string][]byte
	locks   sync.Mutex
	loading error
	locking error
}

func newStorage() *memoryStorage { return &memoryStorage{kept: make(map[string][]byte)} }

// String tells it from others.
func (s *memoryStorage) String() string { return fmt.Sprintf("memory:%p", s) }

// fail has calls fail from now on; nil ends that.
func (s *memoryStorage) fail(loading, locking error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loading, s.locking = loading, locking
}

// all are the documents by their keys.
func (s *memoryStorage) all() map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.kept)
}

func (s *memoryStorage) Lock(context.Context, string) error {
	s.mu.Lock()
	err := s.locking
	s.mu.Unlock()
	if err == nil {
		s.locks.Lock() // without mu, which whoever has the lock needs
	}
	return err
}

func (s *memoryStorage) Unlock(context.Context, string) error {
	s.locks.Unlock()
	return nil
}

func (s *memoryStorage) Store(_ context.Context, key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[key] = value
	return nil
}

func (s *memoryStorage) Load(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.kept[key]
	switch {
	case s.loading != nil:
		return nil, s.loading
	case !ok:
		return nil, fs.ErrNotExist
	}
	return value, nil
}

func (s *memoryStorage) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, key)
	return nil
}

func (s *memoryStorage) Exists(_ context.Context, key string) bool { return s.all()[key] != nil }

func (s *memoryStorage) List(_ context.Context, path string, _ bool) ([]string, error) {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.all())), func(key string) bool { return !strings.HasPrefix(key, path) }), nil
}

func (s *memoryStorage) Stat(context.Context, string) (certmagic.KeyInfo, error) {
	return certmagic.KeyInfo{}, fs.ErrNotExist
}
