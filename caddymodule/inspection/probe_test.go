package inspection

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/creack/pty"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

func goodProbe(url string) *verifier.ProbeReport {
	return &verifier.ProbeReport{
		Issuer: url, Accounts: []string{"123456789012"},
		Discovery: &verifier.Fetched{Location: url + "/.well-known/openid-configuration", Took: 50 * time.Millisecond},
		Document:  &verifier.Fetched{Location: url + "/.well-known/jwks.json", Took: 32 * time.Millisecond},
		Keys: []verifier.PublishedKey{
			{ID: "EC384_0", Algorithm: verifier.ES384, Kind: "EC", Curve: "P-384"},
			{ID: "RSA_0", Algorithm: verifier.RS256, Kind: "RSA", Bits: 2048},
		},
	}
}

func sampleProbes() Probes {
	warned, failed, down := goodProbe("https://b.example"), goodProbe("https://c.example"), goodProbe("https://d.example")
	warned.Warnings = []verifier.Finding{{Code: verifier.ProbeSlow, Text: "fetching took 4s", Remedy: "look at the way"}}
	warned.Document.Took = 4 * time.Second
	failed.Problems = []verifier.Finding{{Code: verifier.ProbeNoUsableKey, Text: "none of its 2 keys", Remedy: "each key says why"}}
	failed.Keys = []verifier.PublishedKey{
		{ID: "a b", Kind: "RSA", Bits: 1024, Problem: "an RSA key of 1024 bits"},
		{ID: "x", Kind: "EC", Curve: "P-256", Problem: "its curve"}, {Problem: "it is not a JSON object"},
		{ID: "y", Kind: "oct", Problem: "its kind"},
	}
	failed.MoreKeys = 3
	down.Discovery, down.Document, down.Keys = nil, nil, nil
	down.Problems = []verifier.Finding{{Code: verifier.ProbeUnreachable, Text: "dial tcp: \x1b[2Jrefused", Remedy: "look at the firewall"}}
	return Probes{
		{Target{"https://a.example", "issuers[0]"}, goodProbe("https://a.example"), nil},
		{Target{"https://b.example", "issuers[1]"}, warned, nil},
		{Target{"https://c.example", "site x, issuers[2]"}, failed, nil},
		{Target{"https://d.example", ""}, down, nil},
		{Target{"https://e.example", "issuers[3]"}, nil, verifier.ErrUntrustedIssuer},
	}
}

func TestProbesText(t *testing.T) {
	const want = `ok    https://a.example  2 keys: EC384_0 ES384, RSA_0 RS256 (2048 bits)  82 ms
warn  https://b.example  2 keys: EC384_0 ES384, RSA_0 RS256 (2048 bits)  4050 ms
      issuers[1]
      warning: fetching took 4s
        → look at the way
FAIL  https://c.example  no usable key  82 ms
      site x, issuers[2]
      problem: none of its 2 keys
        → each key says why
      key "a b" (RSA, 1024 bits) is not used: an RSA key of 1024 bits
      key x (EC, P-256) is not used: its curve
      key "" is not used: it is not a JSON object
      key y (oct) is not used: its kind
      and 3 keys more; --json names them
FAIL  https://d.example
      problem: dial tcp: \x1b[2Jrefused
        → look at the firewall
?     https://e.example
      issuers[3]
      the issuer is not trusted here; issuers are compared byte for byte
5 issuers: 1 ok, 1 with warnings, 2 with problems, 1 not probed; the slowest took 4050 ms: https://b.example
`
	var b bytes.Buffer
	if err := sampleProbes().Text(&b, nil); err != nil {
		t.Error(err)
	}
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	b.Reset()
	if err := (Probes{}).Text(&b, nil); err != nil {
		t.Error(err)
	}
	if err := sampleProbes()[:1].Text(&b, nil); err != nil {
		t.Error(err)
	}
	if got := b.String(); got != "no issuer to probe\n"+strings.SplitAfter(want, "\n")[0]+"1 issuer: 1 ok\n" {
		t.Errorf("got %q", got)
	}
	all := sampleProbes()
	for n, want := range map[int]Outcome{1: OK, 2: Warned, 3: Failed, 5: Failed} {
		if got := all[:n].Worst(); got != want {
			t.Errorf("the worst of %d is %s", n, got)
		}
	}
	if got := (Probes{all[0], all[4]}).Worst(); got != NotProbed {
		t.Errorf("the worst is %s", got)
	}
}

