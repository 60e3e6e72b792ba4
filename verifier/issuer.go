package verifier

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"
)

// Issuer is somebody whose tokens are trusted. Its JSON form is that of the
// entries of an issuers file.
type Issuer struct {
	// The issuer's URL, compared with iss byte for byte.
	URL string `json:"url"`

	// The AWS accounts that the issuer may speak for, 12 digits each. Default: any,
	// which is right only for an issuer that no other account can use: AWS gives
	// every account an issuer of its own.
	Accounts []string `json:"accounts,omitempty"`

	// The audiences that its tokens may be made out to. Default: the common ones.
	Audiences []string `json:"audiences,omitempty"`

	// The algorithms for its tokens: RS256, ES384. Default: the common ones.
	Algorithms []Algorithm `json:"algorithms,omitempty"`

	// Where its keys are. Default: found by OpenID Connect Discovery.
	JWKSURL string `json:"jwks_url,omitempty"`

	// A JWKS file to read its keys from, again when it changes.
	JWKSFile string `json:"jwks_file,omitempty"`

	// Keys are the issuer's, instead of all that.
	Keys KeySet `json:"-"`
}

// issuer is an Issuer with what it inherits from the Config.
type issuer struct {
	Issuer
	orgs     []string // the organizations of which its tokens must name one; nil for a listed issuer
	inFile   bool
	position int // in the file or in Config.Issuers, for messages
}

// allows reports whether the issuer's tokens may be signed so.
func (i *issuer) allows(a Algorithm) bool { return slices.Contains(i.Algorithms, a) }

// path is where the issuer is written.
func (i *issuer) path() string {
	if i.inFile {
		return fmt.Sprintf("issuers_file[%d]", i.position)
	}
	return fmt.Sprintf("issuers[%d]", i.position)
}

// whereKeysComeFrom says how a key that is missing may be had.
func (i *issuer) whereKeysComeFrom() string {
	if i.JWKSFile != "" {
		return fmt.Sprintf("if it is a new one, its jwks_file %s has to be brought up to date", i.JWKSFile)
	}
	return "a key that is new there is found within the cooldown"
}

// issuerMaker makes issuers of their entries.
type issuerMaker struct {
	audiences  []string
	algorithms []Algorithm
	remote     *RemoteKeySets
	now        func() time.Time
	logger     *slog.Logger
}

// complete gives an issuer what it inherits, and its keys, and says what is
// wrong with it.
func (m *issuerMaker) complete(i *issuer, files keyFiles) (faults []error) {
	path := i.path()
	faults = i.faults(path)
	if len(i.Audiences) == 0 {
		i.Audiences = m.audiences
	}
	if len(i.Audiences) == 0 {
		faults = append(faults, fmt.Errorf("%s.audiences: an audience is required, here or for all issuers", path))
	}
	if len(i.Algorithms) == 0 {
		i.Algorithms = m.algorithms
	}
	if err := m.giveKeys(path, &i.Issuer, files); err != nil {
		faults = append(faults, err)
	}
	return faults
}

func (i Issuer) faults(path string) (faults []error) {
	faults = locationFaults(path+".", i.URL, i.JWKSURL)
	faults = append(faults, listFaults(path+".accounts", i.Accounts, accountProblem)...)
	faults = append(faults, listFaults(path+".audiences", i.Audiences, audienceProblem)...)
	return append(faults, listFaults(path+".algorithms", i.Algorithms, algorithmProblem)...)
}

// giveKeys gives an issuer its key set.
func (m *issuerMaker) giveKeys(path string, i *Issuer, files keyFiles) error {
	switch {
	case i.JWKSFile != "" && i.JWKSURL != "":
		return fmt.Errorf("%s.jwks_file: it cannot stand beside jwks_url", path)
	case i.Keys != nil && i.JWKSFile+i.JWKSURL != "":
		return fmt.Errorf("%s: it has a key set and says where to find one", path)
	case i.Keys != nil:
		return nil
	case i.JWKSFile != "":
		keys, err := files.open(i.JWKSFile)
		if err != nil {
			return fmt.Errorf("%s.jwks_file: %w", path, err)
		}
		i.Keys = keys
		return nil
	case m.remote == nil:
		return fmt.Errorf("%s: it has no key set", path)
	}
	i.Keys = &remoteHandle{sets: m.remote, location: location{i.URL, i.JWKSURL}}
	return nil
}

// keyFiles opens the key files that issuers name.
type keyFiles interface {
	open(path string) (*FileKeySet, error)
}

// readNow reads a key file at once: what a configuration names is good or an
// error.
type readNow struct {
	now    func() time.Time
	logger *slog.Logger
}

func (r readNow) open(path string) (*FileKeySet, error) { return NewFileKeySet(path, r.now, r.logger) }

// readOnUse reads a key file when it is first used, since an issuers file may
// name thousands. Each is opened once, and stays open to all versions of that
// file which name it.
type readOnUse struct {
	readNow
	opened, before map[string]*FileKeySet // in this version, and in the one in force

	used *openedFiles // is told of those that are read
}

func (r readOnUse) open(path string) (*FileKeySet, error) {
	if keys, ok := r.opened[path]; ok {
		return keys, nil
	}
	keys, ok := r.before[path]
	if !ok {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("opening key file: %w", err)
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("opening key file: %s is not a regular file", path)
		}
		keys = newFileKeySet(path, r.now, r.logger)
		keys.opened = r.used
	}
	r.opened[path] = keys
	return keys, nil
}
