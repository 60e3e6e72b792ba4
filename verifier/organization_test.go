package verifier

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const orgID = "o-a1b2c3d4e5"

// orgWorld is a Verifier that trusts an organization, at an endpoint whose
// issuers all have the keys of aws.
type orgWorld struct {
	*endpoint
	sets  *RemoteKeySets
	clock clock
	base  string
}

const orgUUID = "abc12345-def4-5678-90ab-cdef12345678"

func newOrgWorld(t *testing.T) *orgWorld {
	t.Helper()
	w := &orgWorld{endpoint: newEndpoint(t)}
	// Every UUID is served as the issuer of the endpoint, /uuid.
	inner := w.Config.Handler
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		uuid, rest, _ := strings.Cut(r.URL.Path[1:], "/")
		if isUUID(uuid) {
			w.set(&w.discovery, text(`{"issuer":"`+w.base+uuid+`","jwks_uri":"`+w.base+uuid+`/.well-known/jwks.json"}`))
			r.URL.Path = "/uuid/" + rest
		}
		inner.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.base = server.URL + "/"
	var err error
	if w.sets, err = NewRemoteKeySets(RemoteConfig{Now: w.clock.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.sets.Close() })
	return w
}

func (w *orgWorld) config() Config {
	return Config{
		Organization: &Organization{IDs: []string{"o-0000000000", orgID}, IssuerTemplate: w.base + "<uuid>"},
		RemoteKeys:   w.sets, Audiences: []string{"my-app"}, Now: w.clock.now,
	}
}

// token is a good one of an account of the organization, changed by change.
func (w *orgWorld) token(uuid string, change func(claims)) string {
	c := goodClaims()
	c.top["iss"], c.aws["org_id"] = w.base+uuid, orgID
	if change != nil {
		change(c)
	}
	return c.signedBy(aws())
}

func TestOrganization(t *testing.T) {
	w := newOrgWorld(t)
	for _, tt := range []struct {
		name   string
		token  string
		reason Reason
	}{
		{"an account of it", w.token(orgUUID, nil), ""},
		{"an account of the other one that is listed", w.token(orgUUID, func(c claims) { c.aws["org_id"] = "o-0000000000" }), ""},
		{"an account of another", w.token(orgUUID, func(c claims) { c.aws["org_id"] = "o-1111111111" }), OrgMismatch},
		{"an account of none", w.token(orgUUID, func(c claims) { delete(c.aws, "org_id") }), OrgMismatch},
		{"an ID in another case", w.token(orgUUID, func(c claims) { c.aws["org_id"] = strings.ToUpper(orgID) }), OrgMismatch},
		{"an ID with something behind", w.token(orgUUID, func(c claims) { c.aws["org_id"] = orgID + "0" }), OrgMismatch},
		{"a signature of somebody else", func() string {
			c := goodClaims()
			c.top["iss"], c.aws["org_id"] = w.base+orgUUID, orgID
			return c.signedBy(stranger())
		}(), BadSignature},
		{"a UUID in capitals", w.token(strings.ToUpper(orgUUID), nil), UnknownIssuer},
		{"a UUID without dashes", w.token(strings.ReplaceAll(orgUUID, "-", ""), nil), UnknownIssuer},
		{"a dash moved", w.token("abc1234-5def4-5678-90ab-cdef12345678", nil), UnknownIssuer},
		{"no hexadecimal digit", w.token("g"+orgUUID[1:], nil), UnknownIssuer},
		{"a slash behind", w.token(orgUUID+"/", nil), UnknownIssuer},
		{"a path before", w.token("x/"+orgUUID, nil), UnknownIssuer},
		{"something behind", w.token(orgUUID+"?x", nil), UnknownIssuer},
		{"two UUIDs", w.token(orgUUID+orgUUID, nil), UnknownIssuer},
		{"the mark itself", w.token("<uuid>", nil), UnknownIssuer},
		{"nothing", w.token("", nil), UnknownIssuer},
	} {
		t.Run(tt.name, func(t *testing.T) { wantReason(t, w.config(), tt.token, tt.reason) })
	}
}

// The default template is AWS's, and the UUID counts there as anywhere.
func TestDefaultIssuerTemplate(t *testing.T) {
	sets, err := NewRemoteKeySets(RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer sets.Close()
	v := mustNew(t, Config{Organization: &Organization{IDs: []string{orgID}}, RemoteKeys: sets, Audiences: []string{"a"}})
	for url, want := range map[string]bool{
		testIssuer:                               true,
		otherURL:                                 true,
		testIssuer + "/":                         false,
		testIssuer + ":443":                      false,
		testIssuer + ".":                         false,
		testIssuer + ".evil.example":             false,
		"http" + testIssuer[5:]:                  false,
		"https://evil" + testIssuer[8:]:          false,
		"https://evil.example/" + testIssuer[8:]: false,
		"https://" + orgUUID + ".evil.example":   false,
		"https://" + orgUUID + ".tokens.sts.global.api.aws@evil.example": false,
	} {
		if got := v.trust.find(url) != nil; got != want {
			t.Errorf("%s: trusted %v", url, got)
		}
	}
}

// An issuer that is listed by itself goes by its own entry, pin and all, and
// needs no organization.
func TestListedIssuerGoesByItsOwnEntry(t *testing.T) {
	w := newOrgWorld(t)
	withoutOrg := w.token(orgUUID, func(c claims) { delete(c.aws, "org_id") })
	c := w.config()
	wantReason(t, c, withoutOrg, OrgMismatch)
	c.Issuers = []Issuer{{URL: w.base + orgUUID, Accounts: []string{account}}}
	wantReason(t, c, withoutOrg, "")
	c.Issuers[0].Accounts = []string{"999999999999"}
	wantReason(t, c, w.token(orgUUID, nil), AccountMismatch)
}

// An issuer is seen good once a token of it was accepted, and not before.
func TestOrganizationProves(t *testing.T) {
	w := newOrgWorld(t)
	v := mustNew(t, w.config())
	at := location{issuer: w.base + orgUUID}
	if _, err := v.Verify(t.Context(), w.token(orgUUID, func(c claims) { c.aws["org_id"] = "o-1111111111" })); err == nil {
		t.Fatal("a token of another organization was accepted")
	}
	if w.sets.sets[at] != nil || w.sets.candidates[at] == nil {
		t.Error("a token of another organization's proved the issuer")
	}
	if _, err := v.Verify(t.Context(), w.token(orgUUID, nil)); err != nil {
		t.Fatal(err)
	}
	if w.sets.sets[at] == nil || w.sets.candidates[at] != nil {
		t.Error("a token that was accepted did not prove the issuer")
	}
	// With the ration used up it goes on; one that was never seen does not.
	for range rationSize {
		v.trust.organization.ration.take(w.clock.now())
	}
	w.clock.advance(20 * time.Second)
	if _, err := v.Verify(t.Context(), w.token(orgUUID, nil)); err != nil {
		t.Error(err)
	}
	newcomer := w.token("00000000-0000-4000-8000-000000000001", nil)
	if _, err := v.Verify(t.Context(), newcomer); reasonOf(err) != KeysUnavailable {
		t.Errorf("one that was never seen good, with the ration used up: %v", err)
	}
	w.clock.advance(rationEvery)
	if _, err := v.Verify(t.Context(), newcomer); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}
