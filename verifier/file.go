package verifier

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// FileKeySet reads an issuer's keys from a JWKS file, for sites that do not
// reach the issuer. The file is looked at on use, at most once a second, and
// read again when it changed. A new version that cannot be read is logged and
// leaves the last good one in force.
type FileKeySet struct {
	now    func() time.Time
	logger *slog.Logger

	mu   sync.Mutex
	file watchedFile
	keys map[string]Key // nil until it was read
	err  error          // why it could not be read, while there are no keys
}

// NewFileKeySet reads the file; a missing or bad file is an error. A nil clock
// is time.Now, and a nil logger discards.
func NewFileKeySet(path string, now func() time.Time, logger *slog.Logger) (*FileKeySet, error) {
	s := newFileKeySet(path, now, logger)
	s.file.looked.Store(s.now().UnixNano())
	text, err := s.file.read()
	if err != nil {
		return nil, fmt.Errorf("opening key file: %w", err)
	}
	if s.keys, err = parseJWKS(text); err != nil {
		return nil, fmt.Errorf("reading key file %s: %w", path, err)
	}
	return s, nil
}

// newFileKeySet reads the file on its first use.
func newFileKeySet(path string, now func() time.Time, logger *slog.Logger) *FileKeySet {
	if now == nil {
		now = time.Now
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	s := &FileKeySet{now: now, logger: logger}
	s.file.path, s.file.limit = path, maxDocument
	return s
}

// Key returns the key with the ID, or ErrUnknownKey.
func (s *FileKeySet) Key(_ context.Context, id string) (Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file.due(s.now()) {
		s.look()
	}
	if s.keys == nil {
		return Key{}, &KeysUnavailableError{RetryAfter: lookEvery, Err: s.err}
	}
	return findKey(s.keys, id)
}

func (s *FileKeySet) look() {
	text, changed, err := s.file.look()
	if changed {
		var keys map[string]Key
		if keys, err = parseJWKS(text); err == nil {
			s.keys, s.err = keys, nil
			s.logger.Info("read key file", "file", s.file.path, "keys", len(keys))
			return
		}
	}
	switch {
	case err == nil:
	case s.keys == nil:
		s.err = fmt.Errorf("reading key file %s: %w", s.file.path, err)
		s.logger.Error("reading key file failed; its issuer's tokens are answered 503", "file", s.file.path, "error", err)
	default:
		s.logger.Error("reading key file failed; its last good keys stay in force", "file", s.file.path, "error", err)
	}
}
