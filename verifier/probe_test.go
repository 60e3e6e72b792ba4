package verifier

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// probing makes a Verifier that trusts one issuer, whose keys are fetched.
func probing(t *testing.T, i Issuer, r RemoteConfig) *Verifier {
	t.Helper()
	sets, err := NewRemoteKeySets(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sets.Close() })
	return mustNew(t, Config{Issuers: []Issuer{i}, Audiences: []string{"my-app"}, RemoteKeys: sets})
}

func probeOf(t *testing.T, v *Verifier, issuer string) *ProbeReport {
	t.Helper()
	report, err := v.Probe(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func codes(findings []Finding) (all []ProbeCode) {
	for _, f := range findings {
		if f.Text == "" || f.Remedy == "" {
			panic("a finding without text or remedy: " + string(f.Code))
		}
		all = append(all, f.Code)
	}
	return all
}

func TestProbe(t *testing.T) {
	e := newEndpoint(t)
	report := probeOf(t, probing(t, Issuer{URL: e.issuer, Accounts: []string{account}}, RemoteConfig{}), e.issuer)
	if report.Issuer != e.issuer || report.Path != "issuers[0]" || !slices.Equal(report.Accounts, []string{account}) {
		t.Errorf("got %+v", report)
	}
	if report.Discovery.Location != e.issuer+"/.well-known/openid-configuration" || report.Document.Location != e.issuer+"/.well-known/jwks.json" ||
		report.Discovery.Took <= 0 || report.Document.Took <= 0 {
		t.Errorf("documents %+v %+v", report.Discovery, report.Document)
	}
	want := []PublishedKey{
		{ID: "RSA_0", Algorithm: RS256, Kind: "RSA", Bits: 2048},
		{ID: "EC384_0", Algorithm: ES384, Kind: "EC", Curve: "P-384"},
	}
	if !slices.Equal(report.Keys, want) {
		t.Errorf("keys %+v", report.Keys)
	}
	if len(report.Problems) != 0 || !slices.Equal(codes(report.Warnings), []ProbeCode{ProbePlainHTTP}) {
		t.Errorf("problems %+v, warnings %+v", report.Problems, report.Warnings)
	}
}

// Each problem is found, and is not there when the one answer is the good one.
func TestProbeProblems(t *testing.T) {
	e := newEndpoint(t)
	good, goodKeys := e.discovery, e.jwks
	discovery := func(issuer, uri string) http.HandlerFunc {
		return text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, uri))
	}
	uri := e.issuer + "/.well-known/jwks.json"
	many := make([]any, maxKeys+1)
	for n := range many {
		many[n] = ecJWK(&aws().ec.PublicKey, fmt.Sprintf("k%d", n))
	}
	for name, tt := range map[string]struct {
		discovery, jwks http.HandlerFunc
		want            ProbeCode
	}{
		"404":                 {status(404), nil, ProbeStatus},
		"503":                 {status(503), nil, ProbeStatus},
		"keys, 500":           {nil, status(500), ProbeStatus},
		"a redirect":          {redirect(uri), nil, ProbeRedirect},
		"keys redirect":       {nil, redirect(uri + "?again"), ProbeRedirect},
		"another issuer":      {discovery(e.issuer+"/", uri), nil, ProbeOtherIssuer},
		"no jwks_uri":         {text(fmt.Sprintf(`{"issuer":%q}`, e.issuer)), nil, ProbeJWKSURI},
		"jwks_uri elsewhere":  {discovery(e.issuer, "https://evil.example/jwks.json"), nil, ProbeJWKSURI},
		"jwks_uri too long":   {discovery(e.issuer, e.URL+"/"+strings.Repeat("x", 4096)), nil, ProbeJWKSURI},
		"discovery too large": {text(strings.Repeat(" ", maxDocument+1)), nil, ProbeTooLarge},
		"keys too large":      {nil, text(string(aws().jwks()) + strings.Repeat(" ", maxDocument)), ProbeTooLarge},
		"discovery of HTML":   {text("<html>"), nil, ProbeNotJSON},
		"keys of HTML":        {nil, text("<html>"), ProbeNotJSON},
		"no keys":             {nil, text(`{"keys":{}}`), ProbeNotJWKS},
		"no usable key":       {nil, text(`{"keys":[{"kty":"oct","kid":"x","k":"AA"}]}`), ProbeNoUsableKey},
		"too many keys":       {nil, text(string(jwks(many...))), ProbeTooManyKeys},
		"a connection cut":    {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, ProbeUnreachable},
		"a body cut": {nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9")
			fmt.Fprint(w, "{")
		}, ProbeUnreachable},
		"headers that never end": {nil, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, ProbeTimeout},
		"a body that never ends": {nil, endless, ProbeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			v := probing(t, Issuer{URL: e.issuer}, RemoteConfig{Timeout: 300 * time.Millisecond})
			e.set(&e.discovery, good)
			e.set(&e.jwks, goodKeys)
			if report := probeOf(t, v, e.issuer); len(report.Problems) != 0 {
				t.Fatalf("the control: %+v", report.Problems)
			}
			if tt.discovery != nil {
				e.set(&e.discovery, tt.discovery)
			}
			if tt.jwks != nil {
				e.set(&e.jwks, tt.jwks)
			}
			report := probeOf(t, v, e.issuer)
			if got := codes(report.Problems); !slices.Equal(got, []ProbeCode{tt.want}) {
				t.Errorf("got %+v, want %s", report.Problems, tt.want)
			}
			if down := strings.Contains(name, "50"); down != (report.Problems[0].Remedy == remedyDown) {
				t.Errorf("the remedy is %q", report.Problems[0].Remedy)
			}
			if (report.Document == nil) != (tt.discovery != nil) || report.Discovery == nil {
				t.Errorf("documents %+v %+v", report.Discovery, report.Document)
			}
		})
	}
}

