package metrics

import (
	"context"
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/stacktest"
)

// Prometheus, before a gateway with traffic, has an answer to each query of the
// dashboard and each recording rule, and no alert has a reason until its fault is
// there. Then the console shows what docs/operations.md promises.
func TestPrometheusSeesAGatewayAtWork(t *testing.T) {
	t.Parallel()
	b := newBusy(t)
	openLive(t, b.console()).Close() // a Chromium takes as long to start as Prometheus to gather something
	b.answersEachQuery()
	all := slices.Sorted(maps.Keys(b.alerts))
	b.silent(all...)
	b.seesNothing()

	b.policyErrors()
	b.refusals()
	b.clock()
	b.outage()
	b.signing()
	b.meet("AwsJwtOverloaded", b.flood)
	b.gone()
	for _, alert := range all {
		if !b.met[alert] {
			t.Errorf("nobody has provoked %s, and looked at the console then", alert)
		}
	}
}

// answersEachQuery waits until Prometheus has data for all that is asked of it.
func (b *busy) answersEachQuery() {
	t := b.world.t
	for _, r := range readRules(t, "recording.yml").all() {
		eventually(t, r.Record+" has data", func() bool { return hasData(b.now(r.Record)) })
	}
	d := readDashboard(t)
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			query := d.substituted(target.Expr)
			eventually(t, p.Title+", "+query+" has data", func() bool { return hasData(b.lately(query)) })
		}
	}
	for _, v := range d.Templating.List[1:] {
		part := regexp.MustCompile(`^label_values\((.*), (\w+)\)$`).FindStringSubmatch(v.Definition)
		if part == nil {
			t.Fatalf("variable %s: %q is not understood here", v.Name, v.Definition)
		}
		if found := b.now(d.substituted(part[1])); len(found) != 1 || found[0].labels[part[2]] == "" {
			t.Errorf("variable %s finds %v", v.Name, found)
		}
	}
}

// seesNothing looks at the console of a gateway that nothing ails: the control of
// all looks.
func (b *busy) seesNothing() {
	for alert, looks := range sights {
		p := openLive(b.world.t, b.console())
		for _, each := range looks {
			if each.sound {
				continue
			}
			if each.first != nil {
				each.first(p)
			}
			if sees(p, each.shows) {
				b.world.t.Errorf("%s: a healthy gateway's page shows %q, too", alert, each.name)
			}
		}
		p.Calm()
		p.Close()
	}
}

// meet has a fault go on until its alert has a reason, and the console shows it.
func (b *busy) meet(alert string, fault func()) {
	b.world.t.Helper()
	ctx, cancel := context.WithCancel(b.world.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			fault()
			time.Sleep(100 * time.Millisecond)
		}
	}()
	defer func() { cancel(); <-ended }()
	b.fires(alert)
	b.lookAnew(alert)
}

// lookAnew opens a page, and looks there for all that it has to show.
func (b *busy) lookAnew(alert string) {
	b.world.t.Helper()
	p := openLive(b.world.t, b.console())
	defer p.Close()
	b.look(p, alert)
}

// look waits until a page shows what it has to while an alert fires: all of it, or
// what is named.
func (b *busy) look(p *browser.Page, alert string, names ...string) {
	b.world.t.Helper()
	for _, each := range sights[alert] {
		if len(names) > 0 && !slices.Contains(names, each.name) {
			continue
		}
		if each.first != nil {
			each.first(p)
		}
		eventually(b.world.t, alert+": the console shows "+each.name, func() bool { return sees(p, each.shows) })
	}
	if testing.Verbose() {
		p.Shoot("fault-" + alert)
	}
	b.met[alert] = true
}

// policyErrors is callers without the tag that the rule canary reads.
func (b *busy) policyErrors() {
	without := b.mint(orders, nil)
	b.meet("AwsJwtPolicyErrors", func() {
		b.sends("orders", without)
		b.sends("audit", without)
	})
	b.silent("AwsJwtRefusalsRising", "AwsJwtClockSkewSuspected")
}

