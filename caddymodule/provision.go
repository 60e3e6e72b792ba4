package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-awsjwt/caddy-awsjwt/celpolicy"
	"github.com/caddy-awsjwt/caddy-awsjwt/identity"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

const (
	defaultLeeway = 30 * time.Second
	defaultRealm  = "aws"
)

// Provision checks the configuration and makes what the handler works with. It
// fetches nothing: an issuer that is down delays no start. The error names
// every fault.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger(h)
	asking := rehearsalOf(ctx)
	if asking != nil {
		if err := asking.Err(); err != nil { // of thousands of handlers, no more is made
			return fmt.Errorf("provisioning to be asked: %w", err)
		}
		h.logger = zap.NewNop() // it has said all when it was run
	}
	h.slogger = structured(h.logger.Named(logKeys))
	h.home, _ = ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	h.recordDoor(ctx)
	if server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); ok && (h.MaxStream != nil || h.mayUpgrade()) {
		server.RegisterConnContext(keepConnection)
	}
	if h.now == nil {
		h.now = time.Now
		if asking == nil { // whose tokens are of any age
			h.clock = machineClock
		}
	}
	if h.Realm == "" {
		h.Realm = defaultRealm
	}
	var found faults
	found.add(registerMetrics(ctx.GetMetricsRegistry()))
	h.provisionHeaders(&found)
	h.checkUpgrades(&found)
	if h.FirewallOnly {
		if h.hasMoreThanHeaders() {
			found.add(errors.New("firewall_only: only headers, default_headers, assertion and allow_upgrade may stand beside it"))
		}
		return found.err()
	}
	found.add(checkRealm(h.Realm))
	h.provisionSources(&found)
	found.add(checkLogPasses(h.LogPasses))
	h.provisionMode(&found)
	h.maxStream = found.positive("max_stream", h.MaxStream)
	h.provisionPolicy(&found)
	if asking == nil {
		h.provisionVerifier(ctx, &found)
	} else {
		h.verifier = new(verifier.Verifier) // which refuses all, until one that runs takes its place
	}
	h.provisionAssertion(ctx, &found)
	return found.err()
}

// Cleanup gives back what Provision took, also when Provision failed half-way.
func (h *Handler) Cleanup() error {
	h.ended.Store(true)
	doors.Delete(h.server)
	h.clock.leave(h.clockLogger)
	taken, signs := h.lease, h.signing
	h.lease, h.signing = nil, nil
	return errors.Join(taken.release(), signs.release(), h.releaseChecks())
}

func (h *Handler) provisionHeaders(found *faults) {
	config := identity.Config{
		DefaultHeaders: h.DefaultHeaders == nil || *h.DefaultHeaders,
		AssertionField: h.Assertion.field(),
	}
	for _, header := range h.Headers {
		config.Headers = append(config.Headers, identity.Header(header))
	}
	var err error
	h.headers, err = identity.New(config)
	h.fields = h.headers.Fields()
	found.add(err)
}

func (h *Handler) provisionPolicy(found *faults) {
	config := celpolicy.Config{
		Accounts: h.Accounts, Orgs: h.Orgs,
		PrincipalTags: h.PrincipalTags, RequestTags: h.RequestTags,
	}
	for _, rule := range h.Deny {
		config.Deny = append(config.Deny, celpolicy.Rule(rule))
	}
	for _, rule := range h.Allow {
		config.Allow = append(config.Allow, celpolicy.Rule(rule))
	}
	var err error
	h.policy, err = celpolicy.Compile(config)
	h.tally = newTally(h)
	found.add(err)
	for _, warning := range h.policy.Warnings() {
		h.logger.Named(logConfig).Warn("a rule may not mean what it says", zap.Stringer("warning", warning))
		h.warnings = append(h.warnings, warning.String())
	}
	if h.policy.ReadsRemoteIP() && !h.clientTold && believesClients(h.home) {
		h.logger.Named(logConfig).Warn("request.remote_ip may be what a client wrote: " + mayBeWritten)
	}
	if warning := h.noPolicy(); warning != "" {
		h.logger.Named(logConfig).Warn(warning)
		h.warnings = append(h.warnings, warning)
	}
}

func (h *Handler) provisionVerifier(ctx caddy.Context, found *faults) {
	config := verifier.Config{
		Issuers: h.Issuers, IssuersFile: h.IssuersFile, Organization: h.Organization,
		Audiences: h.Audiences, SingleAudience: h.SingleAudience,
		Algorithms: h.Algorithms, Leeway: defaultLeeway, Now: h.now, Logger: h.slogger,
		Lookups: lookups, Observe: observeVerification,
	}
	if h.Leeway != nil {
		config.Leeway = time.Duration(*h.Leeway)
	}
	h.leeway = config.Leeway
	config.MaxLifetime = found.positive("max_lifetime", h.MaxLifetime)
	config.Checks = h.leaseChecks(found)
	h.configureCache(&config, found)
	h.watchClock(&config)
	h.lease = h.leaseKeys(ctx, found)
	if config.RemoteKeys = h.lease.keys(); config.RemoteKeys == nil {
		config.RemoteKeys = new(verifier.RemoteKeySets) // so that New looks at the rest
	}
	h.remote = config.RemoteKeys
	for _, each := range h.Issuers {
		if len(each.Accounts)+len(h.Accounts) == 0 {
			h.logger.Named(logConfig).Warn("an issuer is pinned to no account; name the accounts that it may speak for", zap.String("issuer", each.URL))
			h.warnings = append(h.warnings, fmt.Sprintf("issuer %s is pinned to no account; name the accounts that it may speak for", each.URL))
		}
	}
	var err error
	h.verifier, err = verifier.New(config)
	found.add(err)
}

// hasMoreThanHeaders reads the handler's own JSON, so that no setting is
// forgotten here.
func (h *Handler) hasMoreThanHeaders() bool {
	text, err := json.Marshal(h)
	if err != nil {
		return true
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		return true
	}
	for _, name := range []string{"firewall_only", "headers", "default_headers", "assertion", "allow_upgrade"} {
		delete(members, name)
	}
	if h.Realm == defaultRealm {
		delete(members, "realm")
	}
	return len(members) > 0
}

func (h *Handler) provisionMode(found *faults) {
	switch h.Mode {
	case "", modeEnforce:
	case modeAudit:
		h.logger.Named(logConfig).Warn("mode audit: what the policy would refuse passes, and is logged")
	default:
		found.add(fmt.Errorf("mode: %q is not %s or %s", h.Mode, modeEnforce, modeAudit))
	}
}

// checkRealm keeps the realm a quoted-string that needs no escaping (RFC 9110,
// section 5.6.4).
func checkRealm(realm string) error {
	for i := range len(realm) {
		if c := realm[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return fmt.Errorf("realm: %q has a character that is not printable ASCII, or a quote or a backslash", realm)
		}
	}
	return nil
}
