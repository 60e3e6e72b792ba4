package verifier

import "fmt"

// trust finds the issuers that are trusted.
type trust struct {
	listed       map[string]*issuer
	remote       *RemoteKeySets // nil if there are none
	file         *issuersFile   // nil if there is none
	organization *organization  // nil if there is none
}

// newTrust reads the files that the Config names.
func newTrust(c Config) (*trust, []error) {
	m := &issuerMaker{c.Audiences, c.Algorithms, c.RemoteKeys, c.Now, c.Logger}
	if len(m.algorithms) == 0 {
		m.algorithms = Algorithms()
	}
	t := &trust{listed: make(map[string]*issuer, len(c.Issuers)), remote: c.RemoteKeys}
	var faults []error
	for n, each := range c.Issuers {
		i := &issuer{Issuer: each, position: n}
		faults = append(faults, m.complete(i, readNow{c.Now, c.Logger})...)
		if other, twice := t.listed[i.URL]; twice {
			faults = append(faults, listedTwice(i, other))
			continue
		}
		t.listed[i.URL] = i
	}
	if c.IssuersFile != "" {
		var err error
		if t.file, err = newIssuersFile(c.IssuersFile, m, t.listed); err != nil {
			faults = append(faults, err)
		} else if len(t.listed) == 0 && t.file.len() == 0 && c.Organization == nil {
			faults = append(faults, fmt.Errorf("issuers_file: %s lists no issuer, and nothing else is trusted", c.IssuersFile))
		}
	}
	if c.Organization != nil {
		var more []error
		t.organization, more = newOrganization(*c.Organization, m)
		faults = append(faults, more...)
	}
	return t, faults
}

func listedTwice(i, other *issuer) error {
	return fmt.Errorf("%s.url: %s is %s already", i.path(), quote(i.URL), other.path())
}

// find returns the trusted issuer with the URL, or nil. One that is listed goes
// by its own entry.
func (t *trust) find(url string) *issuer {
	if t == nil {
		return nil
	}
	if i := t.findListed(url); i != nil {
		return i
	}
	if t.organization != nil {
		return t.organization.find(url)
	}
	return nil
}

func (t *trust) findListed(url string) *issuer {
	if i := t.listed[url]; i != nil {
		return i
	}
	if t.file != nil {
		return t.file.find(url)
	}
	return nil
}

// again finds an issuer that was found before, as it is trusted now.
func (t *trust) again(before *issuer) *issuer {
	if i := t.findListed(before.URL); i != nil {
		return i
	}
	if before.orgs != nil {
		return before // what an organization says does not change
	}
	return nil
}
