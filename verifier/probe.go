package verifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// IssuerInfo is an issuer that is listed, with what it inherits from the Config.
type IssuerInfo struct {
	URL        string
	Accounts   []string // none means any
	Audiences  []string
	Algorithms []Algorithm
	JWKSURL    string // "" unless it stands in for discovery
	JWKSFile   string // "" unless its keys are read from a file
	Path       string // where it is written, such as issuers[0] or issuers_file[7]
}

// Issuers returns the issuers that are listed: those of the Config, in its
// order, and then those of the version of the issuers file that is in force, in
// the file's. An [Organization] lists none.
func (v *Verifier) Issuers() []IssuerInfo {
	if v.trust == nil {
		return nil
	}
	infos := infosOf(v.trust.listed)
	if v.trust.file != nil {
		infos = append(infos, infosOf(v.trust.file.version.Load().issuers)...)
	}
	return infos
}

func infosOf(issuers map[string]*issuer) []IssuerInfo {
	sorted := slices.SortedFunc(maps.Values(issuers), func(a, b *issuer) int { return cmp.Compare(a.position, b.position) })
	infos := make([]IssuerInfo, len(sorted))
	for n, i := range sorted {
		infos[n] = IssuerInfo{
			URL: i.URL, Accounts: slices.Clone(i.Accounts), Audiences: slices.Clone(i.Audiences),
			Algorithms: slices.Clone(i.Algorithms), JWKSURL: i.JWKSURL, JWKSFile: i.JWKSFile, Path: i.path(),
		}
	}
	return infos
}

// ErrUntrustedIssuer says that an issuer is not trusted, and so not probed.
var ErrUntrustedIssuer = errors.New("the issuer is not trusted here; issuers are compared byte for byte")

// Probe fetches an issuer's keys, or reads their file, as verifying one of its
// tokens would, and judges them. It may be an issuer that is listed, or one
// that an [Organization]'s template matches. What is wrong with the issuer is
// in the report. The error is [ErrUntrustedIssuer], or the context's when that
// ended first.
//
// The key sets that are in use, and a [Store], are neither asked nor changed,
// and the ration of an Organization is not touched: do not probe URLs that come
// from tokens.
func (v *Verifier) Probe(ctx context.Context, issuerURL string) (*ProbeReport, error) {
	from := v.trust.find(issuerURL)
	if from == nil {
		return nil, fmt.Errorf("probing issuer %s: %w", quote(issuerURL), ErrUntrustedIssuer)
	}
	p := probe{issuer: from, record: fetchRecord{now: v.now}}
	if from.orgs == nil {
		p.report.Path = from.path()
	}
	err := p.fetch(ctx)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("probing issuer %s: %w", quote(issuerURL), ctx.Err())
	}
	return p.judge(err), nil
}

// probe is one look at an issuer's keys.
type probe struct {
	issuer  *issuer
	record  fetchRecord
	timeout time.Duration // 0 unless keys are fetched
	report  ProbeReport
}

func (p *probe) fetch(ctx context.Context) error {
	switch keys := p.issuer.Keys.(type) {
	case *remoteHandle:
		return p.fetchRemote(ctx, keys)
	case *candidateKeys:
		return p.fetchRemote(ctx, &keys.remoteHandle)
	case *FileKeySet:
		return p.readFile(keys)
	case *StaticKeySet:
		for _, id := range slices.Sorted(maps.Keys(keys.keys)) {
			p.record.judged(nil, keys.keys[id], nil)
		}
		return nil
	}
	return faulty(ProbeOpaque, fmt.Errorf("listing keys: a key set of type %T does not tell them", p.issuer.Keys))
}

// fetchRemote fetches into a key set that nobody else knows.
func (p *probe) fetchRemote(ctx context.Context, handle *remoteHandle) error {
	sets := handle.sets
	if sets.config.Now == nil {
		return errZeroKeySets()
	}
	p.record.now, p.timeout = sets.config.Now, sets.config.Timeout
	p.report.remote = true
	ctx, cancel := context.WithCancel(withRecord(ctx, &p.record))
	defer cancel()
	defer context.AfterFunc(sets.ctx, cancel)()
	set := sets.newSet(handle.location)
	set.trusted = true // whoever probes it vouches for it
	done, err := make(chan struct{}), error(nil)
	begun := sets.begin(func() {
		defer close(done)
		var leave func()
		if leave, err = set.takeSlot(ctx, new(fetch)); err == nil {
			_, _, err = set.fetch(ctx)
			leave()
		}
	})
	if !begun {
		return errors.New("fetching keys: the key sets are closed")
	}
	<-done
	return err
}

// readFile reads the file beside the key set that is in use.
func (p *probe) readFile(keys *FileKeySet) error {
	if keys.now == nil {
		return errors.New("reading key file: the key set is a zero value; NewFileKeySet makes one")
	}
	p.record.now = keys.now
	end := p.record.visit(keys.file.path)
	file := watchedFile{path: keys.file.path, limit: keys.file.limit}
	text, err := file.read()
	end()
	if err != nil {
		return faulty(ProbeFile, fmt.Errorf("opening key file: %w", err))
	}
	if _, err := judgeJWKS(text, &p.record); err != nil {
		return fmt.Errorf("reading key file %s: %w", keys.file.path, err)
	}
	return nil
}
