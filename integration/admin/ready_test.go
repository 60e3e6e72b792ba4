package admin

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

const readySite = `http://orders.example.com:PORT {
	aws_jwt_ready /readyz
	aws_jwt {
		issuer ORDERS 111122223333
		audience orders.internal
		jwks {
			persist off
			ttl 1s
			max_stale 6s
			cooldown 1s
		}
	}
	reverse_proxy UPSTREAM
}
`

// A gateway to which no request with a token comes: its issuer is down when it
// starts, comes back, and goes down for so long that no keys serve any more.
func TestReadiness(t *testing.T) {
	w := newWorld(t)
	must(t, w.sts.SetFault(devsts.Fault{Issuer: orders, Kind: devsts.FaultError}))
	w.start(readySite)
	ready := func() (int, string) { return w.send("orders.example.com", "/readyz", "") }
	eventually(t, "the first fetch failed", func() bool {
		status, text := ready()
		if status != http.StatusServiceUnavailable {
			t.Errorf("while the issuer is down: %d %s", status, text)
		}
		return strings.Contains(text, `"state":"unavailable"`)
	})
	_, text := ready()
	var answer struct {
		Status  string
		Issuers []struct{ URL, State, Since string }
	}
	must(t, json.Unmarshal([]byte(text), &answer))
	if answer.Status != "not_ready" || len(answer.Issuers) != 1 || answer.Issuers[0].URL != w.sts.Issuer(orders) || answer.Issuers[0].Since == "" {
		t.Errorf("%s", text)
	}
	if strings.Contains(text, "503") || strings.Contains(text, "answered") {
		t.Errorf("it tells why: %s", text)
	}

	must(t, w.sts.ClearFaults(orders))
	eventually(t, "it is ready without traffic", func() bool { status, _ := ready(); return status == http.StatusOK })
	must(t, w.sts.SetFault(devsts.Fault{Issuer: orders, Kind: devsts.FaultError}))
	eventually(t, "it is ready with keys that are stale", func() bool {
		stale := w.issuer(w.sts.Issuer(orders)).State == "stale"
		status, text := ready()
		if !stale {
			return false
		}
		// The keys may have ended since.
		if still := w.issuer(w.sts.Issuer(orders)).State == "stale"; status != http.StatusOK && still {
			t.Errorf("stale: %d %s", status, text)
		}
		return status == http.StatusOK
	})
	eventually(t, "it is not, past max_stale", func() bool { status, _ := ready(); return status == http.StatusServiceUnavailable })
	if seen := w.upstream.Seen(); len(seen) > 0 {
		t.Errorf("the upstream saw %d requests", len(seen))
	}
	w.wantStatus("orders.example.com", "/readyz/x", "", http.StatusUnauthorized) // the rest of the site is guarded
}

// How often one asks who is not ready costs the issuer a fetch a cooldown.
func TestReadinessIsNoFlood(t *testing.T) {
	w := newWorld(t)
	must(t, w.sts.SetFault(devsts.Fault{Issuer: orders, Kind: devsts.FaultError}))
	w.start(strings.Replace(readySite, "cooldown 1s", "cooldown 1h", 1))
	for range 50 {
		w.wantStatus("orders.example.com", "/readyz", "", http.StatusServiceUnavailable)
	}
	url := w.sts.Issuer(orders)
	if n := w.sts.Fetches().Issuers[url[strings.LastIndexByte(url, '/')+1:]]; n.Discovery != 1 {
		t.Errorf("%+v", n)
	}
}
