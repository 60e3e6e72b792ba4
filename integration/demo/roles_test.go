package main

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// TestRolesAreThoseOfDevsts: the demo does not import devsts, and must not
// drift from it. The roles by which an organization is read call no gateway.
func TestRolesAreThoseOfDevsts(t *testing.T) {
	var want []role
	for _, account := range devsts.DefaultConfig().Accounts {
		for _, r := range account.Roles {
			name := r.ARN[strings.LastIndexByte(r.ARN, '/')+1:]
			if name == "organization-reader" || r.AccessKeyID == "" {
				continue
			}
			want = append(want, role{name, account.ID, r.AccessKeyID, r.SecretAccessKey})
		}
	}
	if !slices.Equal(roles, want) {
		t.Errorf("got %v, want %v", roles, want)
	}
	for _, c := range checks {
		if _, err := roleOf(c.role); c.role != "" && err != nil {
			t.Errorf("%s: %v", c.title, err)
		}
	}
}

func TestPrintTokenFaults(t *testing.T) {
	t.Setenv(endpointVariable, "")
	for name, want := range map[string]string{"orders-lambda": endpointVariable + " is not set", "nobody": "there are orders-lambda (111122223333), "} {
		var out bytes.Buffer
		err := run(context.Background(), []string{"-token", name}, &out, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%s: got %v %q, want %s", name, err, out.String(), want)
		}
	}
}

func TestList(t *testing.T) {
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := list(words); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
