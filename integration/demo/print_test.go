package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"as it  is", []string{"as it  is"}},
		{"one two three", []string{"one two", "three"}},
		{"äöü äöü äöü", []string{"äöü äöü", "äöü"}},
		{"awordthatislong is whole", []string{"awordthatislong", "is whole"}},
	} {
		if got := wrap(c.text, 9); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestPrinterShowsWhatATerminalWouldObey(t *testing.T) {
	var out bytes.Buffer
	p := newPrinter(&out)
	p.field("log", "a\x1b[31mred\r\nnew\u202eline", "plain")
	want := "   log        a\ufffd[31mred\ufffd\ufffdnew\ufffdline\n              plain\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	out.Reset()
	p.step("a\x1bb")
	if text := out.String(); !strings.HasSuffix(text, " s] a\ufffdb\n") {
		t.Errorf("got %q", text)
	}
}

func TestColour(t *testing.T) {
	var out bytes.Buffer
	p := newPrinter(&out)
	if p.colour {
		t.Error("a buffer is taken for a terminal")
	}
	p.colour = true
	p.verdict(checks[0], nil)
	if !strings.HasPrefix(out.String(), "\x1b[1;32m   ok") {
		t.Errorf("got %q", out.String())
	}
}
