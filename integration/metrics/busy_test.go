package metrics

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// ageLimit is the age from which on keys are said to age, as it stands in the
// rule.
const ageLimit = "> 3600"

// minute is how long one of the rules lasts here.
const minute = 500 * time.Millisecond

// faster is an expression of a rule in a world with such minutes, in which an hour
// of a key's age is four seconds.
func faster(expression string) string {
	expression = strings.Replace(expression, ageLimit, "> 4", 1)
	duration := regexp.MustCompile(`(\[|offset )(\d+)([mhd])`)
	return duration.ReplaceAllStringFunc(expression, func(text string) string {
		part := duration.FindStringSubmatch(text)
		count, _ := strconv.Atoi(part[2])
		length := time.Duration(count*map[string]int{"m": 1, "h": 60, "d": 24 * 60}[part[3]]) * minute
		return part[1] + strconv.FormatInt(length.Milliseconds(), 10) + "ms"
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

// busy is a world with traffic that does not end, a console, and Prometheus before
// it.
type busy struct {
	*world
	*prometheus
	alerts map[string]string
	cut    atomic.Bool     // the way from Prometheus to the gateway
	met    map[string]bool // the alerts whose faults the console has shown
}

// console is its address.
func (b *busy) console() string { return "http://" + b.address + "/" }

// consoleSite is a site that has the console.
const consoleSite = "http://127.0.0.1:PORT {\n\taws_jwt_console {\n\t\tremote_ip 127.0.0.1\n\t}\n}\n"

func newBusy(t *testing.T) *busy {
	t.Helper()
	const keys = "jwks {\n\t\t\tttl 1s\n\t\t\tcooldown 1s\n\t\t}"
	sites := knownSites()
	for i := range sites {
		sites[i] = strings.Replace(sites[i], "\t}\n\trespond", "\t\t"+keys+"\n\t\tsignature_share 1%\n\t}\n\trespond", 1)
	}
	sites = append(sites, consoleSite, site("billing", "issuer BILLING "+billing, keys),
		site("audit", "issuer ORDERS "+orders, "mode audit", "deny canary `aws_token.request_tags.canary == \"yes\"`", keys),
		site("signed", "issuer ORDERS "+orders, keys, "assertion {\n\t\t\tissuer http://127.0.0.1:PORT\n\t\t\taudience https://orders.internal\n\t\t\tttl 5s\n\t\t\trotation 8s\n\t\t}"))
	names, alerts := fasterRules(t)
	b := &busy{world: newWorld(t, sites...), alerts: alerts, met: make(map[string]bool)}
	admin := &url.URL{Scheme: "http", Host: b.admin}
	way := httptest.NewServer(&httputil.ReverseProxy{
		ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: func(r *httputil.ProxyRequest) {
			if r.SetURL(admin); b.cut.Load() {
				r.Out.URL.Host = "127.0.0.1:9" // where nothing answers
			}
		},
	})
	t.Cleanup(way.Close)
	b.prometheus = startPrometheus(t, strings.TrimPrefix(way.URL, "http://"), names...)
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

// fires waits until the alert's expression has a value.
func (b *busy) fires(alert string) {
	b.world.t.Helper()
	eventually(b.world.t, alert+" has a reason", func() bool { return len(b.now(b.alerts[alert])) > 0 })
}

// silent waits until the alert's expression has none.
func (b *busy) silent(alerts ...string) {
	b.world.t.Helper()
	for _, alert := range alerts {
		eventually(b.world.t, alert+" has no reason", func() bool { return len(b.now(b.alerts[alert])) == 0 })
	}
}

// sends is many requests with one token.
func (b *busy) sends(host, token string) {
	for range 20 {
		_, _ = b.try(b.world.t.Context(), host, token)
	}
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
