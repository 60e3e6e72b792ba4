package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	caddy.RegisterModule(new(Ready))
}

// Ready answers whether the gateway can verify tokens: 200 when every issuer that
// is required has keys that serve, stale ones included, and 503 with a list of the
// others when not, or when no aws_jwt runs. It tells issuers and states, and no
// error, in which there might be names of internal hosts.
//
// It begins to fetch the keys of a required issuer that has none, so that a gateway
// without traffic becomes ready, too, and waits for them for half a second at most.
type Ready struct {
	// Whose keys are required: "listed" is every issuer that the configuration of
	// an aws_jwt itself lists, wherever that stands; "none" is nobody's. An issuer
	// of an issuers file or of an organization is required when its URL stands
	// here. Default: listed.
	Require []string `json:"require,omitempty"`

	listed bool
	named  []string
	wait   time.Duration
	now    func() time.Time

	targets atomic.Pointer[readyTargets]
	waiting sync.Mutex // held by the one request that waits for keys

	mu    sync.Mutex
	since map[string]time.Time // when an issuer was first seen without keys
}

// What may stand in Require besides URLs.
const (
	requireListed = "listed"
	requireNone   = "none"
)

// readyWait is how long a request waits for keys. A probe of Kubernetes gives up
// after a second, unless it says otherwise, and would not see the answer.
const readyWait = 500 * time.Millisecond

// maxUnready is how many issuers an answer names.
const maxUnready = 100

// CaddyModule returns the Caddy module information.
func (*Ready) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.aws_jwt_ready",
		New: func() caddy.Module { return new(Ready) },
	}
}

// Provision reads what is required.
func (r *Ready) Provision(caddy.Context) error {
	r.wait, r.now, r.since = readyWait, time.Now, make(map[string]time.Time)
	var found faults
	if r.Require != nil && len(r.Require) == 0 {
		found.add(errors.New("require: the list is empty; leave it out, or write none"))
	}
	for n, each := range r.Require {
		u, err := url.Parse(each)
		switch {
		case slices.Contains(r.Require[:n], each):
			found.add(fmt.Errorf("require[%d]: %q is there twice", n, each))
		case each == requireListed:
		case each == requireNone:
			if len(r.Require) > 1 {
				found.add(fmt.Errorf("require[%d]: none stands alone", n))
			}
		case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Host == "":
			found.add(fmt.Errorf("require[%d]: %q is not %s, %s or the URL of an issuer", n, each, requireListed, requireNone))
		default:
			r.named = append(r.named, each)
		}
	}
	r.listed = r.Require == nil || slices.Contains(r.Require, requireListed)
	return found.err()
}

// readyAnswer is the body.
type readyAnswer struct {
	Status   string        `json:"status"`           // ready or not_ready
	Hint     string        `json:"hint,omitempty"`   // when it is no issuer's fault
	Required int           `json:"required"`         // how many issuers are
	Issuers  []unreadyFrom `json:"issuers,omitzero"` // those without keys that serve
	LeftOff  int           `json:"left_off,omitempty"`
}

type unreadyFrom struct {
	URL   string    `json:"url"`
	State string    `json:"state"` // unavailable, unfetched or not_trusted
	Since time.Time `json:"since"` // when that was first seen here
}

const stateNotTrusted = "not_trusted"

// ServeHTTP answers every request that comes to it.
func (r *Ready) ServeHTTP(w http.ResponseWriter, request *http.Request, _ caddyhttp.Handler) error {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	if request.Method != http.MethodGet && request.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		return caddyhttp.Error(http.StatusMethodNotAllowed, errors.New("aws_jwt_ready: only GET and HEAD are answered"))
	}
	answer := r.answer(request.Context())
	text, err := json.Marshal(answer)
	if err != nil {
		return caddyhttp.Error(http.StatusInternalServerError, err)
	}
	header.Set("Content-Type", "application/json")
	if answer.Status != "ready" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	// net/http leaves it out for HEAD. A client that is gone is no fault.
	_, _ = w.Write(append(text, '\n'))
	return nil
}

func (r *Ready) answer(ctx context.Context) readyAnswer {
	all := r.required()
	if len(all.handlers) == 0 {
		return readyAnswer{Status: "not_ready", Hint: "no aws_jwt handler is running"}
	}
	answer := readyAnswer{Status: "ready", Required: len(all.issuers)}
	unready := all.without(ctx, r)
	r.remember(unready)
	if len(unready) == 0 {
		return answer
	}
	answer.Status = "not_ready"
	if more := len(unready) - maxUnready; more > 0 {
		unready, answer.LeftOff = unready[:maxUnready], more
	}
	for _, i := range unready {
		answer.Issuers = append(answer.Issuers, unreadyFrom{i.url, i.state(), r.sinceWhen(i.url)})
	}
	return answer
}

// remember keeps since when which issuers have no keys.
func (r *Ready) remember(unready []requiredIssuer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(unready)+len(r.since) == 0 {
		return
	}
	before := r.since
	r.since = make(map[string]time.Time, len(unready))
	for _, i := range unready {
		if at, known := before[i.url]; known {
			r.since[i.url] = at
			continue
		}
		r.since[i.url] = r.now().UTC().Truncate(time.Second)
	}
}

func (r *Ready) sinceWhen(issuer string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.since[issuer]
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Ready)(nil)
	_ caddyhttp.MiddlewareHandler = (*Ready)(nil)
)
