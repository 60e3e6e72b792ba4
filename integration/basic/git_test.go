package basic

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// repository makes an empty one, whose hook writes down who pushes.
func (w *world) repository(name string) string {
	w.t.Helper()
	directory := filepath.Join(w.projects, name)
	w.may("", "git init -q --bare "+directory)
	hook := "#!/bin/sh\nprintf '%s|%s|%s|%s' \"$REMOTE_USER\" \"$HTTP_X_AWS_TOKEN_SUB\" \"$HTTP_X_AWS_TOKEN_ACCOUNT_ID\" \"$HTTP_AUTHORIZATION\" >" + w.projects + "/pusher\n"
	must(w.t, os.WriteFile(filepath.Join(directory, "hooks", "pre-receive"), []byte(hook), 0o700))
	return directory
}

// branches are those of a repository, as it is on the disk.
func (w *world) branches(repository string) string {
	w.t.Helper()
	return strings.Join(strings.Fields(w.may("", "git -C "+repository+" for-each-ref --format='%(refname:short)'")), " ")
}

// The page's commands clone and push, each role as far as it may.
func TestGit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "basic")
	repository := w.repository("app.git")
	steps := strings.Split(strings.TrimSpace(stacktest.Replaced(t,
		stacktest.ReadPage(t, page).BlockWith("sh", "git clone"), "https://git.example.com", "http://"+w.git)), "\n")
	configure, clone, push := steps[0], steps[1], steps[2]
	w.may("", configure)

	w.may("release", clone+"\n(cd app; echo one >one; git add one; git commit -qm one)\n"+push)
	if got := w.branches(repository); got != "main" {
		t.Fatalf("branches %q", got)
	}
	const sub = "arn:aws:iam::111122223333:role/release"
	if pusher, err := os.ReadFile(filepath.Join(w.projects, "pusher")); err != nil || string(pusher) != sub+"|"+sub+"|"+account+"|" {
		t.Errorf("the hook saw %q, %v", pusher, err)
	}
	// A pack of over a megabyte has no length when Git begins to send it.
	w.may("release", "cd app; head -c 2000000 /dev/urandom >large; git add large; git commit -qm large\ncd ..\n"+push)

	reader := strings.ReplaceAll(clone, "app.git", "app.git reader")
	w.may("orders", reader+"\ncmp app/large reader/large")
	elsewhere := "git -C reader push origin HEAD:refs/heads/other"
	w.mayNot("orders", "cd reader; git commit -q --allow-empty -m two\ncd ..\n"+elsewhere, "403", "policy_denied")
	if got := w.branches(repository); got != "main" {
		t.Errorf("branches %q: an orders role has pushed", got)
	}
	w.may("release", elsewhere) // the twin
	if got := w.branches(repository); got != "main other" {
		t.Errorf("branches %q", got)
	}

	again := strings.ReplaceAll(clone, "app.git", "app.git again")
	w.mayNot("reports", again, "403", "requirement_failed")
	w.mayNot("stranger", again, "Authentication failed", "unknown_issuer")
	w.mayNot("", again, "could not read Username", "missing_token") // the helper has nothing to say
	w.may("orders", again)
	w.hidesTokens()
}

