package verifier

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestProbeFile(t *testing.T) {
	path := keyFile(t)
	v := mustNew(t, Config{Issuers: []Issuer{{URL: testIssuer, JWKSFile: path}}, Audiences: []string{"my-app"}})
	report := probeOf(t, v, testIssuer)
	if len(report.Problems)+len(report.Warnings) != 0 || len(report.Keys) != 2 || report.Discovery != nil || report.Document.Location != path {
		t.Errorf("got %+v", report)
	}
	for name, tt := range map[string]struct {
		change func() error
		want   ProbeCode
	}{
		"HTML":    {func() error { return os.WriteFile(path, []byte("<html>"), 0o600) }, ProbeNotJSON},
		"a pipe":  {func() error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, ProbeFile},
		"missing": {func() error { return os.RemoveAll(path) }, ProbeFile},
	} {
		if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, aws().jwks(), 0o600), tt.change()); err != nil {
			t.Fatal(err)
		}
		report := probeOf(t, v, testIssuer)
		if !slices.Equal(codes(report.Problems), []ProbeCode{tt.want}) {
			t.Errorf("%s: %+v", name, report.Problems)
		}
	}
	// The keys in use are those that were read when it was good.
	keys := v.trust.find(testIssuer).Keys
	wantKey(t, keys, "RSA_0")
}

// opaque is a KeySet of somebody else's.
type opaque struct{ KeySet }

func TestProbeKeySets(t *testing.T) {
	c := goodConfig(t)
	c.Issuers[1].Keys = opaque{c.Issuers[1].Keys}
	v := mustNew(t, c)
	report := probeOf(t, v, testIssuer)
	if len(report.Problems) != 0 || len(report.Keys) != 2 || report.Document != nil {
		t.Errorf("got %+v", report)
	}
	if report := probeOf(t, v, otherURL); !slices.Equal(codes(report.Problems), []ProbeCode{ProbeOpaque}) {
		t.Errorf("got %+v", report)
	}
}

func TestIssuers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "issuers.json")
	keys := keyFile(t)
	list := "[" + entry("https://b.example", keys, "") + "," + entry("https://a.example", keys, `, "accounts":["123456789012"], "algorithms": ["RS256"]`) + "]"
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	c := goodConfig(t)
	c.IssuersFile = path
	c.Issuers[1].Audiences = []string{"other"}
	infos := mustNew(t, c).Issuers()
	var got []string
	for _, i := range infos {
		got = append(got, fmt.Sprint(i.Path, " ", i.URL, i.Accounts, i.Audiences, i.Algorithms, i.JWKSFile == keys))
	}
	want := []string{
		"issuers[0] " + testIssuer + "[] [my-app] [RS256 ES384] false",
		"issuers[1] " + otherURL + "[] [other] [RS256 ES384] false",
		"issuers_file[0] https://b.example[] [my-app] [RS256 ES384] true",
		"issuers_file[1] https://a.example[123456789012] [my-app] [RS256] true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	infos[3].Accounts[0] = "changed"
	if mustNew(t, c).Issuers()[3].Accounts[0] == "changed" || new(Verifier).Issuers() != nil {
		t.Error("a list is shared")
	}
}
