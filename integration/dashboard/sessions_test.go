package dashboard

import (
	"net/http"
	"os"
	"os/exec"
	"testing"
)

// interleaved has the page's middleware sign in a first request and then a second one,
// before the first is answered; it says whether the first may edit. What it is given
// are user and role of both.
const interleaved = `
import sys, django
django.setup()
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.test import RequestFactory
from gateway_user import GatewayUser

def signed_in(user, role):
    request = RequestFactory().get("/", HTTP_X_WEBAUTH_USER=user, HTTP_X_WEBAUTH_ROLE=role)
    for middleware in SessionMiddleware, AuthenticationMiddleware, GatewayUser:
        middleware(lambda _: None).process_request(request)
    return request

first, second = signed_in(*sys.argv[1:3]), signed_in(*sys.argv[3:5])
print(first.user.groups.filter(name="Editor").exists(), second.user.groups.filter(name="Editor").exists())
`

// Two sessions of one role with different tags are two users, whose roles do not
// change each other while both have requests under way. With one name for both, as
// the twin has it, the viewer edits.
func TestSessionsOfOneRole(t *testing.T) {
	t.Parallel()
	_, environment := startGraphiteIn(t)
	const role = ":{aws_token.principal_tags.dashboard-role}\n"
	for want, pairs := range map[string][]string{
		"False True\n": nil,
		"True True\n":  {"{aws_token.principal.name}" + role, "{aws_token.principal.name}\n"},
	} {
		upstream := startUpstream(t)
		w := newWorld(t, upstream.Address, pairs...)
		arguments := []string{"-c", interleaved}
		for _, c := range []caller{viewer, {viewer.account, viewer.arn, editor.tags}} {
			if a := send(t, w.gateway.Address, "/dashboard/", w.token(c), nil); a.status != http.StatusOK {
				t.Fatalf("%d", a.status)
			}
			seen := upstream.Seen()[0]
			arguments = append(arguments, seen.Get("X-Webauth-User")[0], seen.Get("X-Webauth-Role")[0])
		}
		command := exec.CommandContext(t.Context(), "/usr/bin/python3", arguments...)
		command.Env = append(append(os.Environ(), environment...), "DJANGO_SETTINGS_MODULE=graphite.settings")
		if output, err := command.CombinedOutput(); err != nil || string(output) != want {
			t.Errorf("%v: %v %s", arguments[2:], err, output)
		}
	}
}