// What clients could write themselves to get further, beside what they may.
func TestGitAttacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "basic")
	repository := w.repository("app.git")
	audience := "https://" + w.git
	reader, writer := w.token("orders", audience), w.token("release", audience)
	const read, pack = "/app.git/info/refs?service=git-upload-pack", "/app.git/git-receive-pack"
	for _, tt := range []struct {
		name, method, target, user, token string
		change                            func(http.Header)
		status                            int
	}{
		{"a reader reads", "GET", read, "aws", reader, nil, 200},
		{"a reader pushes", "POST", pack, "aws", reader, nil, 403},
		{"a writer pushes, and says nothing", "POST", pack, "aws", writer, nil, 200},
		{"a reader looks at what a push would see", "GET", "/app.git/info/refs?service=git-receive-pack", "aws", reader, nil, 200},
		{"another spelling", "POST", "/app.git/%67it-receive-pack", "aws", reader, nil, 403},
		{"a slash more", "POST", "/app.git//git-receive-pack", "aws", reader, nil, 403},
		{"what reads behind it", "POST", pack + "/git-upload-pack", "aws", reader, nil, 404},
		{"dot segments", "POST", "/app.git/git-upload-pack/../git-receive-pack", "aws", reader, nil, 403},
		{"an encoded slash", "POST", "/app.git/git-receive-pack%2fgit-upload-pack", "aws", reader, nil, 403},
		{"in the query", "POST", pack + "?/git-upload-pack", "aws", reader, nil, 403},
		{"another method", "PUT", pack, "aws", reader, nil, 403},
		{"outside of the repositories", "GET", "/../etc/passwd/info/refs?service=git-upload-pack", "aws", reader, nil, 403},
		{"a user name of release", "POST", pack, "arn:aws:iam::111122223333:role/release", reader, nil, 400}, // a colon ends a user name
		{"a user name that is release", "POST", pack, "release", reader, nil, 403},
		{"a header of release", "POST", pack, "aws", reader, func(h http.Header) { h.Set("X-Aws-Token-Sub", "release"); h.Set("Remote-User", "release") }, 403},
		{"another method, so it says", "POST", pack, "aws", reader, func(h http.Header) { h.Set("X-Http-Method-Override", "GET") }, 403},
		{"a token for the registry", "GET", read, "aws", w.token("orders", "https://"+w.registry), nil, 401},
		{"a browser", "GET", read, "aws", reader, func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"Bearer", "GET", read, "", "", func(h http.Header) { h.Set("Authorization", "Bearer "+reader) }, 401},
		{"nothing", "GET", read, "", "", nil, 401},
	} {
		body := "0000"
		if tt.status == http.StatusNotFound {
			// Git's program answers without reading, and has ended when fcgiwrap has a
			// body for it, or has not: that would be a 502.
			body = ""
		}
		r, err := http.NewRequestWithContext(t.Context(), tt.method, "http://"+w.git, strings.NewReader(body))
		must(t, err)
		r.URL, err = url.Parse("http://" + w.git + tt.target)
		must(t, err)
		r.Header.Set("Content-Type", "application/x-git-receive-pack-request")
		if tt.token != "" {
			r.SetBasicAuth(tt.user, tt.token)
		}
		if tt.change != nil {
			tt.change(r.Header)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		must(t, response.Body.Close())
		if response.StatusCode != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, response.StatusCode, tt.status)
		}
		challenge := ""
		if tt.status == http.StatusUnauthorized {
			challenge = `Basic realm="aws", charset="UTF-8"`
		}
		if got := strings.Join(response.Header.Values("WWW-Authenticate"), "|"); got != challenge {
			t.Errorf("%s: challenges %q", tt.name, got)
		}
	}
	if got := w.branches(repository); got != "" {
		t.Errorf("branches %q", got)
	}
	w.hidesTokens()
}

// Git and curl pick Basic out of two challenges, whatever their order, and Skopeo
// takes the first; so the page says.
func TestSeveralChallenges(t *testing.T) {
	t.Parallel()
	for source, works := range map[string]bool{"basic bearer": true, "bearer basic": false} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, source)
			w.repository("app.git")
			w.image("one")
			w.may("", "git config --global credential.http://"+w.git+".helper awsjwt")
			w.may("release", "git ls-remote http://"+w.git+"/app.git")
			w.may("", "curl -sSf --anyauth -u aws:"+w.token("orders", "https://"+w.git)+" 'http://"+w.git+"/app.git/info/refs?service=git-upload-pack'")
			if script := "skopeo copy oci:image:1 docker://" + w.registry + "/orders/app:1"; works {
				w.may("release", script)
			} else {
				w.mayNot("release", script, "unsupported protocol scheme", "missing_token")
			}
		})
	}
}
