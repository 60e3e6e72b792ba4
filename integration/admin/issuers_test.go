package admin

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

const twoSites = `http://orders.example.com:PORT {
	aws_jwt /admin/* {
		issuer ORDERS 111122223333
		audience orders.internal
		deny nobody true
		jwks {
			persist off
			cooldown 1h
		}
	}
	aws_jwt {
		issuer ORDERS 111122223333
		audience orders.internal
		jwks {
			persist off
			cooldown 1h
		}
	}
	reverse_proxy UPSTREAM
}
http://billing.example.com:PORT {
	aws_jwt {
		issuer BILLING 444455556666
		audience orders.internal
		mode audit
		allow nobody false
		jwks {
			persist off
			ttl 1s
			max_stale 5s
			cooldown 1s
		}
	}
	reverse_proxy UPSTREAM
}
`

// An issuer's states, one after the other, as an operator sees them who looks for
// what is at fault.
func TestStatesOfAnIssuer(t *testing.T) {
	w := newWorld(t)
	w.start(twoSites)
	url := w.sts.Issuer(billing)
	token := w.sts.Token(billing, "billing-ec2", audience, nil)
	before := w.issuer(url)
	if before.State != "unfetched" || before.FetchedAt != nil || before.KeyAge != nil || len(before.Keys) != 0 || before.Error != "" ||
		before.ListedIn != "configuration" || before.KeysFrom != "discovery" || fmt.Sprint(before.Accounts, before.UsedBy) != "[444455556666] [billing.example.com]" {
		t.Errorf("before: %+v", before)
	}
	if other := w.issuer(w.sts.Issuer(orders)); fmt.Sprint(other.UsedBy) != "[orders.example.com /admin/* orders.example.com]" {
		t.Errorf("nested: %+v", other)
	}

	must(t, w.sts.SetFault(devsts.Fault{Issuer: billing, Kind: devsts.FaultError}))
	w.wantStatus("billing.example.com", "/", token, http.StatusServiceUnavailable)
	if down := w.issuer(url); down.State != "unavailable" || !strings.Contains(down.Error, "it answered 503") || down.NextFetch == nil || down.FetchedAt != nil {
		t.Errorf("down: %+v", down)
	}
	var p page
	if w.read(http.MethodGet, "/aws_jwt/issuers?state=unavailable", "", &p); p.Total != 1 || p.Issuers[0].URL != url {
		t.Errorf("filtered: %+v", p)
	}

	must(t, w.sts.ClearFaults(billing))
	eventually(t, "the issuer's tokens pass", func() bool {
		status, _ := w.send("billing.example.com", "/", token)
		return status == http.StatusOK
	})
	up := w.issuer(url)
	if up.State != "fresh" && up.State != "stale" || len(up.Keys) == 0 || up.Error != "" || up.FetchedAt == nil || up.KeyAge == nil {
		t.Errorf("up: %+v", up)
	}
	must(t, w.sts.SetFault(devsts.Fault{Issuer: billing, Kind: devsts.FaultReset}))
	eventually(t, "a refresh failed", func() bool {
		w.send("billing.example.com", "/", token)
		stale := w.issuer(url)
		return stale.State == "stale" && stale.Error != "" && len(stale.Keys) > 0
	})
	eventually(t, "max_stale ended", func() bool {
		w.send("billing.example.com", "/", token)
		gone := w.issuer(url)
		return gone.State == "unavailable" && len(gone.Keys) == 0 && gone.Error != ""
	})
}

