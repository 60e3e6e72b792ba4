package organization

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// newFileMode is that of an issuers file which was not there: it holds no
// secret, and the gateway runs as another user.
const newFileMode = 0o644

// Entry is an entry of an issuers file.
type Entry = verifier.Issuer

// ReadFile reads an issuers file as the gateway does, or none if there is none.
// A file that the gateway would refuse is an error: what it was meant to say is
// not known.
func ReadFile(path string) ([]Entry, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the issuers file that is there: %w", err)
	}
	var entries []Entry
	if err := json.Unmarshal(text, &entries); err == nil && len(entries) == 0 && entries != nil {
		return nil, nil // which a gateway takes only beside other issuers
	}
	if err := checkFile(path); err != nil {
		return nil, fmt.Errorf("reading the issuers file that is there: %w; mend it, or move it away", err)
	}
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("reading the issuers file that is there: %w", err)
	}
	return entries, nil
}

// Encode writes entries as an issuers file: one on each line, so that a
// difference of two files can be read.
func Encode(entries []Entry) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("[")
	for n, each := range entries {
		if n > 0 {
			b.WriteString(",")
		}
		text, err := json.Marshal(each)
		if err != nil {
			return nil, fmt.Errorf("encoding issuers: %w", err)
		}
		b.WriteString("\n  ")
		b.Write(text)
	}
	b.WriteString("\n]\n")
	return b.Bytes(), nil
}

// WriteFile puts an issuers file in place, whole or not at all, and reports
// whether it did: a file that says the same already stays. One that is there is
// replaced by a file of the same owner and mode, behind a symbolic link too. What
// the gateway would refuse is not put in place.
func WriteFile(path string, entries []Entry) (changed bool, err error) {
	text, err := Encode(entries)
	if err != nil {
		return false, err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	old, err := os.Stat(path)
	switch {
	case err == nil && !old.Mode().IsRegular():
		return false, fmt.Errorf("writing the issuers file: %s is no regular file", path)
	case err == nil:
		if same, err := os.ReadFile(path); err == nil && bytes.Equal(same, text) {
			return false, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("writing the issuers file: %w", err)
	}
	if err := replace(path, text, old); err != nil {
		return false, fmt.Errorf("writing the issuers file: %w", err)
	}
	return true, nil
}

// replace writes a file beside the path and renames it. Old is nil for a path
// at which there is none.
func replace(path string, text []byte, old fs.FileInfo) error {
	directory := filepath.Dir(path)
	temporary, err := os.CreateTemp(directory, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // fails when it was renamed, as it should
	_, err = temporary.Write(text)
	mode := fs.FileMode(newFileMode)
	if old != nil {
		mode = old.Mode().Perm()
		err = errors.Join(err, keepOwner(temporary, old))
	}
	// The mode comes behind the owner: changing that may take bits away.
	if err := errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err := checkFile(temporary.Name()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return err
	}
	return syncDirectory(directory)
}