// refusals is a caller that goes on with tokens that have ended.
func (b *busy) refusals() {
	late := b.mint(orders, func(c claims) {
		shifted(-time.Hour)(c)
		c.top["sub"] = "arn:aws:iam::" + orders + ":role/jobs/reports-batch"
	})
	b.meet("AwsJwtRefusalsRising", func() { b.sends("orders", late) })
	b.silent("AwsJwtClockSkewSuspected", "AwsJwtClockOff", "AwsJwtOverloaded")
}

// clock is ours, which is behind AWS's: that is the same as if AWS's were ahead.
func (b *busy) clock() {
	b.sts.SetClockOffset(2 * time.Minute)
	defer b.sts.SetClockOffset(0)
	early := func() { b.sends("orders", b.mint(orders, canary("no"))) }
	b.meet("AwsJwtClockSkewSuspected", early)
	b.meet("AwsJwtClockOff", early)
}

// outage is issuers that answer nobody with keys.
func (b *busy) outage() {
	t := b.world.t
	b.silent("AwsJwtIssuerUnreachable", "AwsJwtKeySetsAgeing")
	must(t, b.sts.SetFault(devsts.Fault{Issuer: devsts.AnyIssuer, Kind: devsts.FaultError}))
	b.get("billing", b.mint(billing, nil), http.StatusServiceUnavailable)
	b.meet("AwsJwtIssuerUnreachable", func() {})
	b.meet("AwsJwtKeySetsAgeing", func() {})
	must(t, b.sts.ClearFaults(""))
	b.silent("AwsJwtKeySetsAgeing")
	eventually(t, "the issuer is there again", func() bool {
		status, err := b.try(t.Context(), "billing", b.mint(billing, nil))
		return err == nil && status == http.StatusOK
	})
	b.silent("AwsJwtIssuerUnreachable", "AwsJwtOverloaded")
}

// signing is a storage whose keys of assertions are damaged.
func (b *busy) signing() {
	t := b.world.t
	token := b.mint(orders, canary("no"))
	b.get("signed", token, http.StatusOK)
	b.silent("AwsJwtSigningKeysFailing")
	documents, err := filepath.Glob(filepath.Join(filepath.Dir(b.gateway.LogFile()), "caddy", "aws_jwt", "signing", "*.json"))
	if err != nil || len(documents) != 1 {
		t.Fatalf("there are %d documents of keys: %v", len(documents), err)
	}
	must(t, os.WriteFile(documents[0], []byte("{"), 0o600))
	b.meet("AwsJwtSigningKeysFailing", func() { b.sends("signed", token) })
	must(t, os.Remove(documents[0]))
	eventually(t, "it signs again", func() bool {
		status, err := b.try(t.Context(), "signed", token)
		return err == nil && status == http.StatusOK
	})
	b.silent("AwsJwtSigningKeysFailing")
}

// gone is a gateway that cannot be scraped, then one whose configuration has no
// aws_jwt, and one that has ended.
func (b *busy) gone() {
	b.silent("AwsJwtGatewayDown", "AwsJwtGatewayAbsent")
	p := openLive(b.world.t, b.console())
	b.cut.Store(true)
	b.fires("AwsJwtGatewayDown")
	b.look(p, "AwsJwtGatewayDown", "Live")
	b.cut.Store(false)
	b.silent("AwsJwtGatewayDown", "AwsJwtGatewayAbsent")

	if status := b.load(consoleSite); status != http.StatusOK {
		b.world.t.Fatalf("status %d", status)
	}
	b.fires("AwsJwtGatewayAbsent")
	b.lookAnew("AwsJwtGatewayAbsent")
	b.silent("AwsJwtGatewayDown")

	stacktest.StopGateway(b.world.t, b.gateway)
	b.fires("AwsJwtGatewayDown")
	b.fires("AwsJwtGatewayAbsent")
	b.look(p, "AwsJwtGatewayDown", "Connection lost")
	if sees(p, `text("#connection") === "Live"`) {
		b.world.t.Error("the page says Live of a gateway that has ended")
	}
}

func hasData(samples []sample) bool {
	for _, s := range samples {
		if !math.IsNaN(s.value) {
			return true
		}
	}
	return false
}
