package caddymodule

import (
	"context"
	"errors"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// readyTargets are the handlers of the configuration that runs, and the issuers
// that are required of it. They stay the same as long as it runs.
type readyTargets struct {
	of       context.Context //nolint:containedctx // which configuration it is
	handlers []rehearsedHandler
	issuers  []requiredIssuer
}

// requiredIssuer is an issuer with the handlers that must have its keys. Of one
// that is named, these are all that trust it.
type requiredIssuer struct {
	url   string
	by    []*Handler
	named bool
}

// required finds them once for each configuration.
func (r *Ready) required() *readyTargets {
	active := caddy.ActiveContext().Context
	if found := r.targets.Load(); found != nil && found.of == active {
		return found
	}
	found := &readyTargets{of: active, handlers: running()}
	index := make(map[string]int)
	add := func(url string, h *Handler, named bool) {
		n, known := index[url]
		if !known {
			n = len(found.issuers)
			index[url] = n
			found.issuers = append(found.issuers, requiredIssuer{url: url})
		}
		i := &found.issuers[n]
		i.by, i.named = append(i.by, h), i.named || named
	}
	for _, h := range found.handlers {
		if r.listed {
			for _, issuer := range h.Issuers {
				add(issuer.URL, h.Handler, false)
			}
		}
	}
	for _, url := range r.named {
		for _, h := range found.handlers {
			add(url, h.Handler, true)
		}
	}
	r.targets.Store(found)
	return found
}

// withoutKeys returns those of some issuers that have no keys that serve, once
// they had until the end of ctx to get some. With one that is over, their keys are
// begun to be fetched.
func withoutKeys(ctx context.Context, issuers []requiredIssuer) (without []requiredIssuer) {
	for _, i := range issuers {
		if i.await(ctx) != nil {
			without = append(without, i)
		}
	}
	return without
}

// await waits until all handlers have keys of the issuer. One that is named is
// trusted by some at least.
func (i requiredIssuer) await(ctx context.Context) (missing error) {
	trusted := false
	for _, h := range i.by {
		err := h.verifier.AwaitKeys(ctx, i.url)
		switch {
		case err == nil:
			trusted = true
		case i.named && errors.Is(err, verifier.ErrNotTrusted):
		default: // and the others have begun nevertheless
			missing = err
		}
	}
	if missing == nil && !trusted {
		return verifier.ErrNotTrusted
	}
	return missing
}

// state is that of a handler that has no keys: unavailable, if one is. Where keys
// have come since they were looked for, it is what it was.
func (i requiredIssuer) state() string {
	found := stateNotTrusted
	for _, h := range i.by {
		s, trusted := h.verifier.Status(i.url)
		switch {
		case !trusted:
		case s.State == verifier.StateUnavailable:
			return string(s.State)
		default:
			found = string(verifier.StateUnfetched)
		}
	}
	return found
}
