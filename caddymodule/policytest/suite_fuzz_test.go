package policytest

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
)

// Whatever a file holds is read in bounded time without a panic: it has faults,
// each with a line, or else cases that can all be asked.
func FuzzSuite(f *testing.F) {
	for _, tt := range inputs {
		if len(tt.bad) < 1<<12 {
			f.Add([]byte(tt.bad))
		}
		if len(tt.good) < 1<<12 {
			f.Add([]byte(tt.good))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		begun := time.Now()
		s := readSuite(string(text))
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%d bytes took %s", len(text), took)
		}
		for _, fault := range s.sorted() {
			if fault.Line < 1 || fault.Text == "" || len(fault.Text) > 8*1024 || terminal.Escaped(fault.Text) != fault.Text {
				t.Errorf("the fault is %+v", fault)
			}
		}
		if s.count == 0 && len(s.cases) == 0 || s.broken && s.count == 0 {
			t.Errorf("%d cases and %d faults, broken: %t", len(s.cases), s.count, s.broken)
		}
		for _, c := range s.cases {
			if !s.broken && !c.faulty {
				checkAsks(t, c)
			}
		}
	})
}

func checkAsks(t *testing.T, c *testCase) {
	t.Helper()
	a := new(asked)
	if _, err := c.walk(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if c.name == "" || c.want.outcome.text == "" || a.request.Host == "" || !a.now.Equal(c.now) {
		t.Errorf("the case is %+v", c)
	}
	if c.noToken || c.authorization != nil {
		return
	}
	for i, segment := range strings.Split(strings.TrimPrefix(a.request.Header.Get("Authorization"), "Bearer "), ".") {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(segment)
		if err != nil || i < 2 && !json.Valid(decoded) {
			t.Errorf("part %d of the token is %q, error %v", i, decoded, err)
		}
	}
}
