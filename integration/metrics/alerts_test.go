package metrics

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// ageLimit is the age from which on keys are said to age, as it stands in the
// rule.
const ageLimit = "> 3600"

// faster is an expression of a rule in a world where a minute is a second, and
// an hour of a key's age six seconds.
func faster(expression string) string {
	expression = strings.Replace(expression, ageLimit, "> 6", 1)
	duration := regexp.MustCompile(`(\[|offset )(\d+)([mhd])`)
	return duration.ReplaceAllStringFunc(expression, func(text string) string {
		part := duration.FindStringSubmatch(text)
		count, _ := strconv.Atoi(part[2])
		return part[1] + strconv.Itoa(count*map[string]int{"m": 1, "h": 60, "d": 24 * 60}[part[3]]) + "s"
	})
}

// fasterRules writes the files of rules so, and returns their names and the
// alerts' expressions.
func fasterRules(t *testing.T) (names []string, alerts map[string]string) {
	t.Helper()
	alerts = make(map[string]string)
	for _, name := range ruleFiles {
		file := readRules(t, name)
		for i := range file.Groups {
			for j := range file.Groups[i].Rules {
				r := &file.Groups[i].Rules[j]
				r.Expr = faster(r.Expr)
				if r.Alert != "" {
					alerts[r.Alert] = r.Expr
				}
			}
		}
		text, err := yaml.Marshal(file)
		must(t, err)
		names = append(names, filepath.Join(t.TempDir(), name))
		must(t, os.WriteFile(names[len(names)-1], text, 0o600))
	}
	return names, alerts
}

// busy is a world with traffic that does not end, and Prometheus before it.
type busy struct {
	*world
	*prometheus
	alerts map[string]string
}

func newBusy(t *testing.T) *busy {
	t.Helper()
	const keys = "jwks {\n\t\t\tttl 1s\n\t\t\tcooldown 1s\n\t\t}"
	sites := knownSites()
	for i := range sites {
		sites[i] = strings.Replace(sites[i], "\t}\n\trespond", "\t\t"+keys+"\n\t\tsignature_share 1%\n\t}\n\trespond", 1)
	}
	w := newWorld(t, append(sites, site("billing", "issuer BILLING "+billing, keys))...)
	names, alerts := fasterRules(t)
	b := &busy{w, startPrometheus(t, w.admin, names...), alerts}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.carryOn(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return b
}

// carryOn sends what a gateway sees on a good day: mostly callers that it knows,
// and few whom it refuses.
func (b *busy) carryOn(ctx context.Context) {
	known, late := b.mint(orders, canary("no")), b.mint(orders, shifted(-time.Hour))
	send := func(host, token string) { _, _ = b.try(ctx, host, token) } // the gateway may be gone
	for i := 0; ctx.Err() == nil; i++ {
		send("orders", known)
		switch i % 10 {
		case 0:
			send("orders", b.mint(orders, canary("no")))
		case 1:
			send("again", known)
		case 2:
			send("open", "")
		case 3:
			send("orders", "")
		case 4:
			if i%20 == 4 {
				send("orders", late)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// fires waits until the alert's expression has a value, while it does something
// again and again.
func (b *busy) fires(alert string, meanwhile func()) {
	b.world.t.Helper()
	eventually(b.world.t, alert+" has a reason", func() bool {
		if meanwhile != nil {
			meanwhile()
		}
		return len(b.now(b.alerts[alert])) > 0
	})
}

// silent waits until the alert's expression has none.
func (b *busy) silent(alerts ...string) {
	b.world.t.Helper()
	for _, alert := range alerts {
		eventually(b.world.t, alert+" has no reason", func() bool { return len(b.now(b.alerts[alert])) == 0 })
	}
}

// sends is many requests with one token.
func (b *busy) sends(host, token string) func() {
	return func() {
		for range 20 {
			_, _ = b.try(b.world.t.Context(), host, token)
		}
	}
}

// Prometheus, before a gateway with traffic, has an answer to each query of the
// dashboard and each recording rule, and no alert has a reason until its fault
// is there.
func TestPrometheusSeesAGatewayAtWork(t *testing.T) {
	b := newBusy(t)
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

	b.silent("AwsJwtGatewayDown", "AwsJwtGatewayAbsent", "AwsJwtIssuerUnreachable", "AwsJwtKeySetsAgeing",
		"AwsJwtRefusalsRising", "AwsJwtPolicyErrors", "AwsJwtOverloaded", "AwsJwtClockSkewSuspected", "AwsJwtClockOff")
	// Nobody has a token with the tag that the rule canary reads.
	b.fires("AwsJwtPolicyErrors", b.sends("orders", b.mint(orders, nil)))
	b.silent("AwsJwtRefusalsRising", "AwsJwtClockSkewSuspected")
	// A caller goes on with tokens that have ended.
	b.fires("AwsJwtRefusalsRising", b.sends("orders", b.mint(orders, shifted(-time.Hour))))
	b.silent("AwsJwtClockSkewSuspected", "AwsJwtClockOff", "AwsJwtOverloaded")
	// Our clock is behind AWS's: that is the same as if AWS's were ahead.
	b.sts.SetClockOffset(2 * time.Minute)
	b.fires("AwsJwtClockSkewSuspected", func() { b.sends("orders", b.mint(orders, canary("no")))() })
	b.fires("AwsJwtClockOff", nil)
	b.sts.SetClockOffset(0)

	b.silent("AwsJwtIssuerUnreachable", "AwsJwtKeySetsAgeing")
	must(t, b.sts.SetFault(devsts.Fault{Issuer: devsts.AnyIssuer, Kind: devsts.FaultError}))
	b.get("billing", b.mint(billing, nil), http.StatusServiceUnavailable)
	b.fires("AwsJwtIssuerUnreachable", nil)
	b.fires("AwsJwtKeySetsAgeing", nil)
	must(t, b.sts.ClearFaults(""))
	b.silent("AwsJwtKeySetsAgeing")
	eventually(t, "the issuer is there again", func() bool {
		status, err := b.try(t.Context(), "billing", b.mint(billing, nil))
		return err == nil && status == http.StatusOK
	})
	b.silent("AwsJwtIssuerUnreachable", "AwsJwtOverloaded")

	b.fires("AwsJwtOverloaded", b.flood)

	b.silent("AwsJwtGatewayDown", "AwsJwtGatewayAbsent")
	must(t, b.gateway.Stop())
	b.fires("AwsJwtGatewayDown", nil)
	b.fires("AwsJwtGatewayAbsent", nil)
}

func hasData(samples []sample) bool {
	for _, s := range samples {
		if !math.IsNaN(s.value) {
			return true
		}
	}
	return false
}

// flood sends as many forged tokens at once as more than fill the queue of
// signatures to check, each once.
func (b *busy) flood() {
	good := b.mint(orders, canary("no"))
	signed := good[:strings.LastIndexByte(good, '.')+1]
	var all sync.WaitGroup
	for range 1400 {
		signature := make([]byte, 96)
		_, _ = rand.Read(signature)
		signature[0], signature[48] = 0, 0 // below the order of the curve
		all.Go(func() {
			_, _ = b.try(b.world.t.Context(), "orders", signed+base64.RawURLEncoding.EncodeToString(signature))
		})
	}
	all.Wait()
}