// What the network does on the way.
func TestProbeUnreachable(t *testing.T) {
	plain := newEndpoint(t)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"issuer":"https://%s","jwks_uri":"https://%[1]s/keys","keys":[%s]}`, r.Host, mustJSON(ecJWK(&aws().ec.PublicKey, "EC384_0")))
	}))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	closed := httptest.NewServer(nil)
	closed.Close()
	trusts := x509.NewCertPool()
	trusts.AddCert(secure.Certificate())
	proxy, err := url.Parse(closed.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		issuer Issuer
		config RemoteConfig
		want   ProbeCode // "" is none
	}{
		"the control":                     {Issuer{URL: secure.URL}, RemoteConfig{RootCAs: trusts}, ""},
		"a certificate of nobody":         {Issuer{URL: secure.URL}, RemoteConfig{}, ProbeTLS},
		"plain http where https is meant": {Issuer{URL: strings.Replace(plain.issuer, "http:", "https:", 1)}, RemoteConfig{RootCAs: trusts}, ProbeTLS},
		"another name":                    {Issuer{URL: strings.Replace(secure.URL, "127.0.0.1", "localhost", 1)}, RemoteConfig{RootCAs: trusts}, ProbeTLS},
		"nobody listens":                  {Issuer{URL: closed.URL}, RemoteConfig{}, ProbeUnreachable},
		"no proxy listens":                {Issuer{URL: secure.URL}, RemoteConfig{RootCAs: trusts, Proxy: proxy}, ProbeProxy},
		"an inner address":                {Issuer{URL: testIssuer, JWKSURL: secure.URL}, RemoteConfig{RootCAs: trusts}, ProbeAddress},
		"an inner address, permitted":     {Issuer{URL: testIssuer, JWKSURL: secure.URL}, RemoteConfig{RootCAs: trusts, AllowPrivateAddresses: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			report := probeOf(t, probing(t, tt.issuer, tt.config), tt.issuer.URL)
			got := codes(report.Problems)
			if tt.want == "" && len(got) != 0 || tt.want != "" && !slices.Equal(got, []ProbeCode{tt.want}) {
				t.Errorf("got %+v, want %q", report.Problems, tt.want)
			}
			if hasDiscovery := report.Discovery != nil; hasDiscovery != (tt.issuer.JWKSURL == "") {
				t.Errorf("discovery %+v", report.Discovery)
			}
		})
	}
}

// An issuer that nobody trusts is not fetched from.
func TestProbeUntrusted(t *testing.T) {
	e := newEndpoint(t)
	v := probing(t, Issuer{URL: e.issuer}, RemoteConfig{})
	if _, err := v.Probe(t.Context(), e.issuer+"/"); !errors.Is(err, ErrUntrustedIssuer) || e.discoveries.Load() != 0 {
		t.Errorf("got %v, %d fetches", err, e.discoveries.Load())
	}
	if _, err := new(Verifier).Probe(t.Context(), e.issuer); !errors.Is(err, ErrUntrustedIssuer) {
		t.Errorf("the zero value: %v", err)
	}
	if report := probeOf(t, v, e.issuer); len(report.Problems) != 0 || e.discoveries.Load() != 1 {
		t.Errorf("the control: %+v", report.Problems)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Probe(ended, e.issuer); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// The issuers of an organization's accounts are in no list, and are probed when
// the template matches.
func TestProbeOrganization(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("GET /{uuid}/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"issuer":"%s/%s","jwks_uri":"%[1]s/keys"}`, server.URL, r.PathValue("uuid"))
	})
	mux.HandleFunc("GET /keys", text(string(aws().jwks())))
	sets := newRemoteSets(t, RemoteConfig{})
	v := mustNew(t, Config{
		Audiences: []string{"my-app"}, RemoteKeys: sets,
		Organization: &Organization{IDs: []string{"o-a1b2c3d4e5"}, IssuerTemplate: server.URL + "/<uuid>"},
	})
	for range rationSize + 1 { // more than the ration would let begin
		report := probeOf(t, v, server.URL+"/"+sampleUUID)
		if len(report.Problems) != 0 || report.Path != "" || len(report.Keys) != 2 {
			t.Fatalf("got %+v", report)
		}
	}
	if _, err := v.Probe(t.Context(), server.URL+"/"+strings.ToUpper(sampleUUID[:35])+"A"); !errors.Is(err, ErrUntrustedIssuer) {
		t.Errorf("what the template does not match: %v", err)
	}
	if len(sets.sets)+len(sets.candidates) != 0 {
		t.Error("key sets were made")
	}
}

