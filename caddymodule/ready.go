package caddymodule

import (
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
// It has the keys of required issuers that have none fetched, 16 at a time, so that a
// gateway without traffic becomes ready, too, and waits for them for half a second at
// most. An answer serves all who ask within a second.
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
	kept    atomic.Pointer[readyAnswer]
	looking sync.Mutex  // held by the one request that looks who has keys
	waiting atomic.Bool // whether one waits for some

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

// ServeHTTP answers every request that comes to it.
func (r *Ready) ServeHTTP(w http.ResponseWriter, request *http.Request, _ caddyhttp.Handler) error {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	if request.Method != http.MethodGet && request.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		return caddyhttp.Error(http.StatusMethodNotAllowed, errors.New("aws_jwt_ready: only GET and HEAD are answered"))
	}
	answer := r.answer(request.Context())
	if answer.err != nil {
		return caddyhttp.Error(http.StatusInternalServerError, answer.err)
	}
	header.Set("Content-Type", "application/json")
	w.WriteHeader(answer.status)
	// net/http leaves it out for HEAD. A client that is gone is no fault.
	_, _ = w.Write(answer.text)
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Ready)(nil)
	_ caddyhttp.MiddlewareHandler = (*Ready)(nil)
)
