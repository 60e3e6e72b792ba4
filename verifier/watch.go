package verifier

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// lookEvery is how often a file is looked at, at most.
const lookEvery = time.Second

// watchedFile is a file that is looked at on use and read again when it
// changed. Its owner sees to it that one caller at a time does.
type watchedFile struct {
	path   string
	limit  int64        // the most that is read, in bytes
	looked atomic.Int64 // when, Unix nanoseconds
	seen   os.FileInfo  // of the version that was read last, good or bad
	fault  string       // that was told of last, "" since the file could be read
}

// due reports whether it is time to look, to one caller of those who ask.
func (f *watchedFile) due(now time.Time) bool {
	looked := f.looked.Load()
	since := now.Sub(time.Unix(0, looked))
	if since >= 0 && since < lookEvery { // a clock that was set back waits for nothing
		return false
	}
	return f.looked.CompareAndSwap(looked, now.UnixNano())
}

// look returns the text if the file is another than that read last. A fault that
// goes on is an error once.
func (f *watchedFile) look() (text []byte, changed bool, err error) {
	info, err := os.Stat(f.path)
	if err != nil {
		f.seen = nil // whatever is there next is another version
	}
	if err == nil && f.seen != nil && os.SameFile(info, f.seen) && info.ModTime().Equal(f.seen.ModTime()) && info.Size() == f.seen.Size() {
		return nil, false, nil
	}
	if err == nil {
		text, err = f.read()
	}
	if err == nil {
		f.fault = ""
		return text, true, nil
	}
	if err.Error() == f.fault {
		return nil, false, nil
	}
	f.fault = err.Error()
	return nil, false, err
}

// forget has the file read again with the next look, also if it stays the same.
func (f *watchedFile) forget() { f.seen = nil }

// read reads the file, and remembers the very version that was read.
func (f *watchedFile) read() ([]byte, error) {
	f.seen = nil
	// Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
	file, err := os.OpenFile(f.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err // it names the file
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	f.seen = info
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", f.path)
	}
	if info.Size() > f.limit {
		return nil, fmt.Errorf("%s is over %d bytes", f.path, f.limit)
	}
	text, err := io.ReadAll(io.LimitReader(file, f.limit))
	if err != nil {
		f.seen = nil // it may be well again without having changed
		return nil, err
	}
	return text, nil
}
