package attack

import (
	"fmt"
	"net/http"
	"testing"
)

// redirected is an answer that sends the gateway elsewhere.
type redirected struct {
	status  int
	page    string // discoveryPath or keysPath
	foreign bool   // to the trap, or else to the same server
}

var redirects = func() (all []redirected) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, page := range []string{discoveryPath, keysPath} {
			all = append(all, redirected{status, page, true})
		}
	}
	return append(all, redirected{302, discoveryPath, false}, redirected{307, keysPath, false})
}()

// redirections are the probes of the redirects.
func redirections() (probes []probe) {
	for n, each := range redirects {
		document, to := "discovery", "the same server"
		if each.page == keysPath {
			document = "keys"
		}
		if each.foreign {
			to = "another server"
		}
		pages := 1 // and no keys behind a discovery document that was not had
		if each.page == keysPath {
			pages = 2
		}
		probes = append(probes, probe{
			name:   fmt.Sprintf("%d of %s to %s", each.status, document, to),
			script: func(t *testing.T) { astray().follow(t, n+len(misleading), pages) },
		})
	}
	return probes
}

// redirect makes the issuers with a number: one that sends elsewhere, where the
// right document is, and its twin.
func (l *labyrinth) redirect(n int, r redirected) {
	l.publisher.publish(fmt.Sprintf("told-%d", n), ordersKeys())
	name := fmt.Sprintf("misled-%d", n)
	right := map[string]string{
		discoveryPath: text(map[string]any{"issuer": l.misled(n), "jwks_uri": l.misled(n) + keysPath}), keysPath: ordersKeys(),
	}
	for page, document := range right {
		l.publisher.page("/"+name+page, says(document))
	}
	elsewhere := "/" + name + "/elsewhere"
	l.publisher.page(elsewhere, says(right[r.page]))
	l.trap.page(elsewhere, says(right[r.page]))
	target := l.publisher.url + elsewhere
	if r.foreign {
		target = l.trap.url + elsewhere
	}
	l.publisher.page("/"+name+r.page, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target)
		w.WriteHeader(r.status)
		says(right[r.page])(w, nil) // which is not for reading, either
	})
}
