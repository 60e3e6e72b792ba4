package signing

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"testing"
	"time"
)

const testIssuer = "https://gateway.example"

// memory is a Store whose calls a test can look into and break.
type memory struct {
	mu     sync.Mutex
	saved  map[string][]byte
	locks  map[string]chan struct{} // one token each
	before func(call string) error  // is asked before each call
	calls  map[string]int
}

func newMemory() *memory {
	return &memory{saved: make(map[string][]byte), locks: make(map[string]chan struct{}), calls: make(map[string]int)}
}

func (m *memory) ask(call string) error {
	m.mu.Lock()
	m.calls[call]++
	before := m.before
	m.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(call)
}

func (m *memory) breakWith(before func(call string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = before
}

func (m *memory) count(call string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[call]
}

func (m *memory) Load(_ context.Context, name string) ([]byte, error) {
	if err := m.ask("load"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	text, ok := m.saved[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return text, nil
}

func (m *memory) Save(_ context.Context, name string, document []byte) error {
	if err := m.ask("save"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved[name] = document
	return nil
}

func (m *memory) lock(name string) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[name] == nil {
		m.locks[name] = make(chan struct{}, 1)
	}
	return m.locks[name]
}

func (m *memory) Lock(ctx context.Context, name string) error {
	if err := m.ask("lock"); err != nil {
		return err
	}
	select {
	case m.lock(name) <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *memory) Unlock(_ context.Context, name string) error {
	select {
	case <-m.lock(name):
		return nil
	default:
		return errors.New("it is not locked")
	}
}

// clock is set by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// gateway returns the keys as one gateway has them.
func gateway(t testing.TB, m *memory, c *clock, rotation time.Duration) *Keys {
	t.Helper()
	keys, err := New(Config{Issuer: testIssuer, Rotation: rotation, Store: m, Now: c.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	return keys
}

// settled waits until what is under way, if anything is, is done.
func (s *Keys) settled() {
	s.mu.Lock()
	l := s.underway
	s.mu.Unlock()
	if l != nil {
		<-l.read
	}
	s.mu.Lock()
	c := s.changing
	s.mu.Unlock()
	if c != nil {
		<-c.done
	}
}