// What an operator has refreshed is fetched, also within the cooldown, and the
// answer tells what came of each.
func TestRefresh(t *testing.T) {
	w := newWorld(t)
	w.start(twoSites)
	url := w.sts.Issuer(orders)
	token := w.sts.Token(orders, "orders-lambda", audience, nil)
	must(t, w.sts.SetFault(devsts.Fault{Issuer: orders, Kind: devsts.FaultError}))
	w.wantStatus("orders.example.com", "/", token, http.StatusServiceUnavailable)
	must(t, w.sts.ClearFaults(orders))
	w.wantStatus("orders.example.com", "/", token, http.StatusServiceUnavailable) // the cooldown

	type refreshed struct {
		Issuers []struct {
			URL, Result, State, Error string
		}
	}
	refresh := func(body string) (got refreshed) {
		t.Helper()
		w.read(http.MethodPost, "/aws_jwt/issuers/refresh", body, &got)
		return got
	}
	eventually(t, "a second has passed since the failure", func() bool {
		got := refresh(`{"issuer":"` + url + `"}`)
		return len(got.Issuers) == 1 && got.Issuers[0].Result == "refreshed" && got.Issuers[0].State == "fresh"
	})
	w.wantStatus("orders.example.com", "/", token, http.StatusOK)
	if got := refresh(`{"state":"used"}`); len(got.Issuers) != 1 || got.Issuers[0].URL != url {
		t.Errorf("all that are in use: %+v", got)
	}
	if got := refresh(`{"state":"unfetched"}`); len(got.Issuers) != 1 || got.Issuers[0].URL != w.sts.Issuer(billing) || got.Issuers[0].Result != "refreshed" {
		t.Errorf("all that are not: %+v", got)
	}
	must(t, w.sts.SetFault(devsts.Fault{Issuer: orders, Kind: devsts.FaultGarbage}))
	eventually(t, "a refresh failed", func() bool {
		got := refresh(`{"issuer":"` + url + `"}`)
		return got.Issuers[0].Result == "failed" && got.Issuers[0].State == "fresh" && got.Issuers[0].Error != ""
	})
	w.wantStatus("orders.example.com", "/", token, http.StatusOK)
	if status, text := w.call(http.MethodPost, "/aws_jwt/issuers/refresh", `{"issuer":"https://elsewhere.example"}`); status != http.StatusNotFound {
		t.Errorf("a stranger: %d %s", status, text)
	}
}

// Keys stay over a reload, and who uses them changes with it.
func TestReload(t *testing.T) {
	w := newWorld(t)
	w.start(twoSites)
	url := w.sts.Issuer(orders)
	token := w.sts.Token(orders, "orders-lambda", audience, nil)
	w.wantStatus("orders.example.com", "/", token, http.StatusOK)
	w.wantStatus("orders.example.com", "/", "", http.StatusUnauthorized)
	before := w.issuer(url)
	w.reload(strings.Replace(twoSites, "orders.example.com", "new.example.com", 1))
	after := w.issuer(url)
	if after.State != "fresh" || !after.FetchedAt.Equal(*before.FetchedAt) || fmt.Sprint(after.UsedBy) != "[new.example.com /admin/* new.example.com]" {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
	w.wantStatus("new.example.com", "/", "", http.StatusUnauthorized)
	decided, _ := w.decisions("")
	if len(decided) != 2 || decided[0].Handler != "new.example.com" || decided[1].Handler != "orders.example.com" || decided[0].ID != decided[1].ID+1 {
		t.Errorf("decisions of before and after: %+v", decided)
	}
}

// Tokens that were verified before are verified anew after a purge.
func TestPurge(t *testing.T) {
	w := newWorld(t)
	w.start(twoSites)
	token := w.sts.Token(orders, "orders-lambda", audience, nil)
	cached := func() bool {
		t.Helper()
		n := len(w.gateway.Decisions())
		w.wantStatus("orders.example.com", "/", token, http.StatusOK)
		d, err := w.gateway.Decision(n)
		must(t, err)
		was, _ := d.Field("cached").(bool)
		return was
	}
	if cached() || !cached() {
		t.Error("the second of two is not cached")
	}
	var purged struct{ Forgotten, Handlers int }
	w.read(http.MethodPost, "/aws_jwt/cache/purge", "", &purged)
	if purged.Forgotten != 1 || purged.Handlers != 3 {
		t.Errorf("%+v", purged)
	}
	if cached() {
		t.Error("it is cached behind the purge")
	}
	if !cached() {
		t.Error("nothing is cached any more")
	}
}
