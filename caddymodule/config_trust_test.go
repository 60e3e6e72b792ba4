package caddymodule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOrganizationFaults(t *testing.T) {
	with := func(o Organization) func(*Handler) { return func(h *Handler) { h.Organization = &o } }
	const id = "o-a1b2c3d4e5"
	good := with(Organization{IDs: []string{id}})
	for _, row := range []faultRow{
		{"no ID", good, with(Organization{}), "organization.ids: at least one is required"},
		{"an ID of another form", good, with(Organization{IDs: []string{id, "O-A1B2C3D4E5"}}),
			`organization.ids[1]: "O-A1B2C3D4E5" is not the ID of an organization, such as "o-a1b2c3d4e5"`},
		{"template without <uuid>", with(Organization{IDs: []string{id}, IssuerTemplate: "https://<uuid>.example"}), with(Organization{IDs: []string{id}, IssuerTemplate: "https://uuid.example"}),
			`organization.issuer_template: "https://uuid.example" must have <uuid> in it, once`},
		{"template with <uuid> twice", good, with(Organization{IDs: []string{id}, IssuerTemplate: "https://<uuid>.example/<uuid>"}),
			`organization.issuer_template: "https://<uuid>.example/<uuid>" must have <uuid> in it, once`},
		{"template with a wildcard", good, with(Organization{IDs: []string{id}, IssuerTemplate: "https://<uuid>.*.example"}),
			`organization.issuer_template: "https://00000000-0000-0000-0000-000000000000.*.example" has a wildcard, an issuer is one exact URL`},
		{"template with http", with(Organization{IDs: []string{id}, IssuerTemplate: "http://127.0.0.1:8010/<uuid>"}), with(Organization{IDs: []string{id}, IssuerTemplate: "http://<uuid>.example"}),
			`organization.issuer_template: "http://00000000-0000-0000-0000-000000000000.example" is plain http, which is only for loopback addresses`},
		{"no audience for it", func(h *Handler) { good(h); h.Issuers[0].Audiences = []string{"a"} },
			func(h *Handler) { good(h); h.Issuers[0].Audiences, h.Audiences = []string{"a"}, nil },
			"organization: an audience for all issuers is required"},
	} {
		row.run(t)
	}
	if err := loadWith(t, func(h *Handler) { good(h); h.Issuers = nil }); err != nil {
		t.Errorf("an organization alone does not load: %v", err)
	}
}

func TestIssuersFileFaults(t *testing.T) {
	good := func(h *Handler) { h.IssuersFile = "testdata/issuers.json" }
	written := func(text string) func(*Handler) {
		path := filepath.Join(t.TempDir(), "issuers.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return func(h *Handler) { h.IssuersFile = path }
	}
	for _, row := range []faultRow{
		{"missing", good, func(h *Handler) { h.IssuersFile = "testdata/missing.json" }, "issuers_file: open testdata/missing.json: no such file or directory"},
		{"in the configuration, too", good, written(`[{"url": "https://a.example"}]`), `issuers_file[0].url: "https://a.example" is issuers[0] already`},
		{"an account", written(`[{"url": "https://b.example", "accounts": ["111122223333"]}]`), written(`[{"url": "https://b.example", "accounts": ["1234"]}]`),
			`issuers_file[0].accounts[0]: "1234" is not 12 digits`},
	} {
		row.run(t)
	}
	if err := loadWith(t, func(h *Handler) { good(h); h.Issuers = nil }); err != nil {
		t.Errorf("a file alone does not load: %v", err)
	}
	empty := written("[]")
	if err := loadWith(t, empty); err != nil {
		t.Errorf("an empty file beside an issuer does not load: %v", err)
	}
	if err := loadWith(t, func(h *Handler) { empty(h); h.Issuers = nil }); err == nil || !strings.Contains(err.Error(), "lists no issuer, and nothing else is trusted") {
		t.Errorf("an empty file alone: %v", err)
	}
}

// An empty list of authorities is not "those of the system".
func TestEmptyCAList(t *testing.T) {
	err := load(t, []byte(`{"issuers": [{"url": "https://a.example"}], "audiences": ["a"], "jwks": {"ca": []}}`))
	checkFaults(t, err, "jwks.ca: the list is empty; leave it out or fill it")
}
