package organization

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// maxAge is how old what an earlier run found may be.
const maxAge = 24 * time.Hour

// State is a file in which a run notes each issuer as it finds it, so that the
// next run need not ask again. Its first line says which organization it is
// about; each other line is an account. A line that was cut off is as if it were
// not there.
type State struct {
	Path  string
	Known map[string]string // issuers by account, of an earlier run
	file  *os.File
}

type stateHeader struct {
	Organization string `json:"organization"`
}

type stateLine struct {
	Account string    `json:"account"`
	Issuer  string    `json:"issuer"`
	At      time.Time `json:"at"`
}

// OpenState opens the file. With resume, what is there is known, if it is about
// the organization and at most a day old; otherwise the file begins anew.
func OpenState(path, organization string, resume bool, now time.Time) (*State, error) {
	s := &State{Path: path, Known: map[string]string{}}
	if resume {
		if err := s.read(organization, now); err != nil {
			return nil, fmt.Errorf("resuming: %w", err)
		}
	}
	var err error
	if s.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return nil, fmt.Errorf("opening the state file: %w", err)
	}
	if err := s.write(stateHeader{organization}); err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	for account, issuer := range s.Known {
		if err := s.Note(account, issuer, now); err != nil {
			return nil, errors.Join(err, s.file.Close())
		}
	}
	return s, nil
}

func (s *State) read(organization string, now time.Time) error {
	text, err := os.ReadFile(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	var header stateHeader
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	if json.Unmarshal(first, &header) != nil || header.Organization == "" {
		return fmt.Errorf("%s is no state file of this command: remove it, or name another by --state", s.Path)
	}
	if header.Organization != organization {
		return fmt.Errorf("%s is about %s, and the credentials are of %s: remove it, or name another by --state",
			s.Path, header.Organization, organization)
	}
	for line := range bytes.Lines(rest) {
		var l stateLine
		if !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, &l) != nil || checkIssuer(l.Issuer) != nil {
			continue
		}
		if age := now.Sub(l.At); age >= 0 && age <= maxAge {
			s.Known[l.Account] = l.Issuer
		}
	}
	return nil
}

// Note writes an issuer down.
func (s *State) Note(account, issuer string, now time.Time) error {
	return s.write(stateLine{account, issuer, now.UTC()})
}

func (s *State) write(line any) error {
	text, err := json.Marshal(line)
	if err == nil {
		_, err = s.file.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("writing the state file: %w", err)
	}
	return nil
}

// Close leaves the file for the next run.
func (s *State) Close() error { return s.file.Close() }

// Remove closes the file and takes it away, since all is done.
func (s *State) Remove() error { return errors.Join(s.file.Close(), os.Remove(s.Path)) }