func newRemoteSets(t *testing.T, c RemoteConfig) *RemoteKeySets {
	t.Helper()
	sets, err := NewRemoteKeySets(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sets.Close() })
	return sets
}

// A probe changes nothing: neither the keys in use, nor what is stored.
func TestProbeDisturbsNothing(t *testing.T) {
	e, store := newEndpoint(t), newMemory()
	s, _ := newRemote(t, e.issuer, RemoteConfig{Store: store})
	v := mustNew(t, Config{Issuers: []Issuer{{URL: e.issuer, Keys: s.KeySet}}, Audiences: []string{"my-app"}})
	probeOf(t, v, e.issuer)
	if names, err := store.Names(t.Context()); err != nil || len(names) != 0 || len(s.sets) != 0 {
		t.Errorf("stored %v, %v; %d key sets", names, err, len(s.sets))
	}
	wantKey(t, s, "RSA_0") // the control: a use stores
	s.running.Wait()
	if names, err := store.Names(t.Context()); err != nil || len(names) != 1 {
		t.Errorf("stored %v, %v", names, err)
	}
	e.set(&e.jwks, status(500))
	if report := probeOf(t, v, e.issuer); !slices.Equal(codes(report.Problems), []ProbeCode{ProbeStatus}) {
		t.Errorf("got %+v", report.Problems)
	}
	wantKey(t, s, "RSA_0")
	if s.set().failure != nil {
		t.Errorf("the failure became that of the keys in use: %v", s.set().failure)
	}
	_ = s.Close()
	if report := probeOf(t, v, e.issuer); !slices.Equal(codes(report.Problems), []ProbeCode{ProbeFailed}) {
		t.Errorf("closed: %+v", report.Problems)
	}
}
