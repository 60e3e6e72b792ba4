package verifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// FileKeySet reads an issuer's keys from a JWKS file, for sites that do not
// reach the issuer. The file is looked at on use, at most once a second, and
// read again when it changed. A new version that cannot be read is logged and
// leaves the last good one in force. Make one with [NewFileKeySet].
type FileKeySet struct {
	now    func() time.Time
	logger *slog.Logger

	version atomic.Pointer[fileVersion] // nil until the file was looked at
	trouble atomic.Pointer[error]       // why a later version is not in force; nil if there is none
	looking sync.Mutex                  // held by the caller who looks
	file    watchedFile
	opened  *openedFiles // is told when the file was looked at first; nil if nobody asks
}

// fileVersion is the keys of a file, or why there are none.
type fileVersion struct {
	keys map[string]Key
	err  error
	read time.Time // when, if there are keys
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
	keys, err := parseJWKS(text)
	if err != nil {
		return nil, fmt.Errorf("reading key file %s: %w", path, err)
	}
	s.version.Store(&fileVersion{keys: keys, read: s.now()})
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

// Key returns the key with the ID, or ErrUnknownKey. While somebody looks at the
// file, others go on with the keys that are there.
func (s *FileKeySet) Key(_ context.Context, id string) (Key, error) {
	if s.now == nil {
		return Key{}, &KeysUnavailableError{RetryAfter: lookEvery, Err: errZeroFile}
	}
	if s.file.due(s.now()) && s.looking.TryLock() {
		s.look()
		s.looking.Unlock()
	}
	version := s.version.Load()
	if version == nil {
		version = s.firstVersion()
	}
	if version.keys == nil {
		return Key{}, &KeysUnavailableError{RetryAfter: lookEvery, Err: version.err}
	}
	return findKey(version.keys, id)
}

var errZeroFile = errors.New("the key set is a zero value; NewFileKeySet makes one")

// firstVersion waits for whoever looks for the first time, or does it.
func (s *FileKeySet) firstVersion() *fileVersion {
	s.looking.Lock()
	defer s.looking.Unlock()
	if s.version.Load() == nil {
		s.look()
	}
	return s.version.Load()
}

func (s *FileKeySet) look() {
	if s.version.Load() == nil {
		defer s.opened.add(s)
	}
	text, changed, err := s.file.look()
	if changed {
		var keys map[string]Key
		if keys, err = parseJWKS(text); err == nil {
			s.version.Store(&fileVersion{keys: keys, read: s.now()})
			s.trouble.Store(nil)
			s.logger.Info("read key file", "file", s.file.path, "keys", len(keys))
			return
		}
	}
	version := s.version.Load()
	switch {
	case err == nil:
	case version == nil || version.keys == nil:
		s.version.Store(&fileVersion{err: fmt.Errorf("reading key file %s: %w", s.file.path, err)})
		s.logger.Error("reading key file failed; its issuer's tokens are answered 503", "file", s.file.path, "error", err)
	default:
		fault := fmt.Errorf("reading key file %s: %w", s.file.path, err)
		s.trouble.Store(&fault)
		s.logger.Error("reading key file failed; its last good keys stay in force", "file", s.file.path, "error", err)
	}
}
