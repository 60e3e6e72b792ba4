package policytest

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/walk"
)

// write puts a file into a new directory.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policies_test.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t *testing.T, text string, g Gateway, o Options) *Report {
	t.Helper()
	o.Reasons = reasons()
	report, err := Run(t.Context(), []string{write(t, text)}, opening(g), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// The result is what the caller's exit code is made of.
func TestResult(t *testing.T) {
	good := oneWant("{outcome: allowed}")
	for _, tt := range []struct {
		name   string
		text   string
		warn   []string
		strict bool
		want   Result
	}{
		{"passed", good, nil, false, Passed},
		{"failed", oneWant("{outcome: audited}"), nil, false, Failed},
		{"a fault beside a case that passes", good + "  - {name: b, want: {outcome: denied}}\n", nil, false, Unreadable},
		{"a fault beside a case that fails", oneWant("{outcome: audited}") + "  - {name: b, want: {outcome: denied}}\n", nil, false, Unreadable},
		{"a warning", good, []string{"a"}, false, Passed},
		{"a warning of a strict run", good, []string{"a"}, true, Failed},
		{"a strict run without a warning", good, nil, true, Passed},
		{"a strict run of no case", good, nil, true, Failed},
		{"a run of no case", good, nil, false, Passed},
		{"a fault in a strict run", "a: b\n" + good, []string{"a"}, true, Unreadable},
		{"no configuration", strings.Replace(good, "config: Caddyfile\n", "", 1), nil, false, Unreadable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Strict: tt.strict}
			if strings.HasSuffix(tt.name, "no case") {
				o.Run = regexp.MustCompile("^typo$")
			}
			if got := run(t, tt.text, &fake{warnings: tt.warn}, o).Result; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	path := write(t, oneCase(""))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name  string
		ctx   context.Context
		files []string
		open  Open
		want  string
	}{
		{"the control", t.Context(), []string{path}, opening(&fake{}), "<nil>"},
		{"no file", t.Context(), nil, opening(&fake{}), "running policy tests: no file is named"},
		{"nothing that opens", t.Context(), []string{path}, nil, "running policy tests: nothing opens configurations"},
		{"an end", ended, []string{path}, opening(&fake{}), "running policy tests: context canceled"},
	} {
		if _, err := Run(tt.ctx, tt.files, tt.open, Options{}); fmt.Sprint(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// A configuration is opened once, whatever the files call it, and lies beside
// its file unless the options name another.
func TestConfigurations(t *testing.T) {
	first, second := write(t, oneCase("")), write(t, strings.Replace(oneCase(""), "config: Caddyfile", "config: ./a/../Caddyfile", 1))
	same := filepath.Join(filepath.Dir(first), "other.yaml")
	if err := os.WriteFile(same, []byte(strings.Replace(oneCase(""), "Caddyfile", "./Caddyfile", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		config string
		want   []string
	}{
		{"", []string{filepath.Join(filepath.Dir(first), "Caddyfile"), filepath.Join(filepath.Dir(second), "Caddyfile")}},
		{"here", []string{"here"}},
	} {
		var opened []string
		open := func(path string) (Gateway, error) {
			opened = append(opened, path)
			return &fake{warnings: []string{"a"}}, nil
		}
		report, err := Run(t.Context(), []string{first, second, same}, open, Options{Config: tt.config})
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(opened) != fmt.Sprint(tt.want) || len(report.Configurations) != len(tt.want) || report.Totals.Warnings != len(tt.want) {
			t.Errorf("opened were %q, want %q", opened, tt.want)
		}
	}
}

// late answers the first case when all others have been answered.
type late struct {
	fake
	others atomic.Int64 // that are not answered yet
	done   chan struct{}
}

func (l *late) Walk(ctx context.Context, r *http.Request, now time.Time) (*walk.Walk, error) {
	if r.URL.Path == "/0" {
		<-l.done
	} else if l.others.Add(-1) == 0 {
		close(l.done)
	}
	return l.fake.Walk(ctx, r, now)
}

// Cases keep the order of the file, however they are answered, and each gets its
// own answer.
func TestOrder(t *testing.T) {
	var text strings.Builder
	text.WriteString(head + "cases:\n")
	for i := range 200 {
		team := []string{"orders", "readers", "partners"}[i%3]
		fmt.Fprintf(&text, "  - {name: case %d, request: {path: /%d}, claims: {aws: {principal_tags: {team: %s}}}, want: {outcome: allowed}}\n", i, i, team)
	}
	if runtime.GOMAXPROCS(0) < 2 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // with one worker, nobody answers behind the first
	}
	gateway := &late{done: make(chan struct{})}
	gateway.others.Store(199)
	report := run(t, text.String(), gateway, Options{})
	for i, c := range report.Files[0].Cases {
		rule := []string{"orders-team", "readers", "partners"}[i%3]
		if c.Name != fmt.Sprintf("case %d", i) || c.Rule != rule || c.Passed != (i%3 < 2) {
			t.Fatalf("case %d: %+v", i, c)
		}
	}
}

// No report holds what a terminal would obey, nor a token.
func TestReportsAreSafe(t *testing.T) {
	report := run(t, head+`cases:
  - name: "\e[31m \u202e \u0085 \U000E0001 \0 \r\n <a> &"
    claims: {jti: "\e[31m\u202e"}
    request: {path: /broken}
    want: {outcome: allowed}
  - name: "\e]0;"
    want: {outcome: allowed, headers: {X-Team: "a\tb\u202e"}}
  - name: "\u202e"
    want: {outcome: "\e[31m\u202e"}
`, &fake{warnings: []string{"\x1b[31m\u202e\xff"}}, Options{Strict: true, Verbose: true})
	for name, form := range map[string]func(io.Writer) error{"text": report.Text, "JSON": report.JSON, "JUnit": report.JUnit} {
		var got bytes.Buffer
		if err := form(&got); err != nil {
			t.Fatal(err)
		}
		for _, r := range got.String() {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("%s: %q in\n%s", name, r, got.String())
				break
			}
		}
		if strings.Contains(got.String(), "eyJ") {
			t.Errorf("%s shows a token:\n%s", name, got.String())
		}
	}
}

// What is escaped in JSON is read as it was; what is not well-formed XML is not
// read at all.
func TestReportsAreRead(t *testing.T) {
	const name = "\x1b[31m \u202e \U000E0001 \x00 <a> & ]]>"
	report := run(t, head+"cases:\n  - {name: "+`"\e[31m \u202e \U000E0001 \0 <a> & ]]>"`+", want: {outcome: audited}}\n", &fake{}, Options{})
	var text, document bytes.Buffer
	if err := report.JSON(&text); err != nil {
		t.Fatal(err)
	}
	var read Report
	if err := json.Unmarshal(text.Bytes(), &read); err != nil || read.Files[0].Cases[0].Name != name {
		t.Errorf("read is %v, error %v", read.Files, err)
	}
	if err := report.JUnit(&document); err != nil {
		t.Fatal(err)
	}
	var suites junitSuites
	if err := xml.Unmarshal(document.Bytes(), &suites); err != nil {
		t.Fatal(err)
	}
	each := suites.Suites[0].Cases[0]
	if suites.Tests != 1 || suites.Failures != 1 || each.Failure == nil || each.Name != `\x1b[31m \u202e \U000e0001 \x00 <a> & ]]>` {
		t.Errorf("read is %+v", suites)
	}
}

// hosted remembers the host that it was asked about last.
type hosted struct {
	fake
	host atomic.Value
}

func (h *hosted) Walk(ctx context.Context, r *http.Request, now time.Time) (*walk.Walk, error) {
	h.host.Store(r.Host)
	return h.fake.Walk(ctx, r, now)
}

// A case that names no host asks that of the configuration. When that has
// several, the case has to say which.
func TestHost(t *testing.T) {
	for _, tt := range []struct {
		line    string
		several bool
		want    string // "" is a problem
	}{
		{"", false, "orders.example.com"}, {"request: {host: a}", false, "a"},
		{"", true, ""}, {"request: {host: a}", true, "a"},
	} {
		gateway := &hosted{fake: fake{severalHosts: tt.several}}
		c := run(t, oneCase(tt.line), gateway, Options{}).Files[0].Cases[0]
		host, _ := gateway.host.Load().(string)
		if host != tt.want || c.Passed != (tt.want != "") {
			t.Errorf("%q, several %t: asked is %q, %+v", tt.line, tt.several, host, c.Problems)
		}
		if tt.want == "" && !strings.Contains(c.Problems[0].Came, "request.host: there are several") {
			t.Errorf("%+v", c.Problems)
		}
	}
}
