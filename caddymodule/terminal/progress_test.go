package terminal

import (
	"bytes"
	"testing"
)

func TestProgress(t *testing.T) {
	tty, written := pseudo(t)
	dumb := environment(map[string]string{"TERM": "dumb"})
	var b bytes.Buffer
	for _, p := range []*Progress{NewProgress(tty, environment(nil)), NewProgress(tty, dumb), NewProgress(&b, environment(nil)), nil} {
		p.Show("1 of 2")
		p.Clear()
	}
	if b.Len() != 0 {
		t.Errorf("a buffer has %q", b.String())
	}
	if got := written(); got != "\r\x1b[K1 of 2\r\x1b[K" {
		t.Errorf("the terminal has %q", got)
	}
}
