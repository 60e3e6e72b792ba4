package verifier

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Which URLs are good, a second time: none that could be read in two ways.
var (
	urlForm      = regexp.MustCompile(`^((?i)https?)://([^/@?#\\ ]+)([/?#].*)?$`)
	addressForm  = regexp.MustCompile(`^\[?([0-9a-fA-F:.]+?)\]?(:[0-9]*)?$`)
	accountsForm = regexp.MustCompile(`^[0-9]{12}$`)
)

// mayBeFetched takes https to any host, and http to this machine alone.
func mayBeFetched(url string) bool {
	parts := urlForm.FindStringSubmatch(url)
	if parts == nil {
		return false
	}
	if strings.EqualFold(parts[1], "https") {
		return true
	}
	if name, _, _ := strings.Cut(parts[2], ":"); name == "localhost" {
		return true
	}
	host := addressForm.FindStringSubmatch(parts[2])
	if host == nil {
		return false
	}
	ip, err := netip.ParseAddr(host[1])
	return err == nil && ip.IsLoopback()
}

// The issuers of a file that is accepted are those that encoding/json reads, and
// they are the same when they were written and read again.
func FuzzIssuersFile(f *testing.F) {
	for _, seed := range []string{
		`[]`, ` [{"url": "https://a.example"}] `,
		`[{"url": "https://` + sampleUUID + `.tokens.sts.global.api.aws", "accounts": ["123456789012", "012345678901"], "algorithms": ["ES384"], "audiences": ["a", "\u00e9<>"]},
		{"url": "https://b.example/x", "jwks_url": "https://keys.example/jwks?v=1"}, {"url": "http://127.0.0.1:8010/a", "jwks_file": "testdata"}]`,
		`[{"url": "https://a.example"}, {"url": "https://a.example"}]`, `[{"url": "https://listed.example"}]`, `[{"url": "https://a.example", "url": "https://b.example"}]`,
		`[{"URL": "https://a.example"}]`, `[{"url": "https://a.example", "jwks_url": "https://b.example", "jwks_file": "x"}]`, `[{"url": "http://a.example"}]`,
		`[{"url": "https://*.example"}]`, `[{"url": "https://a@b.example"}]`, `[{"url": "https://a.example#"}]`, `[{"url": "http://[::1]:1"}]`, `[{"url": "HTTPS://A.example."}]`,
		`[{"url": "https://a.example", "accounts": []}]`, `[{"url": "https://a.example", "accounts": ["1"]}]`, `[{"url": "https://a.example", "audiences": [""]}]`,
		`[{"url": "https://a.example", "algorithms": ["none"]}]`, `[{"url": "https://a.example", "x": 1}]`, `[{"url": 1, "accounts": "123456789012", "issuer_url": null}]`, `[null]`, `[""]`, `null`, `{}`, `[] []`, ``,
	} {
		f.Add([]byte(seed))
	}
	now := func() time.Time { return epoch }
	maker := &issuerMaker{audiences: []string{"my-app"}, algorithms: Algorithms(), remote: new(RemoteKeySets), now: now, logger: slog.New(slog.DiscardHandler)}
	listed := &issuer{Issuer: Issuer{URL: "https://listed.example"}}
	file := &issuersFile{maker: maker, listed: map[string]*issuer{listed.URL: listed}}
	f.Fuzz(func(t *testing.T, text []byte) {
		version, err := file.parse(text, new(issuersVersion))
		if err != nil {
			if lines := strings.Count(err.Error(), "\n"); lines > maxFaults {
				t.Errorf("%q has %d faults", text, lines)
			}
			return
		}
		issuers := inOrder(version)
		for _, i := range issuers {
			checkIssuer(t, i)
		}
		var theirs []Issuer
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&theirs); err != nil {
			t.Fatalf("%q is accepted, and yet: %v", text, err)
		}
		for n := range theirs {
			if theirs[n].Audiences == nil {
				theirs[n].Audiences = maker.audiences
			}
			if theirs[n].Algorithms == nil {
				theirs[n].Algorithms = maker.algorithms
			}
		}
		if !reflect.DeepEqual(issuers, theirs) && len(issuers)+len(theirs) > 0 {
			t.Errorf("%q is read as %+v, and by encoding/json as %+v", text, issuers, theirs)
		}
		again, err := json.Marshal(issuers)
		if err != nil {
			t.Fatal(err)
		}
		second, err := file.parse(again, version)
		if err != nil || !reflect.DeepEqual(issuers, inOrder(second)) {
			t.Errorf("%q is read as %+v, and what that is written as, %s, as %+v (%v)", text, issuers, again, second, err)
		}
	})
}

// inOrder returns what a version says of its issuers, as the file has them.
func inOrder(version *issuersVersion) []Issuer {
	issuers := make([]Issuer, len(version.issuers))
	for _, i := range version.issuers {
		issuers[i.position] = i.Issuer
		issuers[i.position].Keys = nil
	}
	return issuers
}

func checkIssuer(t *testing.T, i Issuer) {
	t.Helper()
	if !mayBeFetched(i.URL) || strings.ContainsAny(i.URL, "*?#") || i.URL == "https://listed.example" {
		t.Errorf("the issuer %q is accepted", i.URL)
	}
	if i.JWKSURL != "" && (i.JWKSFile != "" || !mayBeFetched(i.JWKSURL)) {
		t.Errorf("accepted: %+v", i)
	}
	if slices.ContainsFunc(i.Accounts, func(a string) bool { return !accountsForm.MatchString(a) }) || slices.Contains(i.Audiences, "") ||
		slices.ContainsFunc(i.Algorithms, func(a Algorithm) bool { return a != "RS256" && a != "ES384" }) {
		t.Errorf("accepted: %+v", i)
	}
}