// Of very many keys a few are named.
func TestProbesTextIsBounded(t *testing.T) {
	r := goodProbe("https://a.example")
	for n := range 40 {
		r.Keys = append(r.Keys, verifier.PublishedKey{ID: fmt.Sprintf("k%d\u202e", n), Algorithm: verifier.ES384}, verifier.PublishedKey{ID: "z", Problem: "x\x1b"})
	}
	var b bytes.Buffer
	if err := (Probes{{Target{URL: r.Issuer}, r, nil}}).Text(&b, nil); err != nil {
		t.Error(err)
	}
	if got := b.String(); strings.Count(got, "\n") != 9 || !strings.Contains(got, "42 keys: EC384_0") || !strings.Contains(got, "…") ||
		!strings.Contains(got, "and 34 keys more") {
		t.Errorf("got %s", got)
	}
	if strings.ContainsFunc(b.String(), func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }) {
		t.Errorf("got %q", b.String())
	}
}

func TestProbesJSON(t *testing.T) {
	var b bytes.Buffer
	if err := sampleProbes().JSON(&b); err != nil {
		t.Fatal(err)
	}
	var got probesJSON
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Summary != (summaryJSON{5, 1, 1, 2, 1}) || len(got.Issuers) != 5 {
		t.Errorf("got %+v", got.Summary)
	}
	first, third, last := got.Issuers[0], got.Issuers[2], got.Issuers[4]
	if first.Outcome != OK || first.Where != "issuers[0]" || first.Discovery.Milliseconds != 50 || first.Keys[1] != (keyJSON{"RSA_0", true, verifier.RS256, "RSA", 2048, "", ""}) {
		t.Errorf("got %+v", first)
	}
	if third.Problems[0].Code != verifier.ProbeNoUsableKey || third.MoreKeys != 3 || third.Keys[0].Usable || last.Outcome != NotProbed || last.Error == "" {
		t.Errorf("got %+v\n%+v", third, last)
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("an escape is in it")
	}
}

// Eight at once, each once, in order; a terminal sees how far it is.
func TestProbeAll(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminal: ", err)
	}
	defer master.Close()
	written := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(master)
		written <- string(text)
	}()
	targets := make([]Target, 250)
	for n := range targets {
		targets[n] = Target{URL: fmt.Sprintf("https://%d.example", n)}
	}
	var (
		counting         sync.Mutex
		now, most, asked int
	)
	full := make(chan struct{}) // closed once all that may go on at once do
	probed := ProbeAll(t.Context(), targets, func(_ context.Context, url string) (*verifier.ProbeReport, error) {
		counting.Lock()
		now, asked = now+1, asked+1
		early := asked <= probedAtOnce
		if most = max(most, now); asked == probedAtOnce {
			close(full)
		}
		counting.Unlock()
		if early {
			<-full
		}
		counting.Lock()
		now--
		counting.Unlock()
		if url == "https://7.example" {
			return nil, errors.New("no")
		}
		return goodProbe(url), nil
	}, terminal.NewProgress(tty, func(string) string { return "" }))
	_ = tty.Close()
	if len(probed) != len(targets) || most != probedAtOnce || asked != 250 {
		t.Errorf("%d probed, %d at once, %d asked", len(probed), most, asked)
	}
	for n, each := range probed {
		if each.Target != targets[n] || (each.Err == nil) == (n == 7) || n != 7 && each.Report.Issuer != each.URL {
			t.Errorf("%d: %+v", n, each)
		}
	}
	got := <-written
	if !strings.Contains(got, "probed 0 of 250 issuers, 0 with problems") || !strings.HasSuffix(got, "probed 250 of 250 issuers, 1 with problems\r\x1b[K") ||
		strings.Count(got, "\r") > 150 {
		t.Errorf("the terminal has %q", got)
	}
}

// Who ends a probe gets what is there.
func TestProbeAllEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	probed := ProbeAll(ctx, make([]Target, 100), func(context.Context, string) (*verifier.ProbeReport, error) {
		cancel()
		return goodProbe("https://a.example"), nil
	}, nil)
	counts := probed.count()
	if counts[OK] == 0 || counts[OK] > probedAtOnce || counts[OK]+counts[NotProbed] != 100 {
		t.Errorf("got %v", counts)
	}
	if len(ProbeAll(t.Context(), nil, nil, nil)) != 0 {
		t.Error("nothing became something")
	}
}
