package devsts

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// AnyIssuer is the Fault.Issuer that means every issuer, UUIDs that no account
// has among them.
const AnyIssuer = "*"

// Fault is what goes wrong when an issuer's documents are fetched, so that a
// test can see how a verifier takes it. No fault touches GetWebIdentityToken.
type Fault struct {
	// Issuer is an account's ID, its issuer's UUID or URL, or AnyIssuer. The
	// fault of an issuer goes before that of AnyIssuer.
	Issuer string
	// Document is the document that is at fault; empty means DocumentBoth. A
	// kind that is about one document leaves the other alone.
	Document Document
	// Kind is what goes wrong.
	Kind FaultKind
	// Status is the status of FaultError, 400 to 599; zero means 503.
	Status int
	// Delay is how long FaultDelay takes; that kind needs one.
	Delay time.Duration
	// For is how long the fault lasts in real time, whatever Config.Now says;
	// zero means until it is cleared.
	For time.Duration
}

// SetFault puts a fault in force, in the place of one that the same issuer's
// same document had. Requests that wait for that one are answered anew.
func (s *Server) SetFault(f Fault) error {
	kind, err := f.check()
	if err != nil {
		return fmt.Errorf("setting a fault: %w", err)
	}
	if f.Issuer, err = s.faultIssuer(f.Issuer); err != nil {
		return fmt.Errorf("setting a fault: %w", err)
	}
	if f.Kind == FaultError && f.Status == 0 {
		f.Status = http.StatusServiceUnavailable
	}
	documents := []Document{f.Document}
	switch {
	case kind.only != "":
		documents = []Document{kind.only}
	case f.Document == "" || f.Document == DocumentBoth:
		documents = []Document{DocumentDiscovery, DocumentKeys}
	}
	for _, d := range documents {
		f.Document = d
		s.inForce.put(f, kind)
	}
	return nil
}

// ClearFaults ends an issuer's faults, or those of AnyIssuer; an empty issuer
// means all faults.
func (s *Server) ClearFaults(issuer string) error {
	if issuer != "" {
		var err error
		if issuer, err = s.faultIssuer(issuer); err != nil {
			return fmt.Errorf("clearing faults: %w", err)
		}
	}
	s.inForce.clear(issuer)
	return nil
}

// Faults returns the faults in force, one for each document. Issuer is a UUID
// or AnyIssuer, and For is what is left of it.
func (s *Server) Faults() []Fault { return s.inForce.list() }

// faultIssuer returns the UUID of an issuer, or AnyIssuer.
func (s *Server) faultIssuer(name string) (string, error) {
	if name == AnyIssuer {
		return name, nil
	}
	a, err := s.findAccount(name)
	if err != nil {
		return "", fmt.Errorf("%w (* is every issuer)", err)
	}
	return a.IssuerID, nil
}

// check says what is wrong with a fault in the names of the query parameters,
// which are those of its fields.
func (f Fault) check() (faultKind, error) {
	kind, ok := findFaultKind(f.Kind)
	if !ok {
		names := make([]string, 0, len(faultKinds()))
		for _, k := range faultKinds() {
			names = append(names, string(k.name))
		}
		return kind, fmt.Errorf("kind: %q is not one of %s", f.Kind, strings.Join(names, ", "))
	}
	switch f.Document {
	case "", DocumentBoth, DocumentDiscovery, DocumentKeys:
	default:
		return kind, fmt.Errorf("document: %q is not one of discovery, keys, both", f.Document)
	}
	if kind.only != "" && f.Document != "" && f.Document != DocumentBoth && f.Document != kind.only {
		return kind, fmt.Errorf("document: kind %s is about %s alone; leave document out", f.Kind, kind.only)
	}
	if f.Kind != FaultError && f.Status != 0 {
		return kind, fmt.Errorf("status: only kind %s has one; leave it out", FaultError)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return kind, fmt.Errorf("status: %d is not 400 to 599", f.Status)
	}
	if f.Kind != FaultDelay && f.Delay != 0 {
		return kind, fmt.Errorf("delay: only kind %s has one; leave it out", FaultDelay)
	}
	if f.Kind == FaultDelay && f.Delay <= 0 {
		return kind, fmt.Errorf("delay: kind %s needs one above zero, such as 2s", f.Kind)
	}
	if f.For < 0 {
		return kind, fmt.Errorf("for: %v is negative", f.For)
	}
	return kind, nil
}
