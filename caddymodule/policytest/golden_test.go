package policytest

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/internal/golden"
)

// reasons are those that the fake gateway and its tests know.
func reasons() []string {
	return []string{"missing_token", "malformed_token", "expired", "requirement_failed", "policy_denied"}
}

// still is a clock that stands.
func still() time.Time { return time.Unix(0, 0) }

func opening(g Gateway) Open { return func(string) (Gateway, error) { return g, nil } }

// The reports of a few runs, as they are written.
func TestGolden(t *testing.T) {
	plainFake := &fake{}
	warned := &fake{
		warnings: []string{`Caddyfile:7: allow "readers": it is "true" for\x everybody`, "a\tsecond\x1b[1m one"},
		unasked:  []Rule{{Kind: "deny", Name: "never asked", Expression: "false"}},
	}
	for _, tt := range []struct {
		name    string
		files   []string
		options Options
		open    Open
	}{
		{"mixed", []string{"mixed.yaml"}, Options{}, opening(plainFake)},
		{"verbose", []string{"good.yaml"}, Options{Verbose: true}, opening(plainFake)},
		{"faults", []string{"faults.yaml"}, Options{}, opening(plainFake)},
		{"several", []string{"good.yaml", "faults.yaml", "missing.yaml", "mixed.yaml"}, Options{}, opening(warned)},
		{"strict", []string{"good.yaml"}, Options{Strict: true}, opening(warned)},
		{"lenient", []string{"good.yaml"}, Options{}, opening(warned)},
		{"selected", []string{"good.yaml"}, Options{Run: regexp.MustCompile("read")}, opening(plainFake)},
		{"none", []string{"good.yaml"}, Options{Run: regexp.MustCompile("writes$")}, opening(plainFake)},
		{"strictnone", []string{"good.yaml"}, Options{Strict: true, Run: regexp.MustCompile("writes$")}, opening(plainFake)},
		{"configuration", []string{"good.yaml"}, Options{Config: "other/Caddyfile"}, func(string) (Gateway, error) {
			return nil, errors.New("configuring aws_jwt: 2 faults:\n\tno audience\n\tno issuer")
		}},
		{"coloured", []string{"mixed.yaml", "good.yaml"}, Options{Strict: true, Verbose: true, Style: func(kind, text string) string { return "<" + kind + ">" + text + "</>" }}, opening(warned)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir("testdata/run")
			tt.options.Reasons, tt.options.Clock = reasons(), still
			report, err := Run(t.Context(), tt.files, tt.open, tt.options)
			if err != nil {
				t.Fatal(err)
			}
			for form, write := range map[string]func(io.Writer) error{"txt": report.Text, "json": report.JSON, "xml": report.JUnit} {
				var got bytes.Buffer
				if err := write(&got); err != nil {
					t.Fatal(err)
				}
				golden.Check(t, filepath.Join("..", "golden", tt.name+"."+form), got.String(), "go test ./caddymodule/policytest -update")
			}
		})
	}
}
