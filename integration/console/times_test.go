package console

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
)

// inZone has the browser be somewhere else.
func inZone(p *browser.Page, name string) {
	p.T.Helper()
	_, err := chromedp.Call(p, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name})
	must(p.T, err)
}

// times calls a function of the page's module of that name.
func times(p *browser.Page, call string) string {
	p.T.Helper()
	text, err := chromedp.Run(p, chromedp.Evaluate[string](`import(new URL("assets/times.js", document.baseURI)).then((times) => times.`+call+`)`, chromedp.EvalAwaitPromise))
	must(p.T, err)
	return text
}

// A time of the reader's day is the time alone, one of another day has its date;
// which day it is, the zone decides.
func TestMoments(t *testing.T) {
	w := newWorld(t)
	p := browser.Open(t, w.at("/console/"))
	p.Await("the page is live", `document.querySelector("#connection").dataset.state === "live"`)
	for _, tt := range []struct{ zone, at, now, form, want string }{
		{"UTC", "2026-07-01T23:59:59Z", "2026-07-01T23:59:59Z", "second", "23:59:59"},
		{"UTC", "2026-07-01T23:59:59Z", "2026-07-02T00:00:00Z", "second", "1 Jul 2026, 23:59:59"},
		{"UTC", "2026-07-01T00:00:00Z", "2026-07-01T23:59:59Z", "second", "00:00:00"},
		{"UTC", "2026-06-30T23:59:59Z", "2026-07-01T23:59:59Z", "second", "30 Jun 2026, 23:59:59"},
		{"UTC", "2025-07-01T12:00:00Z", "2026-07-01T12:00:00Z", "second", "1 Jul 2025, 12:00:00"},
		{"Europe/Berlin", "2026-07-01T22:30:00Z", "2026-07-02T09:00:00Z", "second", "00:30:00"},
		{"Europe/Berlin", "2026-07-01T21:30:00Z", "2026-07-02T09:00:00Z", "second", "1 Jul 2026, 23:30:00"},
		{"America/New_York", "2026-07-02T03:30:00Z", "2026-07-02T09:00:00Z", "second", "1 Jul 2026, 23:30:00"},
		{"Asia/Tokyo", "2026-07-01T12:00:30.123456789+02:00", "2026-07-01T12:00:00Z", "second", "19:00:30"},
		{"UTC", "2026-07-01T23:59:59Z", "2026-07-01T23:59:59Z", "minute", "23:59"},
		{"UTC", "2026-07-01T23:59:59Z", "2026-07-02T00:00:00Z", "minute", "1 Jul 2026, 23:59"},
	} {
		inZone(p, tt.zone)
		p.Await("the page follows", `document.querySelector(".zone").textContent.startsWith("`+tt.zone+`")`)
		if got := times(p, fmt.Sprintf("moment(%q, Date.parse(%q), %q)", tt.at, tt.now, tt.form)); got != tt.want {
			t.Errorf("%s, %s at %s: %s, want %s", tt.zone, tt.at, tt.now, got, tt.want)
		}
	}
	for _, tt := range []struct{ zone, at, want string }{
		{"UTC", "2026-07-01T12:00:00Z", "UTC"},
		{"Europe/Berlin", "2026-07-01T12:00:00Z", "Europe/Berlin, UTC+02:00"},
		{"Europe/Berlin", "2026-01-01T12:00:00Z", "Europe/Berlin, UTC+01:00"},
		{"America/St_Johns", "2026-01-01T12:00:00Z", "America/St_Johns, UTC−03:30"},
		{"Africa/Abidjan", "2026-01-01T12:00:00Z", "Africa/Abidjan, UTC+00:00"},
	} {
		inZone(p, tt.zone)
		if got := times(p, fmt.Sprintf("zone(Date.parse(%q))", tt.at)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.zone, got, tt.want)
		}
	}
	p.Calm()
}

// atNoon is a time zone in which it is between twelve and one o'clock.
func atNoon() string {
	ahead := 12 - time.Now().UTC().Hour()
	return fmt.Sprintf("Etc/GMT%+d", -ahead) // whose sign is the other way round
}

// A row that stays open past midnight gets its date by itself, a row of the same
// day stays as it is; both say the instant in UTC.
func TestRowsPastMidnight(t *testing.T) {
	w := newWorld(t)
	before := time.Now().UTC().Truncate(time.Millisecond)
	w.send("orders.example", "GET", "/orders", "", 401)
	after := time.Now().UTC()
	p := browser.Open(t, w.at("/console/"))
	inZone(p, atNoon())
	p.Await("the page follows", `document.querySelector(".zone").textContent.startsWith("Etc/GMT")`)
	p.Await("the refusal shows", `document.querySelectorAll("`+firstRow+`").length === 1`)
	p.Do(`document.querySelector("` + firstRow + ` .toggle").click()`)
	p.Await("the walk shows", `document.querySelector("tr.detail .checks")`)

	var row, decided struct{ Text, Datetime, Title, Name string }
	read := func() {
		t.Helper()
		for selector, into := range map[string]any{firstRow + " .toggle time": &row, "tr.detail time": &decided} {
			must(t, json.Unmarshal([]byte(browser.Eval[string](p, `(() => {
				const e = document.querySelector("`+selector+`");
				return JSON.stringify({text: e.textContent, datetime: e.dateTime, title: e.title, name: e.parentElement.textContent});
			})()`)), into))
		}
	}
	read()
	instant, err := time.Parse(time.RFC3339, row.Datetime)
	if err != nil || !strings.HasSuffix(row.Datetime, "Z") || instant.Before(before) || instant.After(after) || row.Title != row.Datetime || decided.Datetime != row.Datetime {
		t.Errorf("refused between %v and %v; the row has %+v, the facts have %+v", before, after, row, decided)
	}
	if !strings.HasPrefix(row.Text, "12:") || row.Name != row.Text+", missing_token: show the walk" || decided.Text != row.Text {
		t.Errorf("the row has %+v, the facts have %+v", row, decided)
	}
	today := row.Text

	p.Do(`const real = Date;
		window.ahead = 0;
		window.Date = class extends real {
			constructor(...args) { super(...(args.length > 0 ? args : [real.now() + window.ahead])); }
			static now() { return real.now() + window.ahead; }
		}`)
	ahead := func(hours int) { p.Do(fmt.Sprintf("window.ahead = %d * 3600e3", hours)) }
	ahead(8)
	p.Do(`document.dispatchEvent(new Event("visibilitychange"))`) // at which the page looks at once
	if read(); row.Text != today || decided.Text != today {
		t.Errorf("eight hours later the row has %q, the facts have %q, want %q", row.Text, decided.Text, today)
	}
	ahead(13)
	p.Await("the row gets its date", `document.querySelector("`+firstRow+` .toggle time").textContent.includes(", 12:")`)
	read()
	if date := instant.In(time.UTC).Format("2006"); !strings.Contains(row.Text, date) || !strings.HasSuffix(row.Text, ", "+today) || decided.Text != row.Text || row.Title != row.Datetime {
		t.Errorf("after midnight the row has %+v, the facts have %+v", row, decided)
	}
	p.Calm()
}
