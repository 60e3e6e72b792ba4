package verifier

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

// fileLookEvery is how often a key file is looked at, at most.
const fileLookEvery = time.Second

// FileKeySet reads an issuer's keys from a JWKS file, for sites that do not
// reach the issuer. The file is looked at on use, at most once a second, and
// read again when it changed. A new version that cannot be read is logged and
// leaves the last good one in force.
type FileKeySet struct {
	path   string
	now    func() time.Time
	logger *slog.Logger

	mu     sync.Mutex
	keys   map[string]Key
	looked time.Time
	seen   os.FileInfo // of the version that was read last, good or bad
}

// NewFileKeySet reads the file; a missing or bad file is an error. A nil clock
// is time.Now, and a nil logger discards.
func NewFileKeySet(path string, now func() time.Time, logger *slog.Logger) (*FileKeySet, error) {
	if now == nil {
		now = time.Now
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	s := &FileKeySet{path: path, now: now, logger: logger, looked: now()}
	keys, seen, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	s.keys, s.seen = keys, seen
	return s, nil
}

// Key returns the key with the ID, or ErrUnknownKey.
func (s *FileKeySet) Key(_ context.Context, id string) (Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.looked) >= fileLookEvery {
		s.looked = now
		s.look()
	}
	return findKey(s.keys, id)
}

func (s *FileKeySet) look() {
	info, err := os.Stat(s.path)
	if err != nil {
		if s.seen != nil {
			s.logger.Error("looking at key file failed; its last good keys stay in force", "file", s.path, "error", err)
		}
		s.seen = nil
		return
	}
	if s.seen != nil && os.SameFile(info, s.seen) && info.ModTime().Equal(s.seen.ModTime()) && info.Size() == s.seen.Size() {
		return
	}
	keys, seen, err := readKeyFile(s.path)
	if s.seen = seen; seen == nil {
		s.seen = info
	}
	if err != nil {
		s.logger.Error("reading key file failed; its last good keys stay in force", "file", s.path, "error", err)
		return
	}
	s.keys = keys
	s.logger.Info("read key file anew", "file", s.path, "keys", len(keys))
}

// readKeyFile returns the keys with the state of the very file that they were
// read from, also when it is the content that is bad.
func readKeyFile(path string) (map[string]Key, os.FileInfo, error) {
	// Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("opening key file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("opening key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, info, fmt.Errorf("opening key file: %s is not a regular file", path)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxDocument+1))
	if err != nil {
		return nil, info, fmt.Errorf("reading key file %s: %w", path, err)
	}
	keys, err := parseJWKS(text)
	if err != nil {
		return nil, info, fmt.Errorf("reading key file %s: %w", path, err)
	}
	return keys, info, nil
}
