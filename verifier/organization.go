package verifier

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-awsjwt/caddy-awsjwt/awstoken"
)

// DefaultIssuerTemplate matches the issuers of all accounts of the commercial
// AWS partition.
const DefaultIssuerTemplate = "https://" + uuidMark + ".tokens.sts.global.api.aws"

const (
	uuidMark   = "<uuid>"
	sampleUUID = "00000000-0000-0000-0000-000000000000"
)

// Organization trusts the issuers of all accounts of AWS organizations, without
// listing them. Any account in the world has an issuer of the same form, so it
// is the organization's ID in the signed claim org_id that is trusted.
//
// Anybody can invent an issuer, too. Fetches for issuers of which no token was
// ever accepted are therefore rationed, 60 in any minute.
type Organization struct {
	// The IDs of the organizations, such as o-a1b2c3d4e5.
	IDs []string `json:"ids"`

	// The form of the issuers' URLs, in which <uuid> stands once for a UUID of
	// lower-case digits. Default: https://<uuid>.tokens.sts.global.api.aws.
	IssuerTemplate string `json:"issuer_template,omitempty"`
}

// organization is an Organization that finds its issuers.
type organization struct {
	before, behind string // the UUID
	issuer         issuer // what each of them is
	remote         *RemoteKeySets
	ration         ration
}

func newOrganization(c Organization, m *issuerMaker) (*organization, []error) {
	var faults []error
	if len(c.IDs) == 0 {
		faults = append(faults, errors.New("organization.ids: at least one is required"))
	}
	for n, id := range c.IDs {
		if !awstoken.IsOrgID(id) {
			faults = append(faults, fmt.Errorf("organization.ids[%d]: %s is not the ID of an organization, such as \"o-a1b2c3d4e5\"", n, quote(id)))
		}
	}
	if c.IssuerTemplate == "" {
		c.IssuerTemplate = DefaultIssuerTemplate
	}
	o := &organization{remote: m.remote}
	o.issuer.orgs, o.issuer.Audiences, o.issuer.Algorithms = c.IDs, m.audiences, m.algorithms
	if err := o.readTemplate(c.IssuerTemplate); err != nil {
		faults = append(faults, fmt.Errorf("organization.issuer_template: %w", err))
	}
	if len(m.audiences) == 0 {
		faults = append(faults, errors.New("organization: an audience for all issuers is required"))
	}
	if m.remote == nil {
		faults = append(faults, errors.New("organization: remote key sets are required"))
	}
	return o, faults
}

func (o *organization) readTemplate(template string) error {
	var found bool
	o.before, o.behind, found = strings.Cut(template, uuidMark)
	if !found || strings.Contains(o.behind, uuidMark) {
		return fmt.Errorf("%s must have %s in it, once", quote(template), uuidMark)
	}
	return checkIssuerURL(o.before + sampleUUID + o.behind)
}

// matches reports whether a URL is of the template's form.
func (o *organization) matches(url string) bool {
	rest, ok := strings.CutPrefix(url, o.before)
	if !ok {
		return false
	}
	uuid, ok := strings.CutSuffix(rest, o.behind)
	return ok && isUUID(uuid)
}

// find returns an issuer that the template matches, or nil.
func (o *organization) find(url string) *issuer {
	if !o.matches(url) {
		return nil
	}
	i := o.issuer
	i.URL, i.Keys = url, &candidateKeys{remoteHandle: remoteHandle{sets: o.remote, location: location{issuer: url}}, ration: &o.ration}
	return &i
}

// isUUID reports whether s is a UUID (RFC 9562) of lower-case digits.
func isUUID(s string) bool {
	if len(s) != len(sampleUUID) {
		return false
	}
	for n := range len(s) {
		c := s[n]
		if dash := sampleUUID[n] == '-'; dash != (c == '-') || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// checkOrg holds a verified token against the organizations that its issuer is
// trusted for.
func (i *issuer) checkOrg(t *awstoken.Token) *Error {
	switch {
	case i.orgs == nil || slices.Contains(i.orgs, t.OrgID):
		return nil
	case t.OrgID == "":
		return refuse(OrgMismatch, "the token's account %s is in no organization, one of %v is wanted", t.AccountID, i.orgs)
	}
	return refuse(OrgMismatch, "organization %s is not one of %v", quote(t.OrgID), i.orgs)
}

// prove says that a token of the issuer's was accepted.
func (i *issuer) prove() {
	if keys, ok := i.Keys.(*candidateKeys); ok {
		keys.prove()
	}
}
