package walk

import (
	"net/http"
	"strings"
	"testing"
)

// Each bad input stands beside one that differs in one property and is taken.
func TestQuestionProblems(t *testing.T) {
	for name, tt := range map[string]struct {
		problem   func(string) string
		bad, good string
		says      string
	}{
		"method in lower case": {MethodProblem, "get", "GET", `"get" is not in upper case: write GET`},
		"method in any case":   {MethodProblem, "Purge", "PURGE", "write PURGE"},
		"no method":            {MethodProblem, "", "M", "it is empty"},
		"two methods":          {MethodProblem, "GET POST", "GETPOST", "is no method"},
		"no host":              {HostProblem, "", "a", "it is empty"},
		"a scheme":             {HostProblem, "https://a.example.com", "a.example.com", "more than a host: write a.example.com"},
		"a scheme and a path":  {HostProblem, "http://a.example.com:80/x/y", "a.example.com:80", "write a.example.com:80, and the path by itself"},
		"a path":               {HostProblem, "a.example.com/", "a.example.com", "write a.example.com, and the path"},
		"a scheme alone":       {HostProblem, "https://", "https", "is no host"},
		"a space":              {HostProblem, "a b", "a", "is no host"},
		"no path":              {PathProblem, "", "/", "it is empty"},
		"no slash":             {PathProblem, "x", "/x", "slash"},
		"a space in the path":  {PathProblem, "/a b", "/a%20b?x=y", "%20"},
		"half an escape":       {PathProblem, "/%a", "/%aa", "wire"},
		"an asterisk more":     {PathProblem, "**", "*", "slash"},
		"no address":           {RemoteIPProblem, "", "::1", "is no IP address"},
		"a port":               {RemoteIPProblem, "192.0.2.1:80", "192.0.2.1", "is no IP address"},
		"a terminal's escape":  {RemoteIPProblem, "\x1b[2J", "192.0.2.1", `\x1b[2J`},
	} {
		if got := tt.problem(tt.bad); !strings.Contains(got, tt.says) {
			t.Errorf("%s: got %q, want %q", name, got, tt.says)
		}
		if got := tt.problem(tt.good); got != "" {
			t.Errorf("%s: the control: %q", name, got)
		}
	}
}

func TestQuestionHTTP(t *testing.T) {
	q := Question{Method: http.MethodPut, Host: "a:1", Path: "/x%2fy?z", RemoteIP: "::1", Header: http.Header{"X": {"y"}}}
	credential := "Bearer x"
	r, err := q.HTTP(t.Context(), &credential)
	if err != nil {
		t.Fatal(err)
	}
	if r.Method != http.MethodPut || r.Host != "a:1" || r.URL.EscapedPath() != "/x%2fy" || r.RequestURI != q.Path || r.RemoteAddr != "[::1]:40000" ||
		r.Header.Get("X") != "y" || r.Header.Get("Authorization") != credential {
		t.Errorf("%+v", r)
	}
	if q.Header.Get("Authorization") != "" {
		t.Error("the question keeps the credential")
	}
	if r, err := (Question{Path: "/"}).HTTP(t.Context(), nil); err != nil || len(r.Header) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := (Question{Path: "x"}).HTTP(t.Context(), nil); err == nil {
		t.Error("a path that cannot be read is taken")
	}
}
