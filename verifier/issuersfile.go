package verifier

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

const (
	// maxIssuersFile is the largest issuers file that is read, in bytes.
	maxIssuersFile = 64 << 20

	// maxFaults is how many of a file's faults are named; nobody reads more.
	maxFaults = 100
)

// issuersFile is a file of issuers that is read again when it changes.
type issuersFile struct {
	maker  *issuerMaker
	listed map[string]*issuer // in the configuration, none of which may be here, too

	version atomic.Pointer[issuersVersion] // in force
	opened  openedFiles                    // of its key files
	looking sync.Mutex                     // held by the caller who looks
	file    watchedFile
	retry   time.Time // when a version is tried again that failed for another file; zero is never
	told    string    // the fault that was logged of it
}

// retryEvery is how often a version is tried again whose key files are missing.
const retryEvery = 10 * time.Second

// issuersVersion is what one version of the file says.
type issuersVersion struct {
	issuers map[string]*issuer
	files   map[string]*FileKeySet // by path
}

func newIssuersFile(path string, m *issuerMaker, listed map[string]*issuer) (*issuersFile, error) {
	f := &issuersFile{maker: m, listed: listed}
	f.file.path, f.file.limit = path, maxIssuersFile
	f.file.looked.Store(m.now().UnixNano())
	f.version.Store(new(issuersVersion))
	text, err := f.file.read()
	if err != nil {
		return nil, fmt.Errorf("issuers_file: %w", err)
	}
	return f, f.load(text)
}

func (f *issuersFile) len() int { return len(f.version.Load().issuers) }

// find returns the issuer with the URL, or nil.
func (f *issuersFile) find(url string) *issuer {
	f.refresh()
	return f.version.Load().issuers[url]
}

// refresh looks at the file when it is time to.
func (f *issuersFile) refresh() {
	if f.file.due(f.maker.now()) && f.looking.TryLock() {
		f.look()
		f.looking.Unlock()
	}
}

func (f *issuersFile) look() {
	now := f.maker.now()
	again := !f.retry.IsZero() && !now.Before(f.retry)
	if again {
		f.file.forget()
	}
	text, changed, err := f.file.look()
	if changed {
		err, f.retry = f.load(text), time.Time{}
		if outside := (*fs.PathError)(nil); errors.As(err, &outside) {
			f.retry = now.Add(retryEvery)
		}
		if again && err != nil && err.Error() == f.told {
			return
		}
		if f.told = ""; err != nil {
			f.told = err.Error()
		}
	}
	if err != nil {
		f.maker.logger.Error("reading issuers file failed; its last good version stays in force",
			"file", f.file.path, "issuers", f.len(), "error", err)
	}
}

// load puts a version in force as a whole, or none of it.
func (f *issuersFile) load(text []byte) error {
	before := f.version.Load()
	version, err := f.parse(text, before)
	if err != nil {
		return err
	}
	unpinned := 0
	for _, i := range version.issuers {
		if len(i.Accounts) == 0 {
			unpinned++
		}
	}
	f.version.Store(version)
	f.opened.keep(version.files)
	f.maker.logger.Info("read issuers file", "file", f.file.path,
		"issuers", len(version.issuers), "issuers_before", len(before.issuers), "pinned_to_no_account", unpinned)
	return nil
}

func (f *issuersFile) parse(text []byte, before *issuersVersion) (*issuersVersion, error) {
	if len(text) == 0 {
		return nil, fmt.Errorf("issuers_file: %s is empty; a file of no issuers is []", f.file.path)
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("issuers_file: %s is not a JSON array of issuers: %w", f.file.path, err)
	}
	if entries == nil {
		return nil, fmt.Errorf("issuers_file: %s is not a JSON array of issuers", f.file.path)
	}
	version := &issuersVersion{make(map[string]*issuer, len(entries)), make(map[string]*FileKeySet)}
	files := readOnUse{readNow{f.maker.now, f.maker.logger}, version.files, before.files, &f.opened}
	var faults []error
	for n, entry := range entries {
		i := &issuer{inFile: true, position: n}
		if unread := i.read(entry); len(unread) > 0 {
			faults = append(faults, unread...)
			continue
		}
		faults = append(faults, f.maker.complete(i, files)...)
		for _, others := range []map[string]*issuer{f.listed, version.issuers} {
			if other, twice := others[i.URL]; twice {
				faults = append(faults, listedTwice(i, other))
			}
		}
		version.issuers[i.URL] = i
	}
	return version, joinFaults(faults)
}

// joinFaults joins the first of many faults.
func joinFaults(faults []error) error {
	if more := len(faults) - maxFaults; more > 0 {
		faults = append(faults[:maxFaults:maxFaults], fmt.Errorf("issuers_file: it has %d more faults", more))
	}
	return errors.Join(faults...)
}

// read reads an entry strictly: a name that is unknown, or spelt otherwise,
// might have been meant to restrict.
func (i *issuer) read(text []byte) (faults []error) {
	members, err := awstoken.ParseObject(text)
	if err != nil {
		return []error{fmt.Errorf("%s: reading issuer: %w", i.path(), err)}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if err := i.readMember(name, members[name]); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

func (i *issuer) readMember(name string, value any) (err error) {
	switch name {
	case "url":
		err = readString(&i.URL, value)
	case "jwks_url":
		err = readString(&i.JWKSURL, value)
	case "jwks_file":
		err = readString(&i.JWKSFile, value)
	case "accounts":
		err = readStrings(&i.Accounts, value)
	case "audiences":
		err = readStrings(&i.Audiences, value)
	case "algorithms":
		err = readStrings(&i.Algorithms, value)
	default:
		names := []string{"url", "accounts", "audiences", "algorithms", "jwks_url", "jwks_file"}
		if nearest := awstoken.Nearest(strings.ToLower(name), names); nearest != "" {
			return fmt.Errorf("%s: there is no member %s; did you mean %q?", i.path(), quote(name), nearest)
		}
		return fmt.Errorf("%s: there is no member %s; there are %v", i.path(), quote(name), names)
	}
	if err != nil {
		return fmt.Errorf("%s.%s: %w", i.path(), name, err)
	}
	return nil
}

var (
	errNotString  = errors.New("it is not a string, or empty")
	errNotStrings = errors.New("it is not an array of strings")
)

func readString(into *string, value any) error {
	text, _ := value.(string)
	if text == "" {
		return errNotString
	}
	*into = text
	return nil
}

func readStrings[S ~string](into *[]S, value any) error {
	values, ok := value.([]any)
	if !ok {
		return errNotStrings
	}
	*into = make([]S, len(values))
	for n, each := range values {
		text, ok := each.(string)
		if !ok {
			return errNotStrings
		}
		(*into)[n] = S(text)
	}
	return nil
}
