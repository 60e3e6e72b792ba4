package terminal

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

const sample = "eyJhbGciOiJFUzM4NCJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"

func TestReadToken(t *testing.T) {
	for name, tt := range map[string]struct {
		input string
		fault string // "" is accepted
	}{
		"the token":                  {sample, ""},
		"a newline":                  {sample + "\n", ""},
		"Windows lines":              {"\ufeff" + sample + "\r\n", ""},
		"white space around":         {" \n" + sample + "\n\n", ""},
		"Bearer":                     {"Bearer " + sample, ""},
		"bearer":                     {"bearer  " + sample, ""},
		"a header":                   {"Authorization: Bearer " + sample + "\n", ""},
		"a header without a space":   {"authorization:Bearer " + sample, ""},
		"the AWS CLI's JSON":         {`{"WebIdentityToken": "` + sample + `", "Expiration": "2026-11-01T12:00:00+00:00"}`, ""},
		"the AWS CLI's JSON, v1":     {`{"WebIdentityToken": "` + sample + `", "Expiration": 1765140780.0}`, ""},
		"the AWS CLI's --query":      {`"` + sample + `"` + "\n", ""},
		"not a token at all":         {"hello", "hello"}, // whoever decodes it says so
		"nothing":                    {"", "may have failed"},
		"white space":                {" \n\n", "may have failed"},
		"Bearer of nothing":          {"Bearer ", "may have failed"},
		"None":                       {"None\n", "may have failed"},
		"an empty one in JSON":       {`{"WebIdentityToken": ""}`, "may have failed"},
		"JSON of something else":     {`{"token": "` + sample + `"}`, "without a WebIdentityToken"},
		"a token that is no string":  {`{"WebIdentityToken": 7}`, "begins as JSON"},
		"JSON that ends early":       {`{"WebIdentityToken": "` + sample, "begins as JSON"},
		"the AWS CLI's text":         {"1765140780.0\t" + sample, "white space"},
		"two tokens":                 {sample + "\n" + sample, "white space"},
		"64 KiB":                     {sample + strings.Repeat(" ", maxInput-len(sample)), ""},
		"over 64 KiB":                {sample + strings.Repeat(" ", maxInput-len(sample)+1), "over 65536 bytes"},
		"the AWS CLI's error, piped": {"\nAn error occurred (AccessDenied) when calling …", "white space"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(path, []byte(tt.input), 0o600); err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			fromFile, fileErr := ReadToken(path, strings.NewReader("not this"), &stderr)
			piped, pipeErr := ReadToken("-", strings.NewReader(tt.input), &stderr)
			for _, got := range []struct {
				token string
				err   error
			}{{fromFile, fileErr}, {piped, pipeErr}} {
				switch {
				case tt.fault == "":
					if got.token != sample || got.err != nil {
						t.Errorf("got %q, %v", got.token, got.err)
					}
				case tt.fault == tt.input:
					if got.token != tt.input || got.err != nil {
						t.Errorf("got %q, %v", got.token, got.err)
					}
				case got.err == nil || !strings.Contains(got.err.Error(), tt.fault) || got.token != "":
					t.Errorf("got %q, %v; want %q", got.token, got.err, tt.fault)
				case strings.Contains(got.err.Error(), "eyJ"):
					t.Errorf("the error holds the token: %v", got.err)
				}
			}
			if stderr.Len() != 0 {
				t.Errorf("told %q", stderr.String())
			}
		})
	}
}

// A token on the command line is refused, and not repeated.
func TestReadTokenArgument(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{sample, " " + sample, "Bearer " + sample, sample[:len(sample)-12], strings.Split(sample, ".")[0]} {
		_, err := ReadToken(path, nil, nil)
		if !errors.Is(err, ErrTokenAsArgument) || strings.Contains(err.Error(), "eyJ") {
			t.Errorf("%q: got %v", path, err)
		}
	}
	if _, err := ReadToken("missing\x1b", nil, nil); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), `"missing\x1b"`) {
		t.Errorf("missing: %v", err)
	}
	if _, err := ReadToken(t.TempDir(), nil, nil); err == nil {
		t.Error("a directory was read")
	}
	// The control: a file of such a name, with fewer dots than a token.
	if err := os.WriteFile("eyJ.token", []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	if token, err := ReadToken("eyJ.token", nil, nil); token != sample || err != nil {
		t.Errorf("got %q, %v", token, err)
	}
}

// Who waits for a person says so.
func TestReadTokenFromTerminal(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminal: ", err)
	}
	defer master.Close()
	defer tty.Close()
	if _, err := master.WriteString(sample + "\n\x04"); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	token, err := ReadToken("-", tty, &stderr)
	if token != sample || err != nil || !strings.Contains(stderr.String(), "waiting for a token") {
		t.Errorf("got %q, %v; told %q", token, err, stderr.String())
	}
}
